"""core.process: memory that a fresh process keeps after freeing large blocks, and its threads."""

import os
import platform
import subprocess
import sys

import pytest

from tests.support import ROOT

pytestmark = pytest.mark.clock

PROGRAM = """
import sys, threading
from pathlib import Path
from core import process
if sys.argv[1] == "yes":
    process.return_large_blocks()
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
    return float(
        subprocess.run(
            [sys.executable, "-c", PROGRAM, wanted], cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout
    )


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="it does nothing elsewhere")
def test_freed_blocks_leave_the_process() -> None:
    assert kept("no") > 20
    assert kept("yes") < 5


def test_torch_has_one_thread_wherever_it_is_imported() -> None:
    code = (
        "from core.process import use_one_thread; use_one_thread(); "
        "import torch; print(torch.get_num_threads())"
    )
    environment = os.environ | {"OMP_NUM_THREADS": "2"}
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert ran.stdout.strip() == "1"


def test_the_server_does_so_before_its_first_page() -> None:
    code = (
        "from pages.app import background; background.prepare(); import torch; print(torch.get_num_threads())"
    )
    environment = os.environ | {"OMP_NUM_THREADS": "2", "PYTHONPATH": str(ROOT)}
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert ran.stdout.strip() == "1"
