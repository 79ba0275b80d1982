"""The rules of the job service, played through on a backend that starts nothing."""

import errno
import json
import os
import shutil
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from core import text
from core.errors import InputError
from core.jobs import LANES, LONGEST_NAME, Command, Exit, JobService, JobSpec, Limits, Run, State
from core.jobs import folder as disk
from core.jobs.ending import EXIT_BUSY, EXIT_CODES, EXIT_ORPHAN, ending, reason_of
from core.jobs.events import Event, EventLog, EventWriter
from core.jobs.limits.queue import Load
from core.jobs.limits.settings import default_lanes
from core.jobs.store import RunStore
from tests.support.job_tasks import TEST_ENTRIES
from tests.support.stage import Stage, refusal, submit

RACE = {
    "surface": "saddle",
    "start": [1.0, 0.0],
    "hyper": {"adam": {"lr": 0.1}},
    "steps": 400,
    "noise": 0.0,
    "seed": 0,
}


@pytest.mark.parametrize("outcome", ["done", "paused", "cancelled", "failed", "interrupted"])
def test_a_run_starts_at_once_and_ends_as_its_worker_says(
    service: JobService, stage: Stage, outcome: str
) -> None:
    run = submit(service)
    assert run.state == State.RUNNING and run.attempt == 1 and run.started is not None
    assert stage.started[run.id] == Command(str(run.folder), "tests.support.job_tasks:count", {"to": 5}, 1)
    stage.end(run.id, outcome)
    service.tick()
    ended = service.get(run.id)
    assert ended.state == outcome and ended.ended is not None
    assert disk.read_run(ended.folder) == ended


@pytest.mark.parametrize(
    ("code", "state", "key"),
    [
        (-9, "interrupted", "worker_died"),
        (0, "interrupted", "worker_died"),
        (EXIT_BUSY, "interrupted", "run_busy"),
        (EXIT_ORPHAN, "interrupted", "server_gone"),
        (EXIT_CODES["disk_full"], "interrupted", "disk_full"),
        (EXIT_CODES["cannot_write"], "interrupted", "cannot_write"),
        (EXIT_CODES["out_of_memory"], "interrupted", "out_of_memory"),
    ],
)
def test_a_worker_that_leaves_without_a_word_is_judged_by_its_code(
    service: JobService, stage: Stage, code: int, state: str, key: str
) -> None:
    run = submit(service)
    stage.end(run.id, None, code)
    service.tick()
    ended = service.get(run.id)
    assert ended.state == state and ended.error is not None and ended.error.key == key
    assert "{" not in ended.error.sentence("zh")


def test_the_load_of_a_lane(tmp_path: Path) -> None:
    with JobService(tmp_path / "runs", Stage(train=2), entries=TEST_ENTRIES, poll=None) as service:
        for owner in ("ann", "ann", "bob", "eve"):
            submit(service, owner)
        assert service.load() == {
            "train": Load(2, 2, 2),
            "compute": Load(0, 0, 1),
            "install": Load(0, 0, 1),
        }


def test_what_a_worker_has_reported_is_read_while_others_are_served(
    service: JobService, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, others = submit(service), []

    def read_slowly(log: EventLog) -> tuple[Event, ...]:
        other = threading.Thread(target=lambda: others.append(submit(service, "bob")), daemon=True)
        other.start()
        other.join(5)  # for ever, where this thread holds the lock
        assert not other.is_alive()
        return read(log)

    stage.end(run.id, "done")
    read = EventLog.read
    monkeypatch.setattr(EventLog, "read", read_slowly)
    service.tick()
    assert service.get(run.id).state == State.DONE
    assert [other.state for other in others] == [State.RUNNING]


def test_a_service_closed_while_it_reads_settles_all_the_same(
    tmp_path: Path, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    with JobService(tmp_path, stage, entries=TEST_ENTRIES, poll=None) as service:
        run, read = submit(service), EventLog.read

        def read_late(log: EventLog) -> tuple[Event, ...]:
            monkeypatch.setattr(EventLog, "read", read)
            service.close()
            return read(log)

        stage.end(run.id, "done")
        monkeypatch.setattr(EventLog, "read", read_late)
        service.tick()
        assert service.get(run.id).state == disk.read_run(run.folder).state == State.DONE


def test_orders_go_to_the_worker_and_cancel_beats_pause(service: JobService, stage: Stage) -> None:
    run = submit(service)
    assert service.pause(run.id, "ann").asked == "pause"
    service.pause(run.id, "ann")
    service.cancel(run.id, "ann")
    service.pause(run.id, "ann")
    assert stage.told == [(run.id, "pause"), (run.id, "cancel")]
    stage.end(run.id, "paused")  # it had obeyed the first already
    service.tick()
    assert service.get(run.id).state == State.CANCELLED


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        OSError(errno.ENOMEM, "Cannot allocate memory"),
        RuntimeError("could not create a primitive"),
        RuntimeError("CUDA out of memory. Tried to allocate 20.00 MiB."),
        torch.OutOfMemoryError("MPS backend out of memory"),
    ],
)
def test_memory_that_runs_out_is_told_as_such(tmp_path: Path, error: Exception) -> None:
    reason = reason_of(error, tmp_path)
    assert reason["key"] == "out_of_memory" and ending(reason) == State.INTERRUPTED
    assert reason_of(RuntimeError("size mismatch"), tmp_path)["key"] == "worker_error"


def test_torch_says_so_as_expected(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError) as caught:
        torch.empty(2**60, dtype=torch.uint8)
    assert reason_of(caught.value, tmp_path)["key"] == "out_of_memory"


def test_pause_step_and_resume(service: JobService, stage: Stage) -> None:
    run = submit(service)
    service.step(run.id, "ann")
    assert stage.told == [(run.id, "step")]
    stage.end(run.id, "paused")
    service.tick()
    assert service.step(run.id, "ann").state == State.RUNNING
    assert (stage.started[run.id].attempt, stage.started[run.id].steps) == (2, 1)
    stage.end(run.id, "paused")
    service.tick()
    service.resume(run.id, "ann")
    assert (stage.started[run.id].attempt, stage.started[run.id].steps) == (3, None)
    assert service.resume(run.id, "ann").attempt == 3  # a second press changes nothing


def test_a_queued_run_can_be_paused_stepped_and_cancelled(service: JobService, stage: Stage) -> None:
    first, second = submit(service), submit(service)
    assert second.state == State.QUEUED
    assert service.pause(second.id, "ann").state == State.PAUSED
    assert service.resume(second.id, "ann").state == State.QUEUED
    service.step(second.id, "ann")
    stage.end(first.id, "done")
    service.tick()
    assert stage.started[second.id].steps == 1
    third = submit(service)
    assert service.cancel(third.id, "ann").state == State.CANCELLED


@pytest.mark.parametrize("outcome", ["done", "failed", "cancelled"])
def test_what_has_ended_never_changes(service: JobService, stage: Stage, outcome: str) -> None:
    run = submit(service)
    stage.end(run.id, outcome)
    service.tick()
    ended = service.get(run.id)
    assert service.cancel(run.id, "ann") == service.pause(run.id, "ann") == ended
    assert refusal(service.resume, run.id, "ann") == refusal(service.step, run.id, "ann") == "run_ended"
    service.reconcile()
    assert service.get(run.id) == ended


def picture(service: JobService, learner: str, number: int) -> Run:
    """A computation that belongs to everybody, asked for by a learner."""
    spec = JobSpec("ranking", {"surface": f"s-{number}"}, f"server-ranking-{number}", learner=learner)
    return service.submit(spec)


def test_shared_pictures_count_for_who_asked(service: JobService, stage: Stage) -> None:
    runs = [picture(service, "ann", number) for number in range(3)]
    assert [run.state for run in runs] == ["running", "queued", "queued"]
    assert disk.read_run(runs[0].folder).learner == "ann" and runs[0].owner == "server-ranking-0"
    assert refusal(picture, service, "ann", 3) == "computations_owner_full"
    other = picture(service, "bob", 4)
    stage.end(runs[0].id, "done")
    service.tick()
    assert service.get(other.id).state == State.RUNNING  # though ann asked first


def test_what_the_server_installs_waits_for_no_picture(service: JobService, tmp_path: Path) -> None:
    for number in range(51):  # one runs
        picture(service, f"learner-{number}", number)
    assert refusal(picture, service, "ann", 51) == "queue_full"
    for entry, params in (
        ("sketches", {"dest": "x"}),
        ("download", {"dest": "x"}),
        ("unpack", {"source": "x", "dest": "x"}),
        ("imagenet", {}),
    ):
        service.submit(JobSpec(entry, params, f"server-{entry}"))
    lanes = {run.entry: run.lane for run in map(service.get, service._working)}
    assert lanes["sketches"] == "install"
    assert all(default_lanes()[lane] for lane in LANES)


def test_runs_of_an_earlier_version_take_their_owners_turn(service: JobService) -> None:
    run = submit(service)
    spec = json.loads((run.folder / "spec.json").read_text())
    del spec["learner"]
    (run.folder / "spec.json").write_text(json.dumps(spec))
    assert disk.read_run(run.folder) == service.get(run.id)


def training(service: JobService, owner: str = "ann", **settings: Any) -> Run:
    config = {"mode": "scratch", "size": 224, **settings}
    return service.submit(
        JobSpec("transfer", {"config": config, "data_set": "sketches", "root_dir": "x"}, owner)
    )


def test_what_takes_more_memory_than_a_worker_may_is_refused(service: JobService, stage: Stage) -> None:
    run = training(service, batch_size=64)
    stage.memory = 4000
    with pytest.raises(InputError, match=r"about 2\d,\d{3} MB of memory, and a training may take 4,000 MB"):
        training(service, "bob", batch_size=1024)
    assert training(service, "bob", batch_size=64).state == State.RUNNING
    stage.end(run.id, "paused")
    service.tick()
    stage.memory = 1000
    assert refusal(service.resume, run.id, "ann") == refusal(service.step, run.id, "ann") == "too_much_memory"
    assert submit(service, "cy").state == State.RUNNING  # nobody has estimated it


def test_only_so_many_runs_are_kept(tmp_path: Path, stage: Stage) -> None:
    with JobService(tmp_path, stage, Limits(kept=2), entries=TEST_ENTRIES, poll=None) as service:
        run = submit(service)
        submit(service)
        assert refusal(submit, service) == "runs_kept"
        assert refusal(service.delete, run.id, "ann") == "run_active"
        stage.end(run.id, "done")
        service.tick()
        service.delete(run.id, "ann")
        assert not run.folder.exists() and refusal(service.get, run.id) == "run_unknown"
        submit(service)


def test_owners_steer_and_see_their_own_runs(service: JobService) -> None:
    run = submit(service, "ann")
    for call in (service.cancel, service.pause, service.resume, service.step, service.delete):
        assert refusal(call, run.id, "bob") == "run_foreign"
    assert service.list("bob") == () and service.list("ann") == (run,)
    assert service.get(run.id) == run and service.events(run.id) == ()  # who has the link may look


@pytest.mark.parametrize(
    "run_id",
    ["", "..", "../../etc", "20260101-000000-" + "0" * 20, "20260101-000000-" + "0" * 20 + "\n", 5, None],
)
def test_no_made_up_id_comes_near_the_disk(service: JobService, run_id: Any) -> None:
    for call in (service.get, service.events):
        assert refusal(call, run_id) == "run_unknown"
    assert refusal(service.delete, run_id, "ann") == "run_unknown"


@pytest.mark.parametrize(
    ("spec", "key"),
    [
        (JobSpec("os:system", {}, "ann"), "job_entry"),
        (JobSpec("count", {}, "ann", "compute"), "job_lane"),
        (JobSpec("count", {}, ""), "job_owner"),
        (JobSpec("count", {}, "a/../b"), "job_owner"),
        (JobSpec("count", {}, "a" * 65), "job_owner"),
        (JobSpec("count", {"x": float("nan")}, "ann"), "job_params"),
        (JobSpec("count", {"x": object()}, "ann"), "job_params"),
        (JobSpec("count", {"x": "y" * 20_000}, "ann"), "job_size"),
        (JobSpec("train", {}, "ann"), "job_params"),
        (
            JobSpec("train", {"config": {"lr": 1e9}, "data_set": "sketches", "root_dir": "x"}, "ann"),
            "setting_out_of_range",
        ),
        (
            JobSpec("train", {"config": {"epochs": 10**9}, "data_set": "sketches", "root_dir": "x"}, "ann"),
            "setting_out_of_range",
        ),
        (
            JobSpec("train", {"config": {"batch_size": 0}, "data_set": "sketches", "root_dir": "x"}, "ann"),
            "setting_out_of_range",
        ),
        (
            JobSpec("train", {"config": {"__class__": 1}, "data_set": "sketches", "root_dir": "x"}, "ann"),
            "setting_unknown",
        ),
        (
            JobSpec("train", {"config": {}, "data_set": "imagenet", "root_dir": "x"}, "ann"),
            "data_set_unknown",
        ),
        (JobSpec("train", {"config": {}, "data_set": ["x"], "root_dir": "x"}, "ann"), "data_set_unknown"),
        (JobSpec("train", {"config": {}, "data_set": "sketches", "root_dir": "a\0b"}, "ann"), "job_path"),
        (JobSpec("download", {"dest": ""}, "ann"), "job_path"),
        *(
            (JobSpec("race", RACE | wrong, "ann"), "job_params")
            for wrong in (
                {"surface": "../x"},
                {"start": 1.0},
                {"start": [True, 1.0]},
                {"hyper": []},
                {"hyper": {"adam": 1.0}},
                {"hyper": {"adam": {"lr": "0.1"}}},
                {"steps": "400"},
                {"noise": None},
                {"more": 1},
            )
        ),
        (JobSpec("race", RACE | {"seed": -1}, "ann"), "setting_out_of_range"),
    ],
)
def test_a_wrong_spec_is_refused_and_leaves_nothing(
    service: JobService, tmp_path: Path, spec: JobSpec, key: str
) -> None:
    before = sorted((tmp_path / "runs").iterdir())
    assert refusal(service.submit, spec) == key
    assert sorted((tmp_path / "runs").iterdir()) == before and service.list("ann") == ()


def test_a_list_holds_an_owners_runs_newest_first(
    tmp_path: Path, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    moments = iter((10.0, 30.0, 20.0, 20.0, 40.0, 50.0))  # a clock may be set back
    monkeypatch.setattr("core.jobs.store.time.time", lambda: next(moments, 100.0))
    store = RunStore(tmp_path)
    store.acquire()
    runs = [store.create(JobSpec("count", {"to": 1}, owner, "train")) for owner in ("ann", "bob") * 3]
    ann, bob = ([run for run in runs if run.owner == owner] for owner in ("ann", "bob"))
    in_order = [sorted(own, key=lambda run: (run.created, run.id), reverse=True) for own in (ann, bob)]
    assert [list(store.of(owner)) for owner in ("ann", "bob", "eve")] == [*in_order, []]
    store.save(replace(ann[0], state=State.DONE))
    store.delete(bob[1])
    in_order[0][-1] = replace(ann[0], state=State.DONE)
    in_order[1].remove(bob[1])
    assert [list(store.of(owner)) for owner in ("ann", "bob")] == in_order
    store.release()
    again = RunStore(tmp_path)
    again.acquire()
    assert [list(again.of(owner)) for owner in ("ann", "bob")] == in_order
    assert {run.id for run in again.all()} == {run.id for own in in_order for run in own}


def test_a_list_looks_at_no_run_of_others(service: JobService) -> None:
    """Ten thousand of them cost nothing."""

    looked_at: list[str] = []

    class Watched(dict[str, Run]):
        def __getitem__(self, run_id: str) -> Run:
            looked_at.append(run_id)
            return super().__getitem__(run_id)

        def values(self) -> Any:
            raise AssertionError("looks at every run")

    mine = [submit(service).id, submit(service).id]
    for number in range(20):
        submit(service, f"other-{number}")
    service._store._runs = Watched(service._store._runs)
    assert [run.id for run in service.list("ann")] == mine[::-1] == looked_at


@pytest.mark.parametrize("steps", [0, -1, 1.5, "1", True])
def test_steps_are_a_positive_number(service: JobService, steps: Any) -> None:
    assert refusal(service.resume, submit(service).id, "ann", steps) == "job_steps"


def test_a_second_server_only_looks_and_takes_over_later(
    tmp_path: Path, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.jobs.store._REREAD_AFTER", 0.0)
    monkeypatch.setattr("core.jobs.service._SLOW", 0.0)
    with (
        JobService(tmp_path, stage, entries=TEST_ENTRIES, poll=None) as first,
        JobService(tmp_path, Stage(), entries=TEST_ENTRIES, poll=None) as second,
    ):
        run = submit(first)
        with EventWriter(run.folder / "events.jsonl", 1) as events:
            events.write("step", step=1)
        assert second.read_only and not first.read_only
        assert second.list("ann") == (run,) and [event["step"] for event in second.events(run.id)] == [1]
        assert refusal(submit, second) == refusal(second.cancel, run.id, "ann") == "runs_read_only"
        second.tick()
        assert second.get(run.id).state == State.RUNNING
        first.close()
        second.tick()
        assert not second.read_only and second.get(run.id).state == State.INTERRUPTED
        assert second.resume(run.id, "ann").attempt == 2


def test_runs_are_numbered_by_owner_and_lane(service: JobService, stage: Stage) -> None:
    anns = [submit(service) for _ in range(2)]
    assert [run.number for run in anns] == [1, 2] and submit(service, "bob").number == 1
    assert service.submit(JobSpec("compute", {"to": 5}, "ann")).number == 1
    stage.end(anns[0].id, "done")
    service.tick()
    service.delete(anns[0].id, "ann")
    assert submit(service).number == 3
    assert disk.read_run(anns[1].folder).number == 2


def test_runs_of_an_earlier_version_get_numbers_that_stay(tmp_path: Path) -> None:
    with JobService(tmp_path, Stage(), entries=TEST_ENTRIES, poll=None) as service:
        old = [submit(service) for _ in range(3)]
    for run in old:
        spec = json.loads((run.folder / "spec.json").read_text())
        del spec["number"]
        (run.folder / "spec.json").write_text(json.dumps(spec))
    with JobService(tmp_path, Stage(), entries=TEST_ENTRIES, poll=None) as service:
        assert [service.get(run.id).number for run in old] == [1, 2, 3]
        service.delete(old[0].id, "ann")
    with JobService(tmp_path, Stage(), entries=TEST_ENTRIES, poll=None) as service:
        assert [service.get(run.id).number for run in old[1:]] == [2, 3]


def test_a_name_is_one_line_that_its_owner_gives(service: JobService, stage: Stage) -> None:
    run = submit(service)
    assert service.rename(run.id, "ann", " wide\nkernels\u202e\x00 ").name == "wide kernels"
    assert disk.read_run(run.folder).name == "wide kernels"
    stage.end(run.id, "done")
    service.tick()
    assert service.get(run.id).name == "wide kernels"
    assert refusal(service.rename, run.id, "ann", "x" * (LONGEST_NAME + 1)) == "run_name"
    assert refusal(service.rename, run.id, "bob", "mine") == "run_foreign"
    assert service.rename(run.id, "ann", "").name == ""


def test_a_restart_settles_what_was_under_way(tmp_path: Path, stage: Stage) -> None:
    with JobService(tmp_path, stage, entries=TEST_ENTRIES, poll=None) as service:
        ended, running = submit(service, "ann"), submit(service, "bob")
        queued = submit(service, "ann")
        stage.end(ended.id, "done")  # its worker said so, but no server was there to hear it
        stage.gone.clear()
    with JobService(tmp_path, Stage(), entries=TEST_ENTRIES, poll=None) as service:
        states = {run_id: service.get(run_id).state for run_id in (ended.id, running.id, queued.id)}
        assert states == {ended.id: "done", running.id: "interrupted", queued.id: "interrupted"}
        error = service.get(queued.id).error
        assert error is not None and error.key == "server_gone"


@pytest.mark.parametrize("closed", [True, False])
def test_a_stopped_server_names_the_step_from_which_a_run_goes_on(
    tmp_path: Path, stage: Stage, closed: bool
) -> None:
    """Closed in order, with the worker's last words, or killed together with the worker."""
    with JobService(tmp_path, stage, entries=TEST_ENTRIES, poll=None) as service:
        run = submit(service)
        with EventWriter(run.folder / "events.jsonl", 1) as events:
            for step in (800, 1600):
                events.write("checkpoint", step=step, file="a")
        if closed:
            stage.end(run.id, "interrupted")
            service.tick()
    with JobService(tmp_path, Stage(), entries=TEST_ENTRIES, poll=None) as service:
        error = service.get(run.id).error
        assert error is not None and error.key == "server_stopped"
        assert "step 1,600; Resume" in str(error) and "第 1,600 步" in error.sentence("zh")


def test_a_run_interrupted_without_a_reason_has_one(service: JobService) -> None:
    run = replace(submit(service), state=State.INTERRUPTED, reason=None)
    assert run.error is not None and run.error.key == "server_gone"


@pytest.mark.parametrize("name", ["spec.json", "state.json"])
@pytest.mark.parametrize(
    "content", [None, b"", b"\xff\xfe", b"[1]", b'{"owner": "ann"}', b'{"state": "damaged"}', b"[" * 100_000]
)
def test_a_damaged_run_is_listed_and_hides_no_other(
    tmp_path: Path, stage: Stage, name: str, content: bytes | None
) -> None:
    with JobService(tmp_path, stage, entries=TEST_ENTRIES, poll=None) as service:
        broken, whole = submit(service), submit(service)
    (broken.folder / name).unlink()
    if content is not None:
        (broken.folder / name).write_bytes(content)
    with JobService(tmp_path, stage, entries=TEST_ENTRIES, poll=None) as service:
        assert {run.id: run.state for run in service.list("ann")} == {
            broken.id: "damaged",
            whole.id: "interrupted",
        }
        assert refusal(service.resume, broken.id, "ann") == "run_damaged" and service.events(broken.id) == ()
        service.delete(broken.id, "ann")
        assert [run.id for run in service.list("ann")] == [whole.id]


def test_half_made_and_half_deleted_runs_are_cleared_away(tmp_path: Path, stage: Stage) -> None:
    for name in (
        ".new-20260101-000000-" + "0" * 20,
        ".gone-20260101-000000-" + "0" * 20,
        "somebody's folder",
    ):
        (tmp_path / name).mkdir()
    with JobService(tmp_path, stage, entries=TEST_ENTRIES, poll=None) as service:
        assert service.list("ann") == ()
    assert {path.name for path in tmp_path.iterdir()} - {".server.lock"} == {"somebody's folder"}


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path, stage: Stage) -> None:
    (tmp_path / "runs").write_text("a file where the folder should be")
    with JobService(tmp_path / "runs", stage, entries=TEST_ENTRIES, poll=None) as service:
        assert service.read_only and service.list("ann") == ()
        assert refusal(submit, service) == "runs_unwritable"


def test_a_full_disk_at_submit_leaves_nothing_behind(
    service: JobService, stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = submit(service)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", _full)
        assert refusal(submit, service, "bob") == "runs_unwritable"
        stage.end(run.id, "done")
        service.tick()
    assert service.list("bob") == () and service.get(run.id).state == State.DONE
    assert {path.name for path in (tmp_path / "runs").iterdir()} == {".server.lock", run.id}


def test_a_state_that_could_not_be_saved_is_saved_later(
    service: JobService, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.jobs.service._SLOW", 0.0)
    run = submit(service)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", _full)
        stage.end(run.id, "done")
        service.tick()
    assert json.loads((run.folder / "state.json").read_text())["state"] == "running"
    service._slow_at = 0.0
    service.tick()
    assert json.loads((run.folder / "state.json").read_text())["state"] == "done"


def test_a_run_deleted_by_hand_disturbs_nobody(service: JobService, stage: Stage) -> None:
    run, other = submit(service), submit(service, "bob")
    shutil.rmtree(run.folder)
    stage.end(other.id, "done")
    stage.gone.append(Exit(run.id, -9))
    service.tick()
    assert service.get(other.id).state == State.DONE and service.get(run.id).state == State.INTERRUPTED
    service.delete(run.id, "ann")


def test_every_reason_has_a_sentence_in_both_languages() -> None:
    keys = (
        "server_gone",
        "server_stopped",
        "run_busy",
        "worker_died",
        "worker_error",
        "diverged",
        "disk_full",
        "cannot_write",
        "out_of_memory",
        "worker_forced",
    )
    assert all(key in text.load(language, "errors") for key in keys for language in text.LANGUAGES)


def _full(_: int) -> None:
    raise OSError(28, "No space left on device")
