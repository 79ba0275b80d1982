"""A job service on a backend that starts nothing."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.jobs import JobService
from tests.support.job_tasks import TEST_ENTRIES
from tests.support.stage import Stage


@pytest.fixture
def stage() -> Stage:
    return Stage()


@pytest.fixture
def service(tmp_path: Path, stage: Stage) -> Iterator[JobService]:
    with JobService(tmp_path / "runs", stage, entries=TEST_ENTRIES, poll=None) as service:
        yield service
