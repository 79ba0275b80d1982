"""The training task: what it reports and keeps, and that nothing changes its bits."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch

from core.dataset import sketches, splits
from core.dataset.splits import SPLIT_SEED
from core.errors import InputError
from core.evaluation import evaluate
from core.files import locations
from core.files.epochs import epoch_file
from core.inside.filters import colour_images
from core.jobs import Event, EventLog, JobService, JobSpec, LocalBackend, State
from core.jobs.events import EventWriter
from core.jobs.history import Kernels, history
from core.jobs.tasks.train import train
from core.jobs.worker.follow import StoppedError
from core.jobs.worker.job import Job, Memory
from core.progress import Progress
from core.training import checkpoints
from core.training.config import TrainConfig
from core.training.run import Training
from core.training.snapshots import Snapshots, kept_epochs, run_checkpoints
from tests.support.processes import alive, wait
from tests.support.sample_data import same

pytestmark = pytest.mark.clock

CONFIG = TrainConfig(
    epochs=3, batch_size=16, optimizer="nesterov", lr=0.02, schedule="one-cycle", flip=True, crop=2, seed=3
)


# Kernels that LeNet hasn't, numbers that change without a gradient, and draws of its own.
OWN = (
    "Conv2d(3,8,3,stride=2),BatchNorm2d(8),ReLU(),MaxPool2d(2),Flatten(),"
    "Linear(392,20),Dropout(0.3),ReLU(),Linear(20,10)"
)


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    for _ in sketches.write(folder, train_size=500, test_size=100):
        pass
    return folder / "cifar-10-batches-py"


@dataclass
class Script:
    """An order that comes once a run has reached a step; stands in for core.jobs.worker.orders.Orders."""

    path: Path
    order: str | None = None
    after: int = 0

    @property
    def wanted(self) -> str | None:
        steps = [event["step"] for event in EventLog(self.path).read() if event["type"] == "step"]
        return self.order if self.order and max(steps, default=0) >= self.after else None


def attempt(
    folder: Path,
    data: Path,
    number: int = 1,
    *,
    config: TrainConfig = CONFIG,
    steps: int | None = None,
    order: str | None = None,
    after: int = 0,
    memory: Memory | None = None,
) -> State:
    """One attempt in this process, from `memory` where that holds the run."""
    params = {"config": config.to_json(), "data_set": "sketches", "root_dir": str(data)}
    script: Any = Script(folder / "events.jsonl", order, after)
    with EventWriter(folder / "events.jsonl", number) as events:
        return train(Job(folder, params, number, steps, events, script, memory or Memory()))


@pytest.fixture
def drawing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Generator[Progress, None, None]]:
    """Somebody who has begun to draw the sketches of an empty machine."""
    monkeypatch.setenv("LENET_LAB_CACHE", str(tmp_path / "cache"))
    writing = sketches.write(locations.parent("sketches"), 500, 100)
    next(writing)
    yield writing
    writing.close()


def test_a_training_waits_for_the_images_that_are_being_drawn(
    tmp_path: Path, data: Path, drawing: Generator[Progress, None, None]
) -> None:
    root, folder = locations.promised("sketches"), tmp_path / "waits"
    assert root is not None and not root.exists()
    folder.mkdir()
    one_epoch = replace(CONFIG, epochs=1)
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(attempt, folder, root, config=one_epoch)
        wait(lambda: events_of(folder, "progress"))
        assert not events_of(folder, "attempt")
        assert {event["stage"] for event in events_of(folder, "progress")} == {"wait"}
        list(drawing)
        assert waiting.result() == State.DONE
    (tmp_path / "ready").mkdir()
    attempt(tmp_path / "ready", data, config=one_epoch)  # the same images, there from the start
    here, there = weights_of(folder, one_epoch), weights_of(tmp_path / "ready", one_epoch)
    assert all(here[name].equal(there[name]) for name in here)


def test_a_training_that_waits_for_images_can_be_stopped(
    tmp_path: Path, drawing: Generator[Progress, None, None]
) -> None:
    root = locations.promised("sketches")
    assert root is not None
    with pytest.raises(StoppedError):
        attempt(tmp_path, root, order="cancel")
    assert not root.exists()


def test_a_training_draws_the_images_that_nobody_draws(
    tmp_path: Path, drawing: Generator[Progress, None, None], monkeypatch: pytest.MonkeyPatch
) -> None:
    drawing.close()
    monkeypatch.setattr(sketches, "write", partial(sketches.write, train_size=500, test_size=100))
    root = locations.promised("sketches")
    assert root is not None
    assert attempt(tmp_path, root, config=replace(CONFIG, epochs=1)) == State.DONE
    assert locations.locate("sketches") == root


def events_of(folder: Path, kind: str) -> list[Event]:
    return [event for event in EventLog(folder / "events.jsonl").read() if event["type"] == kind]


def weights_of(folder: Path, config: TrainConfig = CONFIG) -> dict[str, torch.Tensor]:
    saved = Snapshots(folder, config, "sketches").newest()
    assert saved is not None and saved.state.epochs_judged == config.epochs
    return saved.state.model


def uninterrupted(data: Path, config: TrainConfig = CONFIG) -> Training:
    training = Training(config, splits(data, SPLIT_SEED))
    for _ in training:
        pass
    return training


def test_a_whole_run_reports_every_step_and_epoch(tmp_path: Path, data: Path) -> None:
    assert attempt(tmp_path, data) == State.DONE
    training = uninterrupted(data)
    steps, epochs = events_of(tmp_path, "step"), events_of(tmp_path, "epoch")
    assert [event["step"] for event in steps] == list(range(1, training.total_steps + 1))
    assert [event["epoch"] for event in epochs] == [1, 2, 3]
    assert all(
        event["images_per_second"] > 0 and event["elapsed"] > 0 and event["seconds"] > 0 for event in epochs
    )
    assert events_of(tmp_path, "attempt")[0]["total_steps"] == training.total_steps
    assert same(weights_of(tmp_path), training.model.state_dict())
    names = sorted(path.name for path in (tmp_path / "weights").glob("*.safetensors"))
    assert names == [f"epoch-000{epoch}.safetensors" for epoch in range(4)]
    last = checkpoints.load_weights(tmp_path / "weights" / names[-1])
    assert last.metrics["validation_accuracy"] == epochs[-1]["validation_accuracy"] and last.epoch == 3
    assert same(last.state_dict, training.model.state_dict())


@pytest.mark.parametrize(
    ("order", "memory"),
    [
        ("pause", None),
        ("step", None),
        ("cancel", None),
        ("orphan", None),
        ("pause", Memory()),
        ("step", Memory()),
    ],
)
def test_a_run_in_pieces_has_the_same_bits_and_the_same_events(
    tmp_path: Path, data: Path, order: str, memory: Memory | None
) -> None:
    whole, pieces = tmp_path / "whole", tmp_path / "pieces"
    whole.mkdir()
    pieces.mkdir()
    attempt(whole, data)
    expected = {
        "pause": State.PAUSED,
        "step": State.PAUSED,
        "cancel": State.CANCELLED,
        "orphan": State.INTERRUPTED,
    }[order]
    last = len(events_of(whole, "step")) // 3
    assert attempt(pieces, data, 1, order=order, after=5, memory=memory) == expected
    assert memory is None or memory.kept is not None
    assert attempt(pieces, data, 2, steps=2, memory=memory) == State.PAUSED
    # the epoch is over, and not judged
    assert attempt(pieces, data, 3, order=order, after=last, memory=memory) == expected
    assert attempt(pieces, data, 4, memory=memory) == State.DONE
    assert same(weights_of(pieces), weights_of(whole))
    inspected = {event["step"] for event in events_of(pieces, "step") if event["inspected"]}
    assert {6, 7} <= inspected or {7, 8} <= inspected
    for kind, fields in (
        ("step", ("step", "epoch", "lr", "loss", "accuracy")),
        ("epoch", ("epoch", "train_loss", "validation_loss")),
    ):
        rows = [
            [tuple(event[name] for name in fields) for event in events_of(folder, kind)]
            for folder in (whole, pieces)
        ]
        assert rows[0] == rows[1]


def conv1_of(folder: Path, epoch: int) -> bytes:
    """The kernels that were kept after an epoch, as images."""
    weights = checkpoints.load_weights(folder / "weights" / f"epoch-{epoch:04}.safetensors")
    return colour_images(weights.state_dict["conv1.weight"]).numpy().tobytes()


def kernels_of(folder: Path) -> list[Kernels]:
    """Every report of conv1, read as a page reads it."""
    found = [history([event]).kernels for event in events_of(folder, "kernels")]
    assert all(found)
    return [kernels for kernels in found if kernels]


def test_each_epoch_reports_the_confusion_of_its_network(tmp_path: Path, data: Path) -> None:
    attempt(tmp_path, data)
    validation = splits(data, SPLIT_SEED).validation
    confusions = events_of(tmp_path, "confusion")
    assert [event["epoch"] for event in confusions] == [1, 2, 3]
    for event in confusions:
        weights = checkpoints.load_weights(tmp_path / "weights" / f"epoch-000{event['epoch']}.safetensors")
        judged = evaluate(
            weights.network(), validation.images, validation.labels, mean=CONFIG.mean, std=CONFIG.std
        )
        assert event["counts"] == judged.confusion.tolist()
        assert sum(map(sum, event["counts"])) == len(validation)


def test_the_kernels_are_those_of_the_start_and_of_each_epoch(tmp_path: Path, data: Path) -> None:
    attempt(tmp_path, data)
    found = {kernels.step: kernels.images for kernels in kernels_of(tmp_path)}
    ends = [0, *(event["step"] for event in events_of(tmp_path, "epoch"))]
    assert len(ends) == 4 and {step: found[step] for step in ends} == {
        step: conv1_of(tmp_path, epoch) for epoch, step in enumerate(ends)
    }
    assert len({found[step] for step in ends}) == len(ends)
    assert {(kernels.count, kernels.shape) for kernels in kernels_of(tmp_path)} == {(6, (3, 5, 5))}


@pytest.mark.parametrize(
    ("network", "shapes"),
    [
        (OWN, {(6, (3, 3, 3))}),
        ("Conv2d(3,2,(1,32)),Flatten(),Linear(64,10)", {(2, (3, 1, 32))}),
        ("Flatten(),Linear(3072,10)", set()),
    ],
)
def test_a_network_of_ones_own_reports_its_first_kernels_if_it_has_any(
    tmp_path: Path, data: Path, network: str, shapes: set[tuple[int, tuple[int, int, int]]]
) -> None:
    config = replace(CONFIG, epochs=1, network=network)
    assert attempt(tmp_path, data, config=config) == State.DONE
    assert {(kernels.count, kernels.shape) for kernels in kernels_of(tmp_path)} == shapes
    assert events_of(tmp_path, "confusion")


def test_kernels_come_now_and_then_within_an_epoch(
    tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.jobs.tasks.train._KERNELS_AT_STEPS", 10)
    often, seldom = tmp_path / "often", tmp_path / "seldom"
    for folder, seconds in ((often, 0.0), (seldom, 1e9)):
        folder.mkdir()
        monkeypatch.setattr("core.jobs.tasks.train._KERNELS_EVERY", seconds)
        attempt(folder, data)
    total = events_of(often, "attempt")[0]["total_steps"]
    ends = {0, *(event["step"] for event in events_of(often, "epoch"))}
    steps = {folder: [kernels.step for kernels in kernels_of(folder)] for folder in (often, seldom)}
    assert steps[often] == sorted(ends | set(range(0, total + 1, -(-total // 10))))
    assert steps[seldom] == sorted(ends)
    assert same(weights_of(often), weights_of(seldom))


def test_the_longest_run_reports_two_hundred_times_at_most(
    tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.jobs.tasks.train._KERNELS_EVERY", 0.0)
    attempt(tmp_path, data, config=replace(CONFIG, epochs=50, batch_size=32, train_size=256))
    lines = (tmp_path / "events.jsonl").read_bytes().splitlines(keepends=True)
    sizes = [len(line) for line in lines if b'"kernels"' in line]
    assert 150 < len(sizes) <= 200 and sum(sizes) < 200_000
    assert kernels_of(tmp_path)[-1].images == conv1_of(tmp_path, 50)


def test_a_paused_run_shows_the_kernels_of_its_step(tmp_path: Path, data: Path) -> None:
    attempt(tmp_path, data, 1, order="pause", after=5)
    attempt(tmp_path, data, 2, steps=1)
    paused, stepped = events_of(tmp_path, "checkpoint")[-2:]
    assert [kernels.step for kernels in kernels_of(tmp_path)] == [0, paused["step"], stepped["step"]]


@pytest.mark.parametrize("steps", [None, 2])
def test_what_stays_in_memory_is_the_checkpoint(tmp_path: Path, data: Path, steps: int | None) -> None:
    memory = Memory()
    attempt(tmp_path, data, order="pause", after=5, steps=steps, memory=memory)
    training, _ = memory.kept
    saved = Snapshots(tmp_path, CONFIG, "sketches").newest()
    assert saved is not None and same(vars(training.state()), vars(saved.state))


def test_memory_is_worth_nothing_without_a_checkpoint(
    tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = Memory()
    with monkeypatch.context() as patch:
        patch.setattr(Snapshots, "save", lambda *_: None)  # the network isn't finite
        assert attempt(tmp_path, data, 1, steps=1, memory=memory) == State.PAUSED
    assert memory.kept is None
    attempt(tmp_path, data, 2, steps=1, memory=memory)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", _full)
        with pytest.raises(OSError, match="No space"):
            attempt(tmp_path, data, 3, steps=1, memory=memory)
    assert memory.kept is None
    for order in ("cancel", "orphan"):
        attempt(tmp_path, data, 4, order=order, memory=memory)
        assert memory.kept is None
    assert attempt(tmp_path, data, 5, memory=memory) == State.DONE
    assert same(weights_of(tmp_path), uninterrupted(data).model.state_dict())


def test_an_inspected_step_shows_what_it_did(tmp_path: Path, data: Path) -> None:
    assert attempt(tmp_path, data, steps=1) == State.PAUSED
    (step,) = events_of(tmp_path, "step")
    assert step["step"] == 1 and step["inspected"] and step["loss_after"] != step["loss"]
    layers = ["conv1", "conv2", "fc1", "fc2", "fc3"]
    assert list(step["gradient_norms"]) == layers
    assert list(step["weights"]["watched"]) == [f"{layer}.weight" for layer in layers]


@pytest.mark.parametrize("memory", [None, Memory()])
def test_the_next_step_looks_at_the_same_weights(tmp_path: Path, data: Path, memory: Memory | None) -> None:
    for number in (1, 2, 3):
        attempt(tmp_path, data, number, steps=1, memory=memory)
    first, second, third = (event["weights"] for event in events_of(tmp_path, "step"))
    assert first["watched"] == second["watched"] == third["watched"]
    assert (second["before"], third["before"]) == (first["after"], second["after"])


def test_divergence_ends_the_run_and_keeps_the_last_finite_checkpoint(tmp_path: Path, data: Path) -> None:
    config = TrainConfig(
        epochs=2, batch_size=16, optimizer="sgd", lr=100.0, mean=(0, 0, 0), std=(0.001, 0.001, 0.001)
    )
    with pytest.raises(InputError) as caught:
        attempt(tmp_path, data, config=config)
    assert caught.value.key == "diverged"
    last = events_of(tmp_path, "step")[-1]
    assert last["diverged"] and last["loss"] is None and last["step"] == caught.value.values["step"]
    saved = Snapshots(tmp_path, config, "sketches").newest()
    assert saved is None or all(tensor.isfinite().all() for tensor in saved.state.model.values())
    assert (tmp_path / "weights" / "epoch-0000.safetensors").exists()


def test_two_damaged_checkpoints_begin_the_run_anew_and_that_is_told(tmp_path: Path, data: Path) -> None:
    assert attempt(tmp_path, data, 1, order="pause", after=3) == State.PAUSED
    for name in ("resume-a.pt", "resume-b.pt"):
        (tmp_path / name).write_bytes(b"rubbish")
    assert attempt(tmp_path, data, 2, steps=1) == State.PAUSED
    course = history(EventLog(tmp_path / "events.jsonl").read())
    assert course.anew and course.step == 1
    assert attempt(tmp_path, data, 3, steps=1) == State.PAUSED
    assert not history(EventLog(tmp_path / "events.jsonl").read()).anew


def test_an_epoch_without_its_number_hinders_no_resumption(tmp_path: Path, data: Path) -> None:
    assert attempt(tmp_path, data, 1, order="pause", after=3) == State.PAUSED
    with (tmp_path / "events.jsonl").open("a") as file:
        file.write('{"type": "epoch", "validation_accuracy": 0.5}\n{"type": "checkpoint", "step": 2}\n')
    assert attempt(tmp_path, data, 2) == State.DONE
    assert run_checkpoints(tmp_path, EventLog(tmp_path / "events.jsonl").read(), running=False)


def test_a_damaged_checkpoint_gives_way_to_the_other(tmp_path: Path, data: Path) -> None:
    attempt(tmp_path, data, 1, order="pause", after=5)
    attempt(tmp_path, data, 2, order="pause", after=9)
    older, newer = tmp_path / "resume-a.pt", tmp_path / "resume-b.pt"
    content = bytearray(newer.read_bytes())
    content[len(content) // 2] ^= 1
    newer.write_bytes(content)
    saved = Snapshots(tmp_path, CONFIG, "sketches").newest()
    assert saved is not None and saved.state.steps_done == checkpoints.load(older).state.steps_done
    assert attempt(tmp_path, data, 3) == State.DONE
    assert same(weights_of(tmp_path), uninterrupted(data).model.state_dict())


def test_without_a_checkpoint_it_starts_again(tmp_path: Path, data: Path) -> None:
    attempt(tmp_path, data, 1, order="pause", after=5)
    for path in tmp_path.glob("resume-*"):
        path.write_bytes(b"")
    attempt(tmp_path, data, 2, order="pause", after=2)
    assert [event["step"] for event in events_of(tmp_path, "step")] == [1, 2]


def test_steps_are_thinned_by_their_number(
    tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.jobs.tasks.train._STEPS_REPORTED", 10)
    attempt(tmp_path, data, 1, order="pause", after=18)
    attempt(tmp_path, data, 2)
    total = events_of(tmp_path, "attempt")[0]["total_steps"]
    stride = -(-total // 10)
    expected = sorted({1, total, *range(stride, total + 1, stride)})
    assert [event["step"] for event in events_of(tmp_path, "step")] == expected


@pytest.mark.parametrize(("last", "best"), [(0, 0), (5, 2), (39, 7), (40, 7), (41, 33), (1000, 333)])
def test_about_forty_epochs_are_kept(last: int, best: int) -> None:
    chosen = kept_epochs(last, best)
    assert (
        {0, last, best} <= chosen
        and len(chosen) <= 42
        and (len(chosen) >= 20 or chosen == set(range(last + 1)))
    )


def test_of_a_large_network_fewer_epochs_are_kept(tmp_path: Path, data: Path) -> None:
    assert kept_epochs(9, 5, most=4) == {0, 4, 5, 8, 9}
    large = "Flatten(),Linear(3072,1600),Linear(1600,10)"
    folder = tmp_path / "weights"
    config = replace(CONFIG, epochs=8, batch_size=400, network=large)
    assert attempt(tmp_path, data, config=config) == State.DONE
    files = list(folder.glob("*.safetensors"))
    assert 3 <= len(files) <= 6 and sum(path.stat().st_size for path in files) < 130 * 2**20


def test_missing_data_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        attempt(tmp_path, tmp_path / "nothing")


@pytest.mark.parametrize("network", ["", OWN])
def test_killed_anywhere_it_ends_with_the_same_bits(tmp_path: Path, data: Path, network: str) -> None:
    """Kill the server once, then the worker, at random steps; each kill must fall in mid-run."""
    seed = time.time_ns() % 10_000
    print("seed", seed)
    config = TrainConfig(epochs=30, batch_size=16, lr=0.005, seed=1, network=network)
    total = Training(config, splits(data, SPLIT_SEED)).total_steps
    kills = sorted(random.Random(seed).sample(range(1, total // 2), 2))
    params = {"config": config.to_json(), "data_set": "sketches", "root_dir": str(data)}
    arguments = [sys.executable, "-m", "tests.support.job_server", tmp_path, "train", json.dumps(params)]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        started = json.loads(server.stdout.readline())
        log = EventLog(tmp_path / started["run"] / "events.jsonl")
        wait(_reached(log, kills[0], 1))
        server.kill()
    wait(lambda: not alive(started["worker"]))
    assert _step(log) < total, f"seed {seed}: the kill came too late"
    backend = LocalBackend(spares=0)
    with JobService(tmp_path, backend, poll=0.02) as service:
        for number, kill in enumerate(kills[1:], start=2):
            assert service.get(started["run"]).state == State.INTERRUPTED
            service.resume(started["run"], "ann")
            wait(_reached(log, kill, number))
            _kill(backend.pids[started["run"]])
            wait(lambda: service.get(started["run"]).state != State.RUNNING)
            assert _step(log) < total, f"seed {seed}: the kill came too late"
        service.resume(started["run"], "ann")
        wait(lambda: service.get(started["run"]).state == State.DONE)
        steps = [event["step"] for event in service.events(started["run"]) if event["type"] == "step"]
        assert steps == sorted(set(steps)) and steps[-1] == total
        assert same(
            weights_of(service.get(started["run"]).folder, config),
            uninterrupted(data, config).model.state_dict(),
        )


def test_pause_steps_and_resume_in_one_process_end_with_the_same_bits(tmp_path: Path, data: Path) -> None:
    config = TrainConfig(epochs=4, batch_size=16, optimizer="adam", lr=0.002, schedule="cosine", seed=2)
    params = {"config": config.to_json(), "data_set": "sketches", "root_dir": str(data)}
    backend = LocalBackend(spares=0)
    with JobService(tmp_path, backend, poll=0.02) as service:
        run = service.submit(JobSpec("train", params, "ann"))
        pid = backend.pids[run.id]
        service.pause(run.id, "ann")
        for _ in range(3):
            wait(lambda: service.get(run.id).state == State.PAUSED)
            assert backend.pids == {run.id: pid}
            service.step(run.id, "ann")
        wait(lambda: service.get(run.id).state == State.PAUSED)
        service.resume(run.id, "ann")
        assert backend.pids == {run.id: pid}
        wait(lambda: service.get(run.id).state == State.DONE)
        steps = [event["step"] for event in service.events(run.id) if event["type"] == "step"]
    total = uninterrupted(data, config).total_steps
    assert steps == list(range(1, total + 1))
    assert same(weights_of(run.folder, config), uninterrupted(data, config).model.state_dict())


def _full(_: int) -> None:
    raise OSError(28, "No space left on device")


def _reached(log: EventLog, step: int, attempt: int) -> Callable[[], bool]:
    return lambda: any(
        event["type"] == "step" and event["step"] >= step and event["attempt"] == attempt
        for event in log.read()
    )


def _step(log: EventLog) -> int:
    return max(event["step"] for event in log.read() if event["type"] == "step")


def _kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


def test_a_run_that_stops_early_is_done_with_its_best_weights_however_often_it_was_paused(
    data: Path, tmp_path: Path
) -> None:
    config = replace(CONFIG, epochs=30, lr=1e-5, schedule="constant", patience=2)
    whole, pieces = tmp_path / "whole", tmp_path / "pieces"
    for folder in (whole, pieces):
        folder.mkdir()
    assert attempt(whole, data, config=config) == State.DONE
    course = history(EventLog(whole / "events.jsonl").read())
    assert course.best and len(course.epochs) == course.best.epoch + 2 < 30
    assert epoch_file(whole, course.best.epoch).exists()
    number, state = 1, attempt(pieces, data, config=config, order="pause", after=20)
    while state == State.PAUSED:
        number += 1
        state = attempt(pieces, data, number, config=config, order="pause", after=20 + 25 * number)
    assert state == State.DONE and number > 2
    again = history(EventLog(pieces / "events.jsonl").read())
    assert [row.validation_loss for row in again.epochs] == [row.validation_loss for row in course.epochs]
    assert attempt(pieces, data, number + 1, config=config) == State.DONE  # nothing is trained on
    assert len(history(EventLog(pieces / "events.jsonl").read()).epochs) == len(course.epochs)
