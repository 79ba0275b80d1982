"""A real server in its own process, and the path of the browser for it."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from tests.support import ROOT

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
]
FLAGS += ["--disable-component-update", "--disable-sync", "--force-color-profile=srgb"]
STARTING = 60.0  # seconds; much less on an idle machine


class Server:
    """`streamlit run` of this checkout, or another one, on a loopback port, with its own folders.

    Without `sketches` it has to draw them. `path` is what all its addresses begin with.
    """

    def __init__(
        self,
        folder: Path,
        sketches: Path | None,
        checkout: Path = ROOT,
        path: str = "",
        **environment: str,
    ) -> None:
        self._path = path
        self._checkout = checkout
        self.folder = folder
        self.runs = folder / "runs"
        self.log = folder / "server.log"
        cache = folder / "cache"
        cache.mkdir()
        if sketches is not None:
            (cache / "sketches-v1").symlink_to(sketches)
        own = {"LENET_LAB_CACHE": str(cache), "LENET_LAB_RUNS": str(self.runs), "LENET_LAB_SPARES": "1"}
        clean = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("LENET_LAB_", "STREAMLIT_"))
        }
        self._environment = clean | own | environment
        self.port = free_port()
        self._process = self._start()

    @property
    def pid(self) -> int:
        """Process id of the server."""
        return self._process.pid

    @property
    def address(self) -> str:
        """Address of the app, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}{self._path}"

    def kill(self) -> None:
        """Kill the server, as a crash or a power cut would."""
        self._process.kill()
        self._process.wait()

    def restart(self) -> None:
        """Start the server again on the same port, with the same folders."""
        self._process = self._start()

    def stop(self) -> None:
        """End the server and its process group, if it still runs."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGTERM)
            self._process.wait(20)

    def newest_run(self) -> str:
        """Id of the newest run."""
        return max(path.name for path in self.runs.glob("2*"))

    def worker(self, run_id: str, file: str = "events.jsonl") -> int:
        """The process that works on this run: the one that has its events open; its log, if it only stays."""
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if any(
                    str(link.readlink()) == str(self.runs / run_id / file)
                    for link in (process / "fd").iterdir()
                ):
                    return int(process.name)
        raise AssertionError(f"nobody works on {run_id}")

    def _start(self) -> subprocess.Popen[bytes]:
        command = [
            sys.executable,
            "-m",
            "streamlit",
            "run",
            str(self._checkout / "streamlit_app.py"),
            "--server.headless=true",
        ]
        command += [f"--server.port={self.port}", "--server.address=127.0.0.1"]
        command += [f"--server.baseUrlPath={self._path}"]
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                command,
                cwd=self._checkout,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + STARTING
        while not healthy(self.address):
            assert process.poll() is None, f"the server ended at once:\n{self.log.read_text()}"
            assert time.monotonic() < deadline, f"the server did not answer:\n{self.log.read_text()}"
            time.sleep(0.05)
        return process


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def healthy(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/_stcore/health", timeout=1) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def chromium_path() -> str:
    """Path of the browser that CHROMIUM names, or else of the one that is found."""
    found = os.environ.get("CHROMIUM") or shutil.which(
        "chromium", path=f"/usr/bin{os.pathsep}{os.environ.get('PATH', '')}"
    )
    found = found or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert found, (
        "no Chromium: run the tests with tests/run.sh, which installs one, or set CHROMIUM to its path"
    )
    return found
