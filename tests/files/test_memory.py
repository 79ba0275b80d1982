"""core.files.memory: what a fresh process keeps after large blocks were freed."""

import platform
import subprocess
import sys

import pytest

from tests.support import ROOT

pytestmark = pytest.mark.clock

PROGRAM = """
import sys, threading
from pathlib import Path
from core.files import memory
if sys.argv[1] == "yes":
    memory.return_large_blocks()
def used(): return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 2**20
def work():
    for size in (31, 30, 29, 28):
        block = bytearray(size * 2**20)
        del block
before = used()
thread = threading.Thread(target=work)
thread.start(), thread.join()
print(used() - before)
"""


def kept(wanted: str) -> float:
    return float(subprocess.run([sys.executable, "-c", PROGRAM, wanted], cwd=ROOT, capture_output=True, text=True, check=True).stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="it does nothing elsewhere")
def test_freed_blocks_leave_the_process() -> None:
    assert kept("no") > 20
    assert kept("yes") < 5
