"""Every command of README.md and CONTRIBUTING.md runs in a copy of this checkout and an empty home."""

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from functools import partial
from hashlib import md5
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

import pytest

from core.lenet import LeNet
from core.training import checkpoints
from core.training.config import recipe
from tests.support import ROOT
from tests.support.processes import wait
from tests.support.sample_data import write_data_set
from tests.support.server import free_port, healthy

PROGRAMS = ("pip", "python", "bash", "streamlit", "tensorboard", "unzip", "git", ".venv/bin/python")
# What can't run in a test, by its beginning.
EXCUSED = {
    "pip install": "takes packages from the network",
    "bash tests/run.sh": "runs this suite",
    "bash tests/busy.sh": "runs a part of this suite twenty times",
    "python -m tests.benchmarks.<name>": "stands for any of them",
    "tensorboard --logdir": "somebody else's server; tests/saving reads the event files back",
    ".venv/bin/python -m pytest": "runs a part of this suite",
}
TREE = "streamlit_app.py  "  # the one block that is neither commands nor Python
# Documented options that make a run short, added at the end; the last one of a kind counts.
SHORTER = {
    "python -m core.trainer sketches": "--epochs 1",
    "python -m core.trainer FOLDER --recipe": "--epochs 1",
    "python -m tests.benchmarks.training": "--quick --threads 1",
    "streamlit run": "--server.address 127.0.0.1 --server.headless true --server.port {port}",
}
# The last line of what a command prints, where it tells whether the command did its work.
PRINTS = {
    "python -m core.trainer sketches": r"validation: 1000 images",
    "python -m core.trainer FOLDER --recipe": r"wrote lenet\.safetensors and its model card|hint: ",
    "python -m core.trainer FOLDER --evaluate": r"test: 40 images",
    "python -m core.download": r".*/cifar-10-batches-py",
    "python -m tests.benchmarks.training": r"  fast: \d+ reports in ",
}


class Command(NamedTuple):
    """A line of a file, without its comment."""

    file: str
    line: str


def blocks(file: str) -> list[str]:
    """The indented blocks, dedented."""
    found = re.findall(r"(?:^ {4}.*\n)+", (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE)
    return [re.sub("^ {4}", "", block, flags=re.MULTILINE) for block in found]


def of_python(block: str) -> bool:
    return block.startswith(("from ", "import "))


def commands(file: str) -> Iterator[Command]:
    """The commands in indented blocks and those within a sentence, each part of a `&&` for itself."""
    text = (ROOT / file).read_text(encoding="utf-8")
    shell = [block for block in blocks(file) if not of_python(block) and not block.startswith(TREE)]
    lines = [line for block in shell for line in block.splitlines()]
    within = re.findall(r"`([^`\n]+)`", re.sub("^ {4}.*$", "", text, flags=re.MULTILINE))
    lines += [code for code in within if code.startswith(tuple(f"{program} " for program in PROGRAMS))]
    for line in lines:
        for part in re.split(r" +#", line)[0].split(" && "):
            yield Command(file, part)


FOUND = [command for file in ("README.md", "CONTRIBUTING.md") for command in dict.fromkeys(commands(file))]
RUN = [command for command in FOUND if not command.line.startswith(tuple(EXCUSED))]


def of(table: dict[str, str], line: str) -> str:
    """The entry for a command by its beginning; empty where there is none."""
    return next((value for start, value in table.items() if line.startswith(start)), "")


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of this checkout, into which commands may write, with the data that they ask for."""
    folder = tmp_path_factory.mktemp("checkout")
    for name in ("assets", "core", "pages", "tests", ".streamlit"):
        shutil.copytree(ROOT / name, folder / name)
    for name in ("streamlit_app.py", "pyproject.toml"):
        shutil.copy2(ROOT / name, folder)
    (folder / ".venv").symlink_to(sys.prefix)
    write_data_set(folder / "FOLDER")
    weights = folder / "lenet.safetensors"
    checkpoints.save_weights(weights, LeNet(), recipe("fast"), "cifar-10", 0, 0, {})
    with zipfile.ZipFile(folder / "lenet-1-tensorboard.zip", "w") as exported:
        exported.writestr("events", b"")
    return folder


@pytest.fixture(scope="module")
def environment(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Nothing of this machine's user, and a server on loopback that has CIFAR-10."""
    home = tmp_path_factory.mktemp("home")
    base = str(home / "site" / "cifar")
    archive = Path(shutil.make_archive(base, "gztar", checkout / "FOLDER", "cifar-10-batches-py"))
    handler = partial(QuietHandler, directory=archive.parent)
    site = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=site.serve_forever, daemon=True).start()
    clean = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("LENET_LAB_", "STREAMLIT_", "XDG_", "PYTEST_"))
    }
    folders = ("HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME")
    own = {name: str(home / name.lower()) for name in (*folders, "LENET_LAB_CACHE", "LENET_LAB_RUNS")}
    own["PATH"] = f"{sys.prefix}/bin{os.pathsep}{os.environ['PATH']}"
    own["LENET_LAB_CIFAR_URL"] = f"http://127.0.0.1:{site.server_port}/{archive.name}"
    own["LENET_LAB_CIFAR_MD5"] = md5(archive.read_bytes()).hexdigest()
    yield clean | own | {"OMP_NUM_THREADS": "1", "LENET_LAB_SPARES": "0"}
    site.shutdown()
    site.server_close()


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


def test_nothing_is_excused_or_shortened_in_vain() -> None:
    """And each command of the two files is there: a block that nobody recognises would be one of them."""
    lines = [command.line for command in FOUND]
    for start in (*EXCUSED, *SHORTER, *PRINTS):
        assert any(line.startswith(start) for line in lines), start
    assert len(RUN) >= 11 and all(command.line.startswith(PROGRAMS) for command in RUN)
    named = re.findall(r"(?<= )tests/[\w/]+\.\w+", " ".join(lines))
    assert len(named) >= 5 and all((ROOT / path).exists() for path in named), named


@pytest.mark.parametrize("command", RUN, ids=lambda command: command.line)
def test_a_command_runs(command: Command, checkout: Path, environment: dict[str, str]) -> None:
    port = free_port()
    line = f"{command.line} {of(SHORTER, command.line).format(port=port)}"
    if line.startswith("streamlit run"):
        serve(line, f"http://127.0.0.1:{port}", checkout, environment)
        return
    ran = subprocess.run(
        ["bash", "-c", line],
        cwd=checkout,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    if expected := of(PRINTS, command.line):
        assert re.match(expected, ran.stdout.splitlines()[-1]), ran.stdout


def serve(line: str, address: str, checkout: Path, environment: dict[str, str]) -> None:
    """Start a server, wait until it answers, and end it."""
    with (checkout / "server.log").open("w+") as log:
        server = subprocess.Popen(
            ["bash", "-c", f"exec {line}"], cwd=checkout, env=environment, stdout=log, stderr=log
        )
        try:
            wait(lambda: healthy(address) or server.poll() is not None, 60)
            assert server.poll() is None, (checkout / "server.log").read_text()
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(20)


@pytest.mark.parametrize("block", [block for block in blocks("README.md") if of_python(block)])
def test_an_example_for_a_notebook_runs(block: str, checkout: Path, environment: dict[str, str]) -> None:
    ends = "assert type(training.model).__name__ == 'LeNet' and results[-1].epoch == 1"
    ran = subprocess.run(
        [sys.executable, "-c", block + ends],
        cwd=checkout,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
