"""core.process: memory that a fresh process keeps after freeing large blocks, its threads and its imports."""

import json
import os
import platform
import subprocess
import sys

import pytest

from tests.support import ROOT
from tests.support.processes import alive, wait

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


STEPS = """
import json, sys
from core.process import skip_compiler
if sys.argv[1] == "yes":
    skip_compiler()
import torch, torchvision
from core.optimizers import OPTIMIZERS
ends = {}
for name, kind in OPTIMIZERS.items():
    weight = torch.ones(3, requires_grad=True)
    optimizer = kind.build([weight], lr=0.1)
    for _ in range(3):
        optimizer.zero_grad()
        (weight * torch.tensor([1.0, 2.0, 3.0])).square().sum().backward()
        optimizer.step()
        optimizer.load_state_dict(optimizer.state_dict())
    ends[name] = weight.tolist()
print(json.dumps([ends, sorted(sys.modules)]))
"""


def stepped(wanted: str) -> tuple[dict[str, list[float]], set[str]]:
    """Weights by optimizer after three steps, and the modules that were loaded."""
    command = [sys.executable, "-c", STEPS, wanted]
    ends, modules = json.loads(
        subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    )
    return ends, set(modules)


def test_optimizers_step_alike_without_the_compiler() -> None:
    plain, loaded = stepped("no")
    assert "torch._dynamo.eval_frame" in loaded  # else there is nothing to skip any more
    skipped, light = stepped("yes")
    assert skipped == plain and len(plain) == 10
    assert not {name for name in light if name.startswith(("torch._dynamo.", "torch._inductor", "sympy"))} - {
        "torch._dynamo.utils"
    }


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


ADOPTED = """
import multiprocessing, os, signal, sys, time
from core.process import end_with_parent
def work(killed):
    killed.wait()
    while os.getppid() == parent:  # it starts to watch only when its parent is gone already
        time.sleep(0.01)
    end_with_parent()
    time.sleep(60)
parent, fork = os.getpid(), multiprocessing.get_context("fork")
killed = fork.Event()
child = fork.Process(target=work, args=(killed,))
child.start()
print(child.pid, flush=True)
killed.set()
os.kill(parent, signal.SIGKILL)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="fork is safe nowhere else")
def test_a_child_ends_though_its_parent_was_killed_before_it_watched() -> None:
    with subprocess.Popen([sys.executable, "-c", ADOPTED], cwd=ROOT, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        wait(lambda: not alive(child))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
def test_the_server_may_open_as_many_files_as_the_system_lets_it() -> None:
    program = (
        "import resource; from core.process import open_more_files; open_more_files();"
        "print(*resource.getrlimit(resource.RLIMIT_NOFILE))"
    )
    limited = ["bash", "-c", 'ulimit -Sn 256 && exec "$@"', "bash", sys.executable, "-c", program]
    printed = subprocess.run(limited, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    soft, hard = map(int, printed.split())
    assert soft == hard > 256 or soft == 10_240


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits the memory of a process")
def test_a_helper_gets_its_share_of_the_limit() -> None:
    program = (
        "from core import process as p; p.limit_memory(3000); print(p.memory_share(3), p.memory_share(1))"
    )
    assert subprocess.check_output([sys.executable, "-c", program], cwd=ROOT, text=True) == "1000 3000\n"
    unlimited = "from core import process as p; p.limit_memory(None); print(p.memory_share(2))"
    assert subprocess.check_output([sys.executable, "-c", unlimited], cwd=ROOT, text=True) == "None\n"


ROUNDABOUT = """
import sys
from core.process import skip_compiler
skip_compiler()
import torch
from core.layers.weighted_sum import strongest
from core.training.network import fresh
from core.training.weight_steps import chosen
from core.transforms.trace import _handed_on
assert strongest(torch.tensor([[0.0, 1.0], [-2.0, 1.0]])) == (1, 0)
_handed_on([torch.zeros(3, 32, 32)])
model = fresh("", 0)
model(torch.zeros(1, 3, 32, 32)).sum().backward()
assert len(chosen(model, {})) == 5
print("sympy" in sys.modules)
"""


def test_the_first_page_and_the_first_step_need_no_algebra() -> None:
    """Sympy takes half a second; some functions of torch import it only to ask about shapes."""
    printed = subprocess.run(
        [sys.executable, "-c", ROUNDABOUT], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert printed.stdout == "False\n"
