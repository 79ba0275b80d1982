"""core.transforms.speed and the job that runs it: the images that training gets, no process left behind."""

import multiprocessing
import os
import signal
from contextlib import closing
from pathlib import Path

import pytest
import torch

from core.errors import InputError
from core.files.locations import FOLDER
from core.jobs import JobService, JobSpec, LocalBackend, State
from core.transforms.pipeline import PRESETS, build
from core.transforms.speed import BATCH_SIZE, IN_MEMORY, SCATTER, WAYS, in_memory, loaded, measure, verdict
from tests.support.processes import alive, wait
from tests.support.sample_data import noise
from tests.transforms.test_trace import pil

forking = pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork.*:DeprecationWarning")  # newer Pythons
pytestmark = [pytest.mark.clock, forking]
IMAGES, LABELS = noise(2 * BATCH_SIZE + 9)


def test_each_way_is_measured_and_ends() -> None:
    # A pass ends by itself, however slow the machine; in memory they are repeated for the time given.
    speeds = [
        *measure(IMAGES, LABELS, seconds=60.0, ways=WAYS[:-1]),
        *measure(IMAGES, LABELS, 4.0, [IN_MEMORY]),
    ]
    ended = [speed for speed in speeds if speed.ended]
    assert [speed.workers for speed in ended] == list(WAYS)
    for speed in ended:
        batches = [row.images for row in speeds if row.workers == speed.workers and not row.ended]
        assert batches[:3] == [BATCH_SIZE, 2 * BATCH_SIZE, len(LABELS)]
        assert 0 < speed.first <= speed.seconds
        assert speed.images_per_second == speed.images / speed.seconds
        # One pass; the in-memory way repeats its passes.
        assert (speed.images == len(LABELS)) == (speed.workers != IN_MEMORY)
    assert not multiprocessing.active_children()


def test_a_verdict_goes_beyond_the_scatter() -> None:
    """The same way measured twice on one machine: 3,124 and 2,779 images/s."""
    assert verdict(3124 / 2779) == verdict(2779 / 3124) == verdict(1) == verdict(SCATTER) == "even"
    assert verdict(1.4) == "help" and verdict(0.7) == "no_help"


def test_both_sides_make_the_same_batches() -> None:
    transform = build(PRESETS["tutorial"])
    expected = {round(float(transform(pil(image)).double().sum()), 1) for image in IMAGES}
    sides = [loaded(IMAGES, LABELS, 0), in_memory(IMAGES, LABELS)]
    for side in sides:
        with closing(side):
            batches = [next(side) for _ in range(3)]
        assert [(tuple(batch.shape), batch.dtype) for batch in batches] == [
            ((n, 3, 32, 32), torch.float32) for n in (64, 64, 9)
        ]
        found = {round(float(image.double().sum()), 1) for batch in batches for image in batch}
        assert max(min(abs(total - other) for other in expected) for total in found) < 0.2
        assert len(found) == len(expected)


def test_the_time_is_bounded_and_workers_end_with_the_generator() -> None:
    (only,) = [speed for speed in measure(IMAGES, LABELS, seconds=0.0, ways=[0]) if speed.ended]
    assert only.images == BATCH_SIZE
    running = measure(IMAGES, LABELS, ways=[2])
    next(running)
    children = [child.pid for child in multiprocessing.active_children()]
    assert len(children) == 2
    running.close()  # type: ignore[attr-defined]
    assert not any(alive(pid) for pid in children if pid)


def test_no_images_no_speed() -> None:
    assert list(measure(IMAGES[:0], LABELS[:0], ways=[IN_MEMORY])) == []


@pytest.mark.parametrize(
    "params", [{}, {"root_dir": ""}, {"root_dir": 5}, {"root_dir": "x\0"}, {"root_dir": "x", "more": 1}]
)
def test_the_job_checks_its_parameters(tmp_path: Path, params: dict[str, object]) -> None:
    with JobService(tmp_path, LocalBackend(spares=0), poll=None) as service, pytest.raises(InputError):
        service.submit(JobSpec("loader-speed", params, "ann"))


def loaders_of(pid: int) -> set[int]:
    """DataLoader's own processes among the children of a process, by the name that torch gives them."""
    children = _read(f"/proc/{pid}/task/{pid}/children").split()
    return {int(child) for child in children if _read(f"/proc/{child}/comm").strip() == "pt_data_worker"}


def _read(path: str) -> str:
    """Text of a file of /proc; empty once its process has ended."""
    try:
        return Path(path).read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def test_the_job_reports_every_way_and_can_be_stopped_or_killed(tmp_path: Path, small_sketches: Path) -> None:
    """Three runs: to the end, stopped, and killed while DataLoader's own processes are at work."""
    spec = JobSpec("loader-speed", {"root_dir": str(small_sketches / FOLDER)}, "ann")
    backend = LocalBackend(spares=0)
    with JobService(tmp_path, backend, poll=0.02) as service:
        run = service.submit(spec)
        workers: set[int] = set()

        def seen() -> bool:
            if run.id in backend.pids:
                workers.update(loaders_of(backend.pids[run.id]))
            return service.get(run.id).state not in ("queued", "running")

        wait(seen, 90)
        assert service.get(run.id).state == State.DONE, service.get(run.id).error
        ended = [event for event in service.events(run.id) if event["type"] == "speed" and event["ended"]]
        assert [event["workers"] for event in ended] == list(WAYS)
        # The training split of the small sketches.
        assert [event["images"] for event in ended[:3]] == [900] * 3
        assert len(workers) == 3 and not any(map(alive, workers))

        run = service.submit(spec)
        wait(lambda: any(event["type"] == "speed" for event in service.events(run.id)), 60)
        service.cancel(run.id, "ann")
        wait(lambda: service.get(run.id).state == State.CANCELLED)

        run = service.submit(spec)
        wait(lambda: run.id in backend.pids and loaders_of(backend.pids[run.id]), 60)
        job, orphans = backend.pids[run.id], loaders_of(backend.pids[run.id])
        os.kill(job, signal.SIGKILL)
        wait(lambda: service.get(run.id).state == State.INTERRUPTED)
        wait(lambda: not any(map(alive, orphans)))
