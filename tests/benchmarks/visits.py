"""Visitors who come and go, on a server that may open few files: does it still answer, and how many are open?

    python -m tests.benchmarks.visits [--visits 300] [--files 1024]

The limit is that of `ulimit -n`, which the server can't raise. Each visitor opens the shape calculator and
leaves, one after another. Streamlit keeps what it holds of the last 128 for a while, three files each. Fails
unless each visit was answered and the server takes more.
"""

import argparse
import asyncio
import resource
import signal
import sys
import tempfile
import urllib.error
import urllib.request
from pathlib import Path

from tests.benchmarks.browser_session import BrowserSession
from tests.benchmarks.report import Row, facts, table
from tests.benchmarks.sessions import app

PAGE = "shape-calculator"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--visits", type=int, default=300)
    parser.add_argument("--files", type=int, default=1024)
    arguments = parser.parse_args()
    facts(visits=arguments.visits, files=arguments.files)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("terminated"))  # so that the server is ended too
    resource.setrlimit(resource.RLIMIT_NOFILE, (arguments.files, arguments.files))
    with tempfile.TemporaryDirectory() as folder, app(Path(folder), None) as (server, port):
        before = open_files(server)
        failed, most = asyncio.run(come_and_go(port, server, arguments.visits))
        health = {path: answer(port, path) for path in ("/health", "/_stcore/health")}
        rows = [
            Row("visits answered", f"{arguments.visits - len(failed)} of {arguments.visits}", "all"),
            Row("open files before, at most, after", f"{before}, {most}, {open_files(server)}"),
            *(Row(path, said, "200") for path, said in health.items()),
        ]
    table(f"{arguments.visits} visits, {arguments.files} files", rows)
    if failed or health["/health"] != "200":
        sys.exit(f"the server gave up: {', '.join(sorted(set(failed)))[:500]}")


async def come_and_go(port: int, server: int, visits: int) -> tuple[list[str], int]:
    """What went wrong in visits, and the most files that were open after one of them."""
    failed, most = [], 0
    for _ in range(visits):
        try:
            async with asyncio.timeout(30):
                session = await BrowserSession.open(port, PAGE)
                await session.close()
            failed += session.exceptions
        except Exception as problem:  # whatever it was, the visitor got no page
            failed.append(f"{type(problem).__name__}: {problem}")
        most = max(most, open_files(server))
    return failed, most


def open_files(process: int) -> int:
    return len(list(Path(f"/proc/{process}/fd").iterdir()))


def answer(port: int, path: str) -> str:
    """The status of an answer, or why there is none."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as found:
            return str(found.status)
    except urllib.error.HTTPError as error:
        return str(error.code)
    except OSError as error:
        return f"no answer: {error}"


if __name__ == "__main__":
    main()
