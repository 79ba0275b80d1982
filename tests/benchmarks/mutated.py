"""Thousands of damaged pictures, batch files and archives: read or refused, in what time and memory.

    python -m tests.benchmarks.mutated [--files 2500] [--seed 0]

A third of the files are of each kind (tests/support/mutation.py). Memory is how far a file makes the process
grow beyond what it had before, by the kernel's own high-water mark; Linux only. Fails for any exception but
InputError, for a file that takes more than 0.3 s or 50 MB, and for a system call that only a program in a
file would ask for; a slow file is tried three times more, since the machine may have been busy. About a
minute.
"""

import argparse
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from core.errors import InputError
from tests.benchmarks.report import facts, percentile
from tests.support.mutation import Kind, kinds, mutated

SECONDS, MEGABYTES = 0.3, 50
TRIES = 4
WARMING = 200  # files
_CALLS = ("os.system", "os.exec", "os.posix_spawn", "os.fork", "subprocess.Popen", "socket.connect", "exec")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--files", type=int, default=2500)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    facts(files=arguments.files, seed=arguments.seed)
    with tempfile.TemporaryDirectory() as folder:
        known = kinds(Path(folder))
        wrong = [
            fault
            for name, kind in known.items()
            for fault in tried(name, kind, -(-arguments.files // len(known)), arguments.seed)
        ]
        if (Path(folder) / "trap").exists():
            wrong.append("a file was obeyed")
    sys.exit("\n".join(wrong) or None)


def tried(name: str, kind: Kind, count: int, seed: int) -> list[str]:
    """What is wrong with the reading of a kind; prints what came of it."""
    for data in [*kind.whole.values(), *(data for _, data in mutated(kind, WARMING, seed + 1))]:
        measured(kind, data)  # so that every module needed is loaded, and what it takes is there before
    asked: list[str] = []
    sys.addaudithook(lambda event, _arguments: asked.append(event) if event in _CALLS else None)
    wrong, outcomes, times, sizes = [], Counter[str](), [], []
    for number, (whole, data) in enumerate(mutated(kind, count, seed)):
        seconds, megabytes, result = measured(kind, data)
        for _ in range(TRIES - 1):
            if seconds > SECONDS:
                seconds = min(seconds, measured(kind, data)[0])
        outcomes[result] += 1
        times.append(seconds)
        sizes.append(megabytes)
        place = f"{name} {number} ({whole}, seed {seed})"
        wrong += [f"{place}: {result}"] if "!" in result else []
        wrong += [f"{place}: {seconds:.2f} s"] if seconds > SECONDS else []
        wrong += [f"{place}: {megabytes:.0f} MB"] if megabytes > MEGABYTES else []
        wrong += [f"{place}: {event}" for event in asked]
        asked.clear()
    print(f"\n{name}: {count} files, {dict(outcomes.most_common())}")
    print(f"  ms: median {1000 * percentile(times, 0.5):.1f}, most {1000 * max(times):.0f}")
    print(f"  MB: median {percentile(sizes, 0.5):.1f}, most {max(sizes):.1f}")
    return wrong


def measured(kind: Kind, data: bytes) -> tuple[float, float, str]:
    """Seconds, MB and outcome of reading one file."""
    Path("/proc/self/clear_refs").write_text("5")  # sets the high-water mark back to what is there
    before = _status("VmRSS")
    began = time.perf_counter()
    result = outcome(kind, data)
    return time.perf_counter() - began, (_status("VmHWM") - before) / 1024, result


def outcome(kind: Kind, data: bytes) -> str:
    """The key of the refusal, "read", or with a "!" what should not have happened."""
    try:
        kind.read(data)
    except InputError as refusal:
        return refusal.key
    except BaseException as error:
        return f"!{type(error).__name__}: {error}"
    return "read"


def _status(line: str) -> int:
    """A number in kB that the kernel keeps about this process."""
    text = Path("/proc/self/status").read_text(encoding="ascii")
    return next(int(found.split()[1]) for found in text.splitlines() if found.startswith(f"{line}:"))


if __name__ == "__main__":
    main()
