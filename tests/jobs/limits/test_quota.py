"""The room that runs may take on disk: who has to go, who stays, and what is refused."""

import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import pytest

from core.errors import InputError
from core.jobs import JobService, JobSpec, Limits, Run, State
from core.jobs.limits.quota import Seen, Sizes
from core.jobs.limits.settings import default_limits
from tests.support.job_tasks import TEST_ENTRIES
from tests.support.processes import wait
from tests.support.stage import Stage, refusal

DAY, MB = 24 * 3600.0, 10**6
Open = Callable[..., JobService]


@pytest.fixture
def opened(tmp_path: Path) -> Open:
    """A service on one folder, with room for 10 MB of runs."""

    def open_(*, hosted: bool) -> JobService:
        limits = Limits(gigabytes=0.01, evicts=hosted)
        return JobService(tmp_path / "runs", Stage(), limits, entries=TEST_ENTRIES, poll=None)

    return open_


def ended(service: JobService, owner: str, days_ago: float, entry: str = "count", size: int = 4 * MB) -> Run:
    """A run of so many bytes that was done some days ago."""
    then = time.time() - days_ago * DAY
    with patch("time.time", lambda: then):
        run = service.submit(JobSpec(entry, {"to": 5}, owner))
    service._working.discard(run.id)
    (run.folder / "resume-a.pt").write_bytes(bytes(size))
    return service._store.save(replace(run, state=State.DONE, ended=then))


def left(service: JobService) -> set[str]:
    return {run.owner for run in service._store.all()}


def test_pictures_go_first_then_those_long_not_seen_oldest_first(opened: Open) -> None:
    with opened(hosted=True) as service:
        ended(service, "server-picture", 0, "compute")
        for owner, days in (("gone", 200), ("longer-gone", 300), ("here", 1)):
            ended(service, owner, days)
        service.tidy()
        assert left(service) == {"gone", "here"}  # 8 of 16 MB
        ended(service, "here", 0)
        service.tidy()
        assert left(service) == {"here"}


def test_the_service_looks_by_itself(opened: Open, tmp_path: Path) -> None:
    with opened(hosted=True) as service:
        ended(service, "gone", 200, size=12 * MB)
    limits = Limits(gigabytes=0.01, evicts=True)
    with JobService(tmp_path / "runs", Stage(), limits, entries=TEST_ENTRIES, poll=0.01) as service:
        wait(lambda: not left(service))


def test_an_owner_seen_since_loses_nothing(opened: Open) -> None:
    with opened(hosted=True) as service:
        for number in range(3):
            ended(service, "back", 200 + number)
        service.seen("back")
        service.tidy()
        assert len(service.list("back")) == 3
        assert refusal(service.submit, JobSpec("count", {"to": 5}, "ann")) == "runs_full"
        service.submit(JobSpec("sketches", {"dest": "x"}, "server-sketches"))  # not of the learners' making
    with opened(hosted=True) as service:  # also after a restart
        service.tidy()
        assert len(service.list("back")) == 3


def test_what_is_under_way_stays(opened: Open) -> None:
    with opened(hosted=True) as service:
        run = service.submit(JobSpec("compute", {"to": 5}, "server-picture"))
        (run.folder / "much").write_bytes(bytes(12 * MB))
        service.tidy()
        assert service.get(run.id).state == State.RUNNING


def test_on_a_laptop_nothing_goes_by_itself_and_the_refusal_has_the_figure(opened: Open) -> None:
    with opened(hosted=False) as service:
        runs = [ended(service, "local", 400, size=6 * MB) for _ in range(2)]
        service.tidy()
        assert len(service.list("local")) == 2
        with pytest.raises(InputError, match=r"take 0\.0 GB, and at most 0\.01 GB"):
            service.submit(JobSpec("count", {"to": 5}, "local"))
        service.delete(runs[0].id, "local")
        service.submit(JobSpec("count", {"to": 5}, "local"))  # at once


def test_a_run_is_measured_again_only_after_it_has_changed(opened: Open) -> None:
    with opened(hosted=True) as service:
        run, sizes = ended(service, "ann", 0, size=MB), Sizes()
        sizes.measure([run])
        before = sizes.total
        (run.folder / "more").write_bytes(bytes(MB))
        sizes.measure([run])
        assert sizes.total == before >= MB
        sizes.measure([replace(run, attempt=run.attempt + 1)])
        assert sizes.total == before + MB
        sizes.measure([])
        assert sizes.total == 0


def test_who_was_here_is_written_once_a_day(tmp_path: Path) -> None:
    path = tmp_path / "seen.json"
    seen = Seen(path)
    seen.note("ann")
    written = path.read_bytes()
    path.unlink()
    seen.note("ann")
    assert not path.exists() and abs(seen.last("ann") - time.time()) < 60
    path.write_bytes(written)
    assert Seen(path).last("ann") == json.loads(written)["ann"] and Seen(path).last("bob") == 0
    for damaged in (b"", b"[1]", b'{"ann": null}', b"\xff"):
        path.write_bytes(damaged)
        assert Seen(path).last("ann") == 0


def test_a_laptop_has_no_quota_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LENET_LAB_RUNS_GB", raising=False)
    hosted, laptop = default_limits(hosted=True), default_limits(hosted=False)
    assert hosted.gigabytes == 50 and hosted.evicts
    assert laptop.gigabytes is None and not laptop.evicts
    monkeypatch.setenv("LENET_LAB_RUNS_GB", "2.5")
    assert default_limits(hosted=False).gigabytes == 2.5
