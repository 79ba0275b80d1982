"""Fixtures for page tests: small sketches, empty folders instead of the developer's own, finished runs."""

import atexit
import logging
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import hypothesis
import pytest
from filelock import FileLock
from xdist.scheduler import LoadScopeScheduling

from core.dataset import sketches
from core.files import locations
from core.files.locations import FOLDER
from core.jobs import JobService, JobSpec
from core.process import skip_compiler
from core.training.config import recipe
from tests.support.processes import wait

# The same examples in every run, however slow the machine, and nothing kept in the tree.
hypothesis.settings.register_profile("lab", derandomize=True, deadline=None, database=None)
hypothesis.settings.load_profile("lab")


LONG = {"tests/browser/test_axe.py"}  # worth a browser and a server of its own


class OneBrowser(LoadScopeScheduling):
    """Scheduling over several processes: browser tests in one, with one server; else module by module."""

    def _split_scope(self, nodeid: str) -> str:
        module = nodeid.split("::", 1)[0]
        together = module.startswith("tests/browser/") and module not in LONG
        return "browser" if together else module


def pytest_configure() -> None:
    """Spare each process of the suite a second and 150 MB, as workers and servers do."""
    skip_compiler()


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> OneBrowser:
    return OneBrowser(config, log)


TRAIN, TEST = 1000, 200  # images; a tenth of the first becomes validation


@dataclass(frozen=True)
class Lab:
    """The folders of one test's app."""

    cache: Path
    runs: Path

    @property
    def sketches(self) -> Path:
        """The folder of the built-in data set."""
        return self.cache / "sketches-v1" / FOLDER

    def own_sketches(self) -> Path:
        """Copy the sketches so that this test may spoil them."""
        link = self.cache / "sketches-v1"
        source = link.resolve()
        link.unlink()
        shutil.copytree(source, link)
        return self.sketches


@pytest.fixture(scope="session")
def common(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A folder that all processes of this run share."""
    folder = tmp_path_factory.getbasetemp()
    return folder if worker_id == "master" else folder.parent


def made_once(folder: Path, make: Callable[[Path], None]) -> Path:
    """Make a folder unless another process has made it already, or is about to."""
    with FileLock(f"{folder}.lock"):
        if not folder.exists():
            draft = folder.with_name(f"{folder.name}.draft")
            make(draft)
            draft.rename(folder)
    return folder


@pytest.fixture(scope="session")
def small_sketches(common: Path) -> Path:
    """A folder with a small copy of the built-in data set."""

    def draw(folder: Path) -> None:
        for _ in sketches.write(folder, train_size=TRAIN, test_size=TEST):
            pass

    return made_once(common / "sketches", draw)


@pytest.fixture(scope="session")
def two_runs(small_sketches: Path, common: Path) -> Path:
    """A runs folder with two finished trainings.

    The first has the tutorial's settings but Adam and one epoch, the second the fast recipe and two epochs.
    """
    configs = (
        recipe("tutorial", optimizer="adam", epochs=1, train_size=300),
        recipe("fast", epochs=2, train_size=300),
    )

    def train(folder: Path) -> None:
        with JobService(folder) as service:
            for config in configs:
                params = {
                    "config": config.to_json(),
                    "data_set": "sketches",
                    "root_dir": str(small_sketches / FOLDER),
                }
                run = service.submit(JobSpec("train", params, "local"))
                wait(lambda run=run: service.get(run.id).state not in ("queued", "running"), 60)
                assert service.get(run.id).state == "done", service.get(run.id).error

    return made_once(common / "runs", train)


@pytest.fixture
def real() -> Path:
    """The folder of the real CIFAR-10; a test that needs it is skipped where there is none."""
    root = locations.configured()
    if root is None or not locations.is_complete(root):
        pytest.skip("needs the real CIFAR-10: LENET_LAB_DATA doesn't point at it")
    return root


@pytest.fixture
def lab(tmp_path: Path, small_sketches: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    """A fresh app for one test: small sketches, no runs, no spare worker, nothing of this machine's user."""
    import streamlit as st

    from pages.app import services

    folders = Lab(tmp_path / "cache", tmp_path / "runs")
    folders.cache.mkdir()
    (folders.cache / "sketches-v1").symlink_to(small_sketches)
    for name in ("LENET_LAB_DATA", "LENET_LAB_HOSTED"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LENET_LAB_CACHE", str(folders.cache))
    monkeypatch.setenv("LENET_LAB_RUNS", str(folders.runs))
    monkeypatch.setenv("LENET_LAB_SPARES", "0")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    # Streamlit warns at each call from outside a browser session.
    logging.getLogger("streamlit").setLevel(logging.ERROR)
    st.cache_resource.clear()
    st.cache_data.clear()
    yield folders
    service = services.jobs()
    service.close()
    atexit.unregister(service.close)
    st.cache_resource.clear()
    st.cache_data.clear()


@pytest.fixture
def trained(lab: Lab, two_runs: Path) -> Lab:
    """A lab in which `two_runs` are done already."""
    shutil.copytree(two_runs, lab.runs)
    return lab
