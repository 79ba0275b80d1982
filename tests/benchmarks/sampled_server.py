"""A server for tests.benchmarks.rerun: the app, and a thread that notes the lines at which its scripts are.

python tests/benchmarks/sampled_server.py FOLDER run streamlit_app.py ...    in the folder of a checkout

It looks once a millisecond while FOLDER/sampling exists; then it writes FOLDER/lines.json: how often each
line of the checkout was the innermost of ours.
"""

import json
import os
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from types import FrameType

PERIOD = 0.001  # seconds
ROOT = str(Path.cwd())


def sample(folder: Path) -> None:
    while True:
        while not (folder / "sampling").exists():
            time.sleep(0.02)
        sys.setswitchinterval(0.0005)
        found: Counter[str] = Counter()
        while (folder / "sampling").exists():
            found.update(filter(None, map(innermost, scripts())))
            time.sleep(PERIOD)
        sys.setswitchinterval(0.005)
        draft = folder / "lines.draft"
        draft.write_text(json.dumps(found), encoding="utf-8")
        draft.rename(folder / "lines.json")


def scripts() -> list[FrameType]:
    """The innermost frame of each thread that runs a page."""
    frames = sys._current_frames()
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    return [frame for ident, frame in frames.items() if "scriptThread" in names.get(ident, "")]


def innermost(frame: FrameType | None) -> str:
    """Place of the innermost frame of ours; "streamlit" where a page runs but none is."""
    while isinstance(frame, FrameType):  # another thread's stack may change while it is read
        path = frame.f_code.co_filename
        if path.startswith(ROOT) and "/.venv/" not in path:
            return f"{os.path.relpath(path, ROOT)}:{frame.f_lineno}"
        frame = frame.f_back
    return "streamlit"


if __name__ == "__main__":
    sys.path[0] = ROOT  # not the folder of this file
    threading.Thread(target=sample, args=(Path(sys.argv.pop(1)),), daemon=True).start()
    from streamlit.web.cli import main

    main()
