"""Memory of a process (Linux), and of a bare process that has imported the same wheels and done nothing."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

MIB = 2**20
ROOT = Path(__file__).parent.parent.parent

# Names the modules of installed wheels that a program has loaded. Ours are left out: their share is measured.
_LIST = """
import json, sys
names = [
    name
    for name, module in list(sys.modules.items())
    if "site-packages" in (getattr(module, "__file__", None) or "")
]
print(json.dumps(names), flush=True)
"""
# Imports them in the order in which the program did, then waits to be looked at.
_IMPORT = """
import contextlib, importlib, json, sys
for name in json.loads(sys.stdin.readline()):
    with contextlib.suppress(BaseException):
        importlib.import_module(name)
print("ready", flush=True)
sys.stdin.readline()
"""


@dataclass(frozen=True)
class Memory:
    """Memory of a process, in MiB.

    rss counts shared pages in full, pss the process's share of them, uss none; peak is the highest rss so
    far.
    """

    rss: float
    pss: float
    uss: float
    peak: float

    def __str__(self) -> str:
        return f"rss {self.rss:.0f}, pss {self.pss:.0f}, uss {self.uss:.0f}, peak rss {self.peak:.0f} MB"


def memory(pid: int | str) -> Memory:
    """Memory of a running process. Raises OSError where /proc does not tell."""
    rollup, status = (_fields(Path(f"/proc/{pid}/{name}")) for name in ("smaps_rollup", "status"))
    own = rollup["Private_Clean"] + rollup["Private_Dirty"]
    return Memory(rollup["Rss"], rollup["Pss"], own, status["VmHWM"])


def bare(program: str) -> Memory:
    """Memory of a process that has only imported the wheel modules which `program`, Python source, loads."""
    environment = os.environ | {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    listed = subprocess.run(
        [sys.executable, "-c", program + _LIST],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    names = listed.stdout.splitlines()[-1]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(
        [sys.executable, "-c", _IMPORT], cwd=ROOT, env=environment, text=True, **pipes
    ) as child:
        assert child.stdin is not None and child.stdout is not None
        child.stdin.write(json.dumps(json.loads(names)) + "\n")
        child.stdin.flush()
        child.stdout.readline()
        return memory(child.pid)


def children(pid: int) -> dict[int, str]:
    """The command line of each child process."""
    found = {}
    for path in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((path / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == pid:
                found[int(path.name)] = (path / "cmdline").read_text().replace("\0", " ").strip()
        except (OSError, ValueError):  # the process has ended meanwhile
            continue
    return found


def processor_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def settle(pid: int, quiet: float = 1.0, patience: float = 60.0) -> None:
    """Wait until a process is idle, as a warm worker waiting for its job; at most `patience` seconds."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        before = processor_seconds(pid)
        time.sleep(quiet)
        after = processor_seconds(pid)
        if after - before < 0.02 and after > 1.0:  # importing torch alone takes more than a second
            return


@contextmanager
def ended(process: subprocess.Popen[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    """Yield the process and make sure it is gone at the end, whatever happens."""
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _fields(path: Path) -> dict[str, float]:
    """The lines "Name:  123 kB" of a file in /proc, in MiB."""
    pairs = (line.split() for line in path.read_text().splitlines())
    return {
        pair[0].rstrip(":"): int(pair[1]) * 1024 / MIB for pair in pairs if len(pair) == 3 and pair[2] == "kB"
    }
