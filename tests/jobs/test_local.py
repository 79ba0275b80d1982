"""The worker of a paused run that stays for the next attempt: when it does, and when it has to go."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.jobs import JobService, JobSpec, LocalBackend, Run, State
from tests.support.job_tasks import TEST_ENTRIES
from tests.support.processes import alive, wait

pytestmark = pytest.mark.clock


@pytest.fixture
def backend() -> LocalBackend:
    return LocalBackend({"train": 2, "compute": 1}, spares=0)


@pytest.fixture
def service(tmp_path: Path, backend: LocalBackend) -> Iterator[JobService]:
    with JobService(tmp_path / "runs", backend, entries=TEST_ENTRIES, poll=0.02) as service:
        yield service


def submit(service: JobService, entry: str = "count", owner: str = "ann", to: int = 100_000) -> Run:
    return service.submit(JobSpec(entry, {"to": to}, owner))


def paused(service: JobService, entry: str = "count", owner: str = "ann") -> Run:
    """A run that has counted a little and is paused."""
    run = submit(service, entry, owner)
    wait(lambda: counted(service, run))
    service.pause(run.id, owner)
    return settled(service, run)


def settled(service: JobService, run: Run) -> Run:
    wait(lambda: not service.get(run.id).active)
    return service.get(run.id)


def stepped(service: JobService, run: Run) -> Run:
    """Take one step, which must follow the last one."""
    before = counted(service, run)
    service.step(run.id, run.owner)
    after = settled(service, run)
    assert after.state == State.PAUSED
    assert counted(service, run) == [*before, len(before) + 1]
    return after


def counted(service: JobService, run: Run) -> list[int]:
    return [event["step"] for event in service.events(run.id) if event["type"] == "step"]


def warm(service: JobService, run: Run) -> list[bool]:
    """For each attempt, whether it went on from memory."""
    return [event["warm"] for event in service.events(run.id) if event["type"] == "attempt"]


def test_the_next_attempts_are_its_own(service: JobService, backend: LocalBackend) -> None:
    run = paused(service)
    pid = backend.pids[run.id]
    stepped(service, run)
    stepped(service, run)
    service.resume(run.id, "ann")
    wait(lambda: len(counted(service, run)) > 20)
    assert backend.pids == {run.id: pid}
    service.cancel(run.id, "ann")
    assert settled(service, run).state == State.CANCELLED
    wait(lambda: not alive(pid))
    assert warm(service, run) == [False, True, True, True]
    steps = counted(service, run)
    assert steps == list(range(1, len(steps) + 1))


def test_many_steps_leave_no_thread_and_no_file_open(service: JobService, backend: LocalBackend) -> None:
    run = paused(service)
    process = Path(f"/proc/{backend.pids[run.id]}")

    def load() -> tuple[int, int]:
        return len(list((process / "task").iterdir())), len(list((process / "fd").iterdir()))

    stepped(service, run)
    before = load()
    for _ in range(5):
        stepped(service, run)
    assert load() == before


def test_it_is_preferred_to_the_spare(tmp_path: Path) -> None:
    backend = LocalBackend(spares=1)
    with JobService(tmp_path, backend, entries=TEST_ENTRIES, poll=0.02) as service:
        run = paused(service, "count-warm")
        service.warm_up()
        before = backend.pids
        assert len(before) == 2
        stepped(service, run)
        assert backend.pids == before


def test_it_holds_no_slot_and_goes_when_its_place_is_wanted(
    service: JobService, backend: LocalBackend
) -> None:
    first, second = paused(service, owner="ann"), paused(service, owner="bob")
    pids = dict(backend.pids)
    assert set(pids) == {first.id, second.id}
    others = [submit(service, owner="cat"), submit(service, owner="dan")]
    assert [service.get(run.id).state for run in others] == [State.RUNNING] * 2
    assert not alive(pids[first.id]) and alive(pids[second.id])  # three lanes, two of them taken
    submit(service, "compute")
    assert not alive(pids[second.id])
    service.cancel(others[0].id, "cat")
    settled(service, others[0])
    stepped(service, first)
    assert warm(service, first) == [False, False]


def test_there_are_only_so_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.jobs.local._MOST_STAYING", 2)
    backend = LocalBackend({"train": 9}, spares=0)
    with JobService(tmp_path, backend, entries=TEST_ENTRIES, poll=0.02) as service:
        runs = [paused(service, owner=owner) for owner in ("ann", "bob", "cat")]
        wait(lambda: set(backend.pids) == {run.id for run in runs[1:]})


def test_it_goes_after_a_while(
    service: JobService, backend: LocalBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.jobs.local._STAY", 0.1)
    run = paused(service)
    wait(lambda: not backend.pids)
    stepped(service, run)
    assert warm(service, run) == [False, False]


@pytest.mark.parametrize("end", [JobService.cancel, JobService.delete])
def test_it_goes_when_its_run_is_cancelled_or_deleted(
    service: JobService, backend: LocalBackend, end: Callable[..., object]
) -> None:
    run = paused(service)
    pid = backend.pids[run.id]
    end(service, run.id, "ann")
    assert not alive(pid) and not backend.pids
    assert [kept.state for kept in service.list("ann")] in ([], [State.CANCELLED])


def test_two_presses_are_one_step(service: JobService) -> None:
    run = paused(service)
    before = counted(service, run)
    with service._lock:  # the first step doesn't end before the second press
        service.step(run.id, "ann")
        assert service.step(run.id, "ann").asked == "step"
    assert settled(service, run).attempt == 2
    assert counted(service, run) == [*before, len(before) + 1]


@pytest.mark.parametrize(
    ("order", "state"),
    [
        (JobService.step, State.PAUSED),
        (JobService.pause, State.PAUSED),
        (JobService.cancel, State.CANCELLED),
    ],
)
def test_an_order_between_the_end_of_a_step_and_its_notice(
    tmp_path: Path, backend: LocalBackend, order: Callable[..., object], state: State
) -> None:
    with JobService(tmp_path, backend, entries=TEST_ENTRIES, poll=None) as service:
        run = submit(service)
        wait(lambda: counted(service, run))
        service.pause(run.id, "ann")
        child = backend._workers[run.id]
        wait(lambda: child.stays)
        service.tick()
        before = counted(service, run)
        service.step(run.id, "ann")
        wait(lambda: child.stays)
        assert service.get(run.id).state == State.RUNNING
        order(service, run.id, "ann")
        service.tick()
        assert service.get(run.id).state == state
        assert counted(service, run) == [*before, len(before) + 1]
        assert alive(child.pid) == (state == State.PAUSED)
        if state == State.PAUSED:  # the late order has no effect on the next attempt
            service.resume(run.id, "ann")
            wait(lambda: len(counted(service, run)) > len(before) + 5)


def test_paused_while_it_starts(service: JobService, backend: LocalBackend) -> None:
    run = submit(service)
    service.pause(run.id, "ann")
    assert settled(service, run).state == State.PAUSED
    stepped(service, run)
    service.resume(run.id, "ann")
    service.pause(run.id, "ann")
    assert settled(service, run).state == State.PAUSED
    stepped(service, run)
    assert warm(service, run) == [False, True, True, True]


@pytest.mark.parametrize("soon", [True, False])
def test_killed_it_is_replaced_unseen(service: JobService, backend: LocalBackend, soon: bool) -> None:
    run = paused(service)
    pid = backend.pids[run.id]
    os.kill(pid, signal.SIGKILL)
    if not soon:
        wait(lambda: not backend.pids)
    stepped(service, run)
    assert backend.pids[run.id] != pid and warm(service, run) == [False, False]
    os.kill(backend.pids[run.id], signal.SIGKILL)
    wait(lambda: not backend.pids)  # nobody waits for it
    assert service.get(run.id).state == State.PAUSED


def test_killed_with_a_command_it_never_read_it_is_replaced_too(
    service: JobService, backend: LocalBackend
) -> None:
    run = paused(service)
    pid, before = backend.pids[run.id], counted(service, run)
    os.kill(pid, signal.SIGSTOP)
    service.step(run.id, "ann")
    os.kill(pid, signal.SIGKILL)
    assert settled(service, run).state == State.PAUSED
    assert counted(service, run) == [*before, len(before) + 1]
    assert warm(service, run) == [False, False]


def test_killed_by_its_server_it_is_not_replaced(
    service: JobService, backend: LocalBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.jobs.limits.deadlines.GRACE", {"pause": 15.0, "cancel": 0.1})
    run = paused(service)
    os.kill(backend.pids[run.id], signal.SIGSTOP)
    service.step(run.id, "ann")
    service.cancel(run.id, "ann")
    assert settled(service, run).state == State.CANCELLED
    assert not backend.pids and warm(service, run) == [False]


def test_on_a_full_disk_it_ends_and_memory_is_worth_nothing(
    service: JobService, backend: LocalBackend
) -> None:
    run = paused(service, "fill")
    before, pid = counted(service, run), backend.pids[run.id]
    service.step(run.id, "ann")
    ended = settled(service, run)
    assert ended.state == State.INTERRUPTED and ended.error is not None and ended.error.key == "disk_full"
    assert not alive(pid) and not backend.pids
    stepped(service, run)
    assert counted(service, run) == [*before, len(before) + 1]
    assert warm(service, run) == [False, False]


def test_it_goes_with_its_server(tmp_path: Path) -> None:
    arguments = [sys.executable, "-m", "tests.support.job_server"]
    arguments += [str(tmp_path), "count", '{"to": 100000}', "paused"]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        started = json.loads(server.stdout.readline())
        assert alive(started["worker"])
        server.kill()
    assert wait(lambda: not alive(started["worker"])) < 6.0  # by design at once
    with JobService(tmp_path, LocalBackend(spares=0), entries=TEST_ENTRIES, poll=0.02) as service:
        run = service.get(started["run"])
        assert run.state == State.PAUSED
        stepped(service, run)


def test_it_goes_when_its_server_closes(tmp_path: Path) -> None:
    backend = LocalBackend(spares=0)
    with JobService(tmp_path, backend, entries=TEST_ENTRIES, poll=0.02) as service:
        run = paused(service)
        pid = backend.pids[run.id]
    assert not alive(pid) and not backend.pids
