"""Real servers and a real Chromium for the tests of this folder."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright

from core.jobs.local import ROOT
from tests.browser.tab import Tab

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
FLAGS += ["--disable-component-update", "--disable-sync", "--force-color-profile=srgb"]
STARTING = 60.0  # seconds; much less on an idle machine


class Server:
    """`streamlit run` on a loopback port, with folders of its own."""

    def __init__(self, folder: Path, sketches: Path, **environment: str) -> None:
        self.folder = folder
        self.runs = folder / "runs"
        self.log = folder / "server.log"
        cache = folder / "cache"
        cache.mkdir()
        (cache / "sketches-v1").symlink_to(sketches)
        own = {"LENET_LAB_CACHE": str(cache), "LENET_LAB_RUNS": str(self.runs), "LENET_LAB_SPARES": "1"}
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("LENET_LAB_", "STREAMLIT_"))}
        self._environment = clean | own | environment
        self.port = _free_port()
        self._process = self._start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def kill(self) -> None:
        """As a crash or a power cut would."""
        self._process.kill()
        self._process.wait()

    def restart(self) -> None:
        self._process = self._start()

    def stop(self) -> None:
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGTERM)
            self._process.wait(20)

    def newest_run(self) -> str:
        return max(path.name for path in self.runs.glob("2*"))

    def worker(self, run_id: str) -> int:
        """The process that works on this run: the one that has its events open."""
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if any(str(link.readlink()) == str(self.runs / run_id / "events.jsonl") for link in (process / "fd").iterdir()):
                    return int(process.name)
        raise AssertionError(f"nobody works on {run_id}")

    def _start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "streamlit", "run", str(ROOT / "streamlit_app.py"), "--server.headless=true"]
        command += [f"--server.port={self.port}", "--server.address=127.0.0.1"]
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                command, cwd=ROOT, env=self._environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        deadline = time.monotonic() + STARTING
        while not _healthy(self.address):
            assert process.poll() is None, f"the server ended at once:\n{self.log.read_text()}"
            assert time.monotonic() < deadline, f"the server did not answer:\n{self.log.read_text()}"
            time.sleep(0.05)
        return process


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _healthy(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/_stcore/health", timeout=1) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="package")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    found = os.environ.get("CHROMIUM") or shutil.which("chromium", path=f"/usr/bin{os.pathsep}{os.environ.get('PATH', '')}")
    found = found or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert found, "no Chromium: run the tests with tests/run.sh, which installs one, or set CHROMIUM to its path"
    browser = playwright.chromium.launch(executable_path=found, headless=True, args=FLAGS)
    yield browser
    browser.close()


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory, small_sketches: Path, two_runs: Path, chromium: Browser) -> Iterator[Server]:
    """One for all tests that leave it whole; two short runs are done already."""
    folder = tmp_path_factory.mktemp("server")
    shutil.copytree(two_runs, folder / "runs")
    with _running(Server(folder, small_sketches)) as started:
        _wake(chromium, started)
        yield started


@pytest.fixture
def frail(tmp_path: Path, small_sketches: Path) -> Iterator[Server]:
    """One to be killed."""
    with _running(Server(tmp_path, small_sketches)) as started:
        yield started


@pytest.fixture
def hosted(tmp_path: Path, small_sketches: Path) -> Iterator[Server]:
    """One for many learners, as far as it can tell."""
    with _running(Server(tmp_path, small_sketches, LENET_LAB_HOSTED="1")) as started:
        yield started


def _wake(chromium: Browser, server: Server) -> None:
    with contextlib.closing(chromium.new_page()) as page:
        Tab(page, server.address).wake()


@contextlib.contextmanager
def _running(server: Server) -> Iterator[Server]:
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture
def new_browser(chromium: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """A browser of somebody: its own storage, English unless told otherwise."""
    contexts: list[BrowserContext] = []

    def open_one(**options: object) -> BrowserContext:
        contexts.append(chromium.new_context(**{"viewport": {"width": 1280, "height": 800}, "locale": "en-US"} | options))
        return contexts[-1]

    yield open_one
    for context in contexts:
        context.close()


@pytest.fixture
def new_tab(new_browser: Callable[..., BrowserContext]) -> Iterator[Callable[..., Tab]]:
    """A tab, in a browser of its own unless told otherwise; at the end nothing may have gone wrong in any."""
    tabs: list[Tab] = []

    def open_one(server: Server, context: BrowserContext | None = None, **options: object) -> Tab:
        page: Page = (context or new_browser(**options)).new_page()
        tabs.append(Tab(page, server.address))
        return tabs[-1]

    yield open_one
    for tab in tabs:
        tab.require_health()
