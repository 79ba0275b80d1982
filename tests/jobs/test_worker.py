"""Real worker processes, started, stopped, killed, orphaned, with the tasks of tests/support/job_tasks.py."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.errors import InputError
from core.jobs import JobService, JobSpec, LocalBackend, Run, State
from core.jobs.ending import reason_of
from tests.support.job_tasks import TEST_ENTRIES
from tests.support.processes import alive, wait

pytestmark = pytest.mark.clock


@pytest.fixture
def backend() -> LocalBackend:
    return LocalBackend({"train": 4, "compute": 1}, spares=0)


@pytest.fixture
def service(tmp_path: Path, backend: LocalBackend) -> Iterator[JobService]:
    with JobService(tmp_path / "runs", backend, entries=TEST_ENTRIES, poll=0.02) as service:
        yield service


def submit(service: JobService, entry: str, owner: str = "ann", **params: Any) -> Run:
    return service.submit(JobSpec(entry, params, owner))


def counted(service: JobService, run: Run) -> list[int]:
    return [event["step"] for event in service.events(run.id) if event["type"] == "step"]


def ended(service: JobService, run: Run) -> Run:
    wait(lambda: service.get(run.id).state not in ("queued", "running"))
    return service.get(run.id)


def test_a_job_is_done(service: JobService) -> None:
    run = submit(service, "count", to=5)
    assert ended(service, run).state == State.DONE
    assert counted(service, run) == [1, 2, 3, 4, 5]
    assert [event["type"] for event in service.events(run.id)][-1] == "end"


def test_pause_resume_step_and_stop(service: JobService) -> None:
    run = submit(service, "count", to=100_000)
    wait(lambda: counted(service, run))
    service.pause(run.id, "ann")
    assert ended(service, run).state == State.PAUSED
    here = counted(service, run)[-1]
    service.step(run.id, "ann")
    assert ended(service, run).state == State.PAUSED
    assert counted(service, run) == list(range(1, here + 2))
    service.resume(run.id, "ann")
    wait(lambda: len(counted(service, run)) > here + 3)
    began = time.monotonic()
    service.cancel(run.id, "ann")
    assert ended(service, run).state == State.CANCELLED
    assert time.monotonic() - began < 3.0  # it is told to, and obeys, within some hundredths
    steps = counted(service, run)
    assert steps == list(range(1, len(steps) + 1)) and service.get(run.id).attempt == 3


def test_a_deaf_worker_is_killed(
    service: JobService, backend: LocalBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.jobs.limits.deadlines.GRACE", {"cancel": 0.2})
    run = submit(service, "hang")
    wait(lambda: service.events(run.id))
    pid = backend.pids[run.id]
    service.cancel(run.id, "ann")
    assert ended(service, run).state == State.CANCELLED and not alive(pid)


def test_a_killed_worker_is_noticed_and_harms_no_other(service: JobService, backend: LocalBackend) -> None:
    victim, other = submit(service, "count", "ann", to=100_000), submit(service, "count", "bob", to=100)
    wait(lambda: counted(service, victim) and counted(service, other))
    os.kill(backend.pids[victim.id], signal.SIGKILL)
    wait(lambda: service.get(victim.id).state == State.INTERRUPTED, patience=2.0)
    assert service.get(victim.id).reason == {"key": "worker_died", "values": {"code": -9}}
    assert ended(service, other).state == State.DONE and counted(service, other) == list(range(1, 101))
    service.resume(victim.id, "ann")
    wait(lambda: service.get(victim.id).state == State.RUNNING and len(counted(service, victim)) > 3)
    steps = counted(service, victim)
    assert steps == list(range(1, len(steps) + 1))


@pytest.mark.parametrize(
    ("how", "state", "key"),
    [
        ("input", "failed", "diverged"),
        ("error", "failed", "worker_error"),
        ("full", "interrupted", "disk_full"),
        ("denied", "interrupted", "cannot_write"),
        ("exit", "interrupted", "worker_died"),
    ],
)
def test_a_failure_says_why(service: JobService, how: str, state: str, key: str) -> None:
    run = ended(service, submit(service, "fail", how=how))
    assert run.state == state
    assert run.error is not None and run.error.key == key and "{" not in run.error.sentence("zh")
    assert "about to fail" in (run.folder / "log").read_text() or how == "exit"
    if key == "worker_error":
        assert run.error.values == {"error": "RuntimeError: first line"}
        assert "second line" in (run.folder / "log").read_text()


def test_names_in_a_reason_stay_a_list(service: JobService) -> None:
    error = InputError("archive_incomplete", archive="cifar.tar.gz", missing=("data_batch_1", "test_batch"))
    run = ended(service, submit(service, "fail", how="input"))
    read = replace(run, reason=json.loads(json.dumps(reason_of(error, run.folder)))).error
    assert read is not None and (read.key, read.values) == (error.key, error.values)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits a worker's memory")
def test_a_worker_takes_no_more_memory_than_it_may(tmp_path: Path) -> None:
    backend = LocalBackend({"train": 2}, spares=0, memory=1200)
    with JobService(tmp_path, backend, entries=TEST_ENTRIES, poll=0.02) as service:
        much, little = (service.submit(JobSpec("hog", {"mb": mb}, f"for-{mb}")) for mb in (1500, 100))
        wait(lambda: not any(service.get(run.id).active for run in (much, little)))
        assert service.get(little.id).state == State.DONE
        assert service.get(much.id).state == State.INTERRUPTED
        error = service.get(much.id).error
        assert error is not None and error.key == "out_of_memory"
        (step,) = (event for event in service.events(little.id) if event["type"] == "step")
        assert int(step["score"]) == 500


def test_a_chatterbox_fills_no_disk(service: JobService, monkeypatch: pytest.MonkeyPatch) -> None:
    run = ended(service, submit(service, "chatter"))
    assert run.state == State.DONE and (run.folder / "log").stat().st_size < 3_000_000  # it printed 4 MB


def test_no_worker_can_be_started(service: JobService, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    with monkeypatch.context() as patch:
        patch.setattr(subprocess, "Popen", refuse)
        run = submit(service, "count", to=3)
    assert run.state == State.INTERRUPTED and run.error is not None and run.error.key == "worker_error"
    service.resume(run.id, "ann")
    assert ended(service, run).state == State.DONE


def test_closing_the_server_stops_its_workers_gently(tmp_path: Path) -> None:
    backend = LocalBackend(spares=0)
    with JobService(tmp_path, backend, entries=TEST_ENTRIES, poll=0.02) as service:
        run = submit(service, "count", to=100_000)
        wait(lambda: counted(service, run))
        pid = backend.pids[run.id]
    assert not alive(pid)
    with JobService(tmp_path, backend, entries=TEST_ENTRIES, poll=None) as service:
        assert service.get(run.id).state == State.INTERRUPTED
        assert int((run.folder / "count").read_text()) == counted(service, run)[-1]


@pytest.mark.parametrize(("entry", "params"), [("count", '{"to": 100000}'), ("hang", "{}")])
def test_a_worker_whose_server_was_killed_is_soon_gone(tmp_path: Path, entry: str, params: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "tests.support.job_server", tmp_path, entry, params], stdout=subprocess.PIPE
    ) as server:
        assert server.stdout is not None
        started = json.loads(server.stdout.readline())
        folder = tmp_path / started["run"]
        wait(
            lambda: (
                (folder / "events.jsonl").exists() and b"attempt" in (folder / "events.jsonl").read_bytes()
            )
        )
        server.kill()
    assert wait(lambda: not alive(started["worker"])) < 6.0  # by design after 2 s at the latest
    with JobService(tmp_path, LocalBackend(spares=0), entries=TEST_ENTRIES, poll=0.02) as service:
        assert {service.get(started[name]).state for name in ("run", "waiting")} == {State.INTERRUPTED}
        if entry == "count":
            service.resume(started["run"], "ann")
            wait(
                lambda: (
                    service.get(started["run"]).state == State.RUNNING
                    and service.events(started["run"])[-1]["attempt"] == 2
                )
            )


def test_a_new_attempt_waits_for_an_orphan(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "tests.support.job_server", tmp_path, "hang", "{}"], stdout=subprocess.PIPE
    ) as server:
        assert server.stdout is not None
        started = json.loads(server.stdout.readline())
        events = tmp_path / started["run"] / "events.jsonl"
        wait(lambda: events.exists() and b"attempt" in events.read_bytes())
        server.kill()
    assert alive(started["worker"])
    with JobService(tmp_path, LocalBackend(spares=0), entries=TEST_ENTRIES, poll=0.02) as service:
        service.resume(started["run"], "ann")
        wait(lambda: service.events(started["run"])[-1]["attempt"] == 2)
        assert not alive(started["worker"])


def test_a_spare_goes_with_its_server() -> None:
    code = (
        "from core.jobs import LocalBackend; b = LocalBackend(spares=1); b.warm_up(); "
        "print(b.pids[''], flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as server:
        assert server.stdout is not None
        spare = int(server.stdout.readline())
        time.sleep(0.5)  # it is importing torch by now
        server.kill()
    assert wait(lambda: not alive(spare)) < 6.0


def test_the_spare_takes_the_job_and_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.jobs.local._RESPAWN_AFTER", 0.2)
    backend = LocalBackend(spares=1)
    with JobService(tmp_path, backend, entries=TEST_ENTRIES, poll=0.02) as service:
        assert backend.pids == {}  # nothing is started before the first page is painted
        service.warm_up()
        service.warm_up()
        spare = backend.pids[""]
        run = submit(service, "count-warm", to=3)
        assert backend.pids[run.id] == spare
        assert ended(service, run).state == State.DONE
        wait(lambda: "" in backend.pids)
        assert backend.pids[""] != spare


def test_a_dead_spare_costs_nothing(tmp_path: Path) -> None:
    backend = LocalBackend(spares=1)
    with JobService(tmp_path, backend, entries=TEST_ENTRIES, poll=0.02) as service:
        service.warm_up()
        os.kill(backend.pids[""], signal.SIGKILL)
        wait(lambda: not alive(backend.pids[""]))
        assert ended(service, submit(service, "count-warm", to=3)).state == State.DONE


def test_no_spare_when_the_environment_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LENET_LAB_SPARES", "0")
    backend = LocalBackend()
    backend.warm_up()
    assert backend.pids == {} and backend.capacity("train") >= 1 and backend.capacity("nonsense") == 0


def test_a_worker_has_one_thread(service: JobService, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    run = ended(service, submit(service, "threads"))
    assert [event["threads"] for event in service.events(run.id) if event["type"] == "step"] == [1]


def test_errors_cross_the_process_whole(service: JobService) -> None:
    error = ended(service, submit(service, "fail", how="input")).error
    assert isinstance(error, InputError) and error.values == {"step": 7}
