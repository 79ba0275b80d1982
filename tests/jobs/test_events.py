"""events.jsonl: torn, damaged, resumed and shared."""

import threading
from pathlib import Path

import pytest

from core.jobs.events import EventLog, EventLogs, EventWriter, end_of


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "events.jsonl"


def steps(log: EventLog) -> list[int]:
    return [event["step"] for event in log.read() if event["type"] == "step"]


def test_what_is_written_is_read_once_and_incrementally(path: Path) -> None:
    log = EventLog(path)
    assert log.read() == ()
    with EventWriter(path, 1) as events:
        events.write("step", step=1, loss=2.5)
        first = log.read()
        assert log.read() is first  # nothing new, nothing parsed
        wrong = (1.0, float("nan"))
        events.write("step", step=2, loss=float("nan"), gradient_norms={"conv1": float("inf")}, after=wrong)
    last = log.read()[-1]
    assert [event["seq"] for event in log.read()] == [1, 2]
    assert last["loss"] is None and last["gradient_norms"] == {"conv1": None} and last["after"] == [1.0, None]


def test_a_torn_line_waits_for_its_end(path: Path) -> None:
    log = EventLog(path)
    path.write_bytes(b'{"type": "step", "step": 1}\n{"type": "st')
    assert steps(log) == [1]
    with path.open("ab") as file:
        file.write(b'ep", "step": 2}\n')
    assert steps(log) == [1, 2]


def test_a_new_attempt_starts_on_a_fresh_line_and_counts_on(path: Path) -> None:
    path.write_bytes(b'{"type": "step", "step": 1, "seq": 7}\n{"type": "st')
    with EventWriter(path, 2) as events:
        events.write("attempt", step=1)
    log = EventLog(path)
    assert [(event["type"], event["seq"]) for event in log.read()] == [("step", 7), ("attempt", 8)]


@pytest.mark.parametrize(
    "line",
    [b"", b"null", b"[1]", b"{}", b'{"type": 1}', b'{"type": "step", "step": "x"}', b"\xff", b"[" * 100_000],
)
def test_a_line_that_makes_no_sense_is_skipped(path: Path, line: bytes) -> None:
    path.write_bytes(line + b'\n{"type": "step", "step": 1}\n')
    assert steps(EventLog(path)) == [1]


def test_a_resumed_run_repeats_nothing(path: Path) -> None:
    with EventWriter(path, 1) as events:
        for step in (1, 2, 3, 4):
            events.write("step", step=step)
        for step in (0, 2, 4):
            events.write("kernels", step=step)
        events.write("epoch", step=4, epoch=1)
        events.write("confusion", epoch=1)
        events.write("end", outcome="interrupted")
    log = EventLog(path)
    assert end_of(log.read(), 1) is not None
    with EventWriter(path, 2) as events:
        events.write("attempt", step=2, epoch=0)
        events.write("step", step=3)
    assert steps(log) == steps(EventLog(path)) == [1, 2, 3]
    types = [event["type"] for event in log.read()]
    assert types == ["step", "step", "kernels", "kernels", "attempt", "step"]
    assert end_of(log.read(), 2) is None


def test_an_epoch_that_was_not_yet_judged_is_judged_again(path: Path) -> None:
    with EventWriter(path, 1) as events:
        events.write("step", step=4)
        events.write("epoch", step=4, epoch=1)
    with EventWriter(path, 2) as events:
        events.write("attempt", step=4, epoch=0)
        events.write("epoch", step=4, epoch=1)
    assert [event["type"] for event in EventLog(path).read()] == ["step", "attempt", "epoch"]


def test_lines_that_are_no_events_are_counted(path: Path) -> None:
    path.write_bytes(
        b'{"type": "step", "step": 1}\n{"type": "st\n\n\xff\n[]\n{"type": "step", "step": 2}\n{"ty'
    )
    log = EventLog(path)
    assert steps(log) == [1, 2]
    assert log.damaged == 3  # neither the empty line nor the unfinished last one


def test_of_a_log_grown_beyond_measure_only_the_beginning_is_read(path: Path) -> None:
    line = b'{"type": "step", "step": 1, "more": "' + 10_000 * b"x" + b'"}\n'
    path.write_bytes(line * (9 * 2**20 // len(line)))
    log = EventLog(path)
    assert 0 < len(log.read()) <= 8 * 2**20 // len(line)
    assert log.read() is log.read()


def test_a_log_that_was_replaced_is_read_anew(path: Path) -> None:
    log = EventLog(path)
    path.write_bytes(b'{"type": "step", "step": 1}\n{"type": "step", "step": 2}\n')
    assert steps(log) == [1, 2]
    path.write_bytes(b'{"type": "step", "step": 9}\n')
    assert steps(log) == [9]
    path.unlink()
    assert log.read() == ()


def test_viewers_share_a_bounded_number_of_logs(tmp_path: Path) -> None:
    logs = EventLogs(limit=2)
    first = logs[tmp_path / "1"]
    assert logs[tmp_path / "1"] is first
    for name in "234":
        logs[tmp_path / name]
    assert len(logs) == 2 and logs[tmp_path / "1"] is not first


@pytest.mark.clock
def test_readers_and_a_writer_at_once(path: Path) -> None:
    log = EventLog(path)
    seen: list[bool] = []

    def read() -> None:
        while len(found := steps(log)) < 300:
            seen.append(found == list(range(1, len(found) + 1)))

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    with EventWriter(path, 1) as events:
        for step in range(1, 301):
            events.write("step", step=step)
    for reader in readers:
        reader.join()
    assert all(seen) and steps(log) == list(range(1, 301))
