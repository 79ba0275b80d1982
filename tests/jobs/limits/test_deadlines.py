"""Time limits: a run whose minutes are over, and a worker that doesn't obey."""

from pathlib import Path

import pytest

from core.jobs import JobService, JobSpec, Limits, State
from tests.support.job_tasks import TEST_ENTRIES
from tests.support.stage import Stage, submit


def test_a_worker_that_does_not_obey_is_killed(
    service: JobService, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.jobs.limits.deadlines.GRACE", {"cancel": 0.0})
    run = submit(service)
    service.cancel(run.id, "ann")
    service.tick()
    assert stage.killed == [run.id]
    stage.end(run.id, None, -9)
    service.tick()
    assert service.get(run.id).state == State.CANCELLED and service.get(run.id).reason is None


def test_a_worker_stopped_by_force_is_not_taken_for_one_without_memory(
    service: JobService, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.jobs.limits.deadlines.GRACE", {"pause": 0.0})
    run = submit(service)
    service.pause(run.id, "ann")
    service.tick()
    stage.end(run.id, None, -9)
    service.tick()
    assert service.get(run.id).error.key == "worker_forced"
    service.resume(run.id, "ann")
    stage.end(run.id, None, -9)  # this time nobody asked for it
    service.tick()
    assert service.get(run.id).error.key == "worker_died"


def test_a_run_gives_its_place_away_when_its_time_is_over(tmp_path: Path, stage: Stage) -> None:
    limits = Limits(minutes=1e-9)
    with JobService(tmp_path, stage, limits, entries=TEST_ENTRIES, poll=None) as service:
        run = submit(service)
        installing = service.submit(JobSpec("sketches", {"dest": "x"}, "server-sketches"))
        service.tick()
        service.tick()
        assert stage.told == [(run.id, "pause")]
        stage.end(run.id, "paused")
        service.tick()
        error = service.get(run.id).error
        assert service.get(run.id).state == State.INTERRUPTED and error is not None
        assert (error.key, error.values) == ("run_minutes", {"minutes": 1e-9})
        assert service.get(installing.id).state == State.RUNNING
        assert service.resume(run.id, "ann").attempt == 2  # with as much time again
        service.tick()
        assert stage.told == 2 * [(run.id, "pause")]
        service.cancel(run.id, "ann")
        stage.end(run.id, "cancelled")
        service.tick()
        assert service.get(run.id).state == State.CANCELLED


def test_a_learners_own_pause_is_no_overtime(tmp_path: Path, stage: Stage) -> None:
    with JobService(tmp_path, stage, Limits(minutes=1e-9), entries=TEST_ENTRIES, poll=None) as service:
        run = submit(service)
        service.pause(run.id, "ann")
        service.tick()
        stage.end(run.id, "paused")
        service.tick()
        assert service.get(run.id).state == State.PAUSED
