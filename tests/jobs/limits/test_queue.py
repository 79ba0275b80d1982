"""The queue: whose turn it is, how many wait, and how long."""

import time
from pathlib import Path

import pytest

from core.jobs import JobService, State
from core.jobs.limits.queue import Place, Waiting, next_in_line
from tests.support.job_tasks import TEST_ENTRIES
from tests.support.stage import Stage, refusal, submit


def test_one_running_and_two_queued_per_owner(service: JobService) -> None:
    states = [submit(service).state for _ in range(3)]
    assert states == ["running", "queued", "queued"]
    assert refusal(submit, service) == "queue_owner_full"
    assert submit(service, "bob").state == State.RUNNING
    assert submit(service, entry="compute").state == State.RUNNING  # a lane of its own


def test_fifty_wait_and_no_more(tmp_path: Path) -> None:
    stage = Stage(train=0)
    with JobService(tmp_path, stage, entries=TEST_ENTRIES, poll=None) as service:
        for number in range(50):
            assert submit(service, f"owner-{number}").state == State.QUEUED
        assert refusal(submit, service) == "queue_full"
        stage.train = 1
        service.tick()
        assert list(stage.started) == [service.list("owner-0")[0].id]
        assert submit(service).state == State.QUEUED


def test_turns_are_fair() -> None:
    ann, bob, cat = (
        Waiting("1", "ann", "train", 1),
        Waiting("2", "bob", "train", 2),
        Waiting("3", "cat", "train", 3),
    )
    line = [ann, bob, cat]
    assert next_in_line(line, {}, {}, 1) == ann  # first come
    assert next_in_line(line, {}, {"ann": 9, "bob": 8}, 1) == cat  # never served
    # Served longest ago of those with the fewest running.
    assert next_in_line(line, {"cat": 1}, {"ann": 9, "bob": 8}, 2) == bob
    assert next_in_line(line, {"ann": 1, "bob": 1, "cat": 1}, {}, 1) is None


def test_a_waiting_run_knows_its_place_and_about_how_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = Stage(train=2)
    with JobService(tmp_path, stage, entries=TEST_ENTRIES, poll=None) as service:
        running = [submit(service, owner) for owner in ("ann", "bob")]
        waiting = [submit(service, owner) for owner in ("ann", "ann", "bob", "cy")]
        assert service.place(running[0].id) is None
        places = [service.place(run.id) for run in waiting]
        assert sorted(place.number for place in places if place) == [1, 2, 3, 4]
        assert places[3] == Place(1, 4, None)  # cy was never served
        later = time.time() + 60
        monkeypatch.setattr("time.time", lambda: later)
        stage.end(running[0].id, "done")
        service.tick()
        assert service.get(waiting[3].id).state == State.RUNNING
        place = service.place(waiting[0].id)
        assert place is not None and place.waiting == 3
        assert place.seconds == pytest.approx((place.number - 1) * 30, abs=1)  # two at once, a minute each


def test_one_owner_cannot_crowd_out_another(tmp_path: Path) -> None:
    stage = Stage(train=1)
    with JobService(tmp_path, stage, entries=TEST_ENTRIES, poll=None) as service:
        runs = [submit(service, "ann") for _ in range(3)] + [submit(service, "bob")]
        order = []
        for _ in runs:
            running = next(
                run for run in map(service.get, (run.id for run in runs)) if run.state == State.RUNNING
            )
            order.append(running.owner)
            stage.end(running.id, "done")
            service.tick()
        assert order == ["ann", "bob", "ann", "ann"]
