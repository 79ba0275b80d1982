"""Memory of a process (Linux), and of a bare process that has imported the same wheels and done nothing.

    python -m tests.benchmarks.memory

As a command: the peak memory of real workers at eight settings of a training, beside the estimate by which
the app refuses settings, on a made-up data set of CIFAR-10's size and random weights. Takes five minutes.
"""

import hashlib
import io
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import torch
from torchvision.models import resnet18

from core.jobs.entries import ENTRIES
from core.jobs.spec import Command
from core.training.config import TrainConfig, recipe
from core.transfer.config import TransferConfig
from tests.benchmarks.report import facts
from tests.support.sample_data import write_data_set

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


SMALL = {"epochs": 1, "validation_size": 100}
SETTINGS: dict[str, TrainConfig | TransferConfig] = {
    "LeNet, batch 16": recipe("tutorial", epochs=1, train_size=300),
    "LeNet, batch 1,024": recipe("fast", epochs=1, batch_size=1024, train_size=3000),
    "LeNet, batch 8,192, augmented": recipe(
        "fast", epochs=1, batch_size=8192, train_size=16384, flip=True, crop=4
    ),
    "ResNet-18, features at 32 px": TransferConfig(**SMALL, size=32, train_size=200, batch_size=32),
    "ResNet-18, features at 224 px": TransferConfig(**SMALL, size=224, train_size=100, batch_size=32),
    "ResNet-18, fine-tuned at 64 px, batch 64": TransferConfig(
        **SMALL, mode="fine-tune", size=64, train_size=192, batch_size=64
    ),
    "ResNet-18, from scratch at 64 px, batch 256": TransferConfig(
        **SMALL, mode="scratch", size=64, train_size=512, batch_size=256
    ),
    "ResNet-18, from scratch at 224 px, batch 64": TransferConfig(
        **SMALL, mode="scratch", size=224, train_size=64, batch_size=64
    ),
}


def main() -> None:
    facts()
    with tempfile.TemporaryDirectory() as folder:
        root, environment = write_data_set(Path(folder), per_file=10_000), _with_weights(Path(folder))
        print(f"\n  {'':<46}{'estimate':>10}{'measured':>10}{'ratio':>7}")
        for name, config in SETTINGS.items():
            estimate, measured = peaks(config, root, environment)
            print(
                f"  {name:<46}{estimate:>7} MB{measured:>7.0f} MB{estimate / measured:>7.2f}",
                flush=True,
            )


def peaks(config: TrainConfig | TransferConfig, root: Path, environment: dict[str, str]) -> tuple[int, float]:
    """Estimated and measured peak of a worker that trains with these settings, in MB."""
    entry = ENTRIES["train" if isinstance(config, TrainConfig) else "transfer"]
    params = {"config": config.to_json(), "data_set": "cifar-10", "root_dir": str(root)}
    with tempfile.TemporaryDirectory() as run:
        worker = subprocess.Popen(
            [sys.executable, "-m", "core.jobs.worker"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
        )
        assert worker.stdin is not None and entry.memory is not None
        worker.stdin.write(Command(run, entry.task, params, 1).line())
        worker.stdin.flush()
        measured = 0.0
        while worker.poll() is None:  # wait4 would give the larger of this peak and this process's own
            with suppress(OSError, KeyError):  # it ends at this moment
                measured = _fields(Path(f"/proc/{worker.pid}/status"))["VmHWM"]
            time.sleep(0.01)
        if worker.returncode:
            raise SystemExit(Path(run, "events.jsonl").read_text())
    return entry.memory(params), measured


def _with_weights(folder: Path) -> dict[str, str]:
    """An environment in which ResNet-18's weights are there, random ones."""
    content = io.BytesIO()
    torch.save(resnet18(weights=None).state_dict(), content)
    path = folder / f"imagenet/resnet18-{hashlib.sha256(content.getvalue()).hexdigest()[:8]}.pth"
    path.parent.mkdir()
    path.write_bytes(content.getvalue())
    own = {"LENET_LAB_CACHE": str(folder), "LENET_LAB_RESNET_URL": f"http://127.0.0.1:9/{path.name}"}
    return os.environ | own | {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


if __name__ == "__main__":
    main()
