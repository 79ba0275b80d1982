"""The task that trains a network, with steps, epochs and checkpoints reported and kept until it ends."""

import base64
import math
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from core.dataset import ImageSet, Splits, sketches, splits
from core.dataset.splits import SPLIT_SEED
from core.diagnosis.measuring import Probe
from core.errors import InputError
from core.files import locations
from core.inside.filters import colour_images
from core.jobs.branch import START, Branch
from core.jobs.events import Event
from core.jobs.history import KERNELS
from core.jobs.history import history as course_of
from core.jobs.spec import State
from core.jobs.worker.follow import follow
from core.jobs.worker.job import Job
from core.process import limit_memory
from core.training import checkpoints
from core.training.config import TrainConfig, recipe
from core.training.loop import Loop
from core.training.run import Training
from core.training.snapshots import Snapshots

_STEPS_REPORTED = 1000  # per run, about; as many as a chart has pixels
_SAVE_EVERY = 5.0  # seconds between two resume checkpoints, unless writing one takes long
_SAVE_SHARE = 20  # at most a twentieth of the time goes into checkpoints
# Kernels are reported at most this often per run, besides its start and where it is left: 150 KB for LeNet.
_KERNELS_AT_STEPS, _KERNELS_AT_EPOCHS = 140, 55
_KERNELS_EVERY = 1.0  # seconds between two reports within an epoch
# Vital signs are measured at these steps and once an epoch, of long runs in about so many epochs.
_VITALS_AT, _VITALS_AT_EPOCHS = (1, 10, 50), 20


def train(job: Job) -> State:
    """Train on from memory, from the run's newest checkpoint, or from the start.

    Raises InputError when the loss diverges.
    """
    kept = job.memory.take()
    return TrainingAttempt(job, *(kept or loaded(job, TrainConfig.from_json(job.params["config"])))).run()


def loaded(job: Job, config: TrainConfig, data: Splits | None = None) -> tuple[Loop, Snapshots[TrainConfig]]:
    """The training as the newest checkpoint has it, on `data` or its own, and the files it is kept in."""
    if config.device != "cpu":
        limit_memory(None)  # a GPU's driver asks for address space without end
    snapshots = Snapshots(job.folder, config, job.params["data_set"])
    saved = snapshots.newest()
    training = Training(config, images(job) if data is None else data, saved.state if saved else None)
    if saved is None and "branch" in job.params:
        _branch_off(job, training, Branch.from_json(job.params["branch"]))
    return training, snapshots


def _branch_off(job: Job, training: Training, branch: Branch) -> None:
    """Give the training the weights to begin with; the first time, report what came before and copy them."""
    start, runs = job.folder / START, job.folder.parent
    if not start.exists():
        seen, epochs = branch.course(runs)
        job.events.write("branch", offset=seen, epochs=[asdict(row) for row in epochs])
        branch.fetch(job.folder)
    weights = checkpoints.load_weights(start)
    if weights.architecture != training.config.network:
        raise InputError("branch_network")
    training.model.load_state_dict(weights.state_dict)


def images(job: Job) -> Splits:
    """Load the images of a training; wait for sketches that are being drawn, and draw missing ones."""
    root = Path(job.params["root_dir"])
    if root == locations.promised("sketches"):
        follow(job, sketches.write(root.parent))
    return splits(root, SPLIT_SEED)


def rehearse() -> None:
    """Train on black images for a moment, and measure it.

    Torch imports and sets up a good deal at first use, which would keep a learner waiting.
    """
    black = ImageSet(torch.zeros(16, 3, 32, 32, dtype=torch.uint8), torch.arange(16) % 10, "train")
    training = Training(
        replace(recipe("fast"), epochs=1, batch_size=8, flip=True, crop=1), Splits(black, black, black)
    )
    probe = Probe(training)
    for _ in training:
        pass
    probe.vitals()


@dataclass
class Meter:
    """Images trained on, and the seconds their steps took."""

    images: int = 0
    seconds: float = 0.0

    def add(self, images: int, seconds: float) -> None:
        """Count the images and the seconds of a step."""
        self.images += images
        self.seconds += seconds

    def read(self) -> float:
        """Images per second since the last reading; starts again from zero."""
        rate = self.images / self.seconds if self.seconds else 0.0
        self.images, self.seconds = 0, 0.0
        return rate


class Attempt:
    """One worker's part of a run.

    Reports are thinned by absolute step, so that a resumed run reports the same steps. An event is written
    before the checkpoint that covers it: what a kill tears apart is then repeated, never missing.
    """

    def __init__(self, job: Job, training: Loop, snapshots: Snapshots[Any]) -> None:
        self.job = job
        self.training = training
        self.snapshots = snapshots
        self.stride = math.ceil(training.total_steps / _STEPS_REPORTED)
        self.window, self.epoch = Meter(), Meter()
        self.save_after = _SAVE_EVERY

    def run(self) -> State:
        """Train until the run is done or has to stop, and return its state."""
        self._begin()
        to_inspect = self.job.steps  # steps still to take, each inspected; None: train to the end
        while not self.training.done:
            wanted = self.job.wanted
            if wanted == "step":
                to_inspect = 1 if to_inspect is None else to_inspect
            elif wanted:
                break
            if self.training.epoch_ended:
                self._judge()
            elif to_inspect is None:
                self._step()
            elif to_inspect:
                self._step(inspect=True)
                to_inspect -= 1
            else:
                break
        return self._leave()

    def _begin(self) -> tuple[Event, ...]:
        """Report the attempt; return what the run has reported so far."""
        training = self.training
        totals = {"total_steps": training.total_steps, "steps_per_epoch": training.steps_per_epoch}
        anew = self.snapshots.lost and training.steps_done == 0
        history = self.job.begin(training.steps_done, training.epochs_judged, anew=anew, **totals)
        self.began = self.saved_at = time.monotonic()
        self.elapsed_before = latest(history, "elapsed")
        self.epoch_began = latest((event for event in history if event["type"] == "epoch"), "elapsed")
        self.scores = {row.epoch: row.validation_accuracy for row in course_of(history).epochs}
        training.watched = watched_in(history) or training.watched
        if training.steps_done == 0:
            self.snapshots.save_weights(training, 0, {}, best=0)
        return history

    @property
    def elapsed(self) -> float:
        """Seconds of training over all attempts, except those that a killed worker lost."""
        return self.elapsed_before + time.monotonic() - self.began

    def _step(self, *, inspect: bool = False) -> None:
        began = time.perf_counter()
        result = self.training.step(inspect=inspect)
        seconds = time.perf_counter() - began
        for meter in (self.window, self.epoch):
            meter.add(self.training.batch_size, seconds)
        on_the_grid = result.step % self.stride == 0 or result.step in (1, self.training.total_steps)
        if on_the_grid or inspect or result.diverged:
            rate = self.window.read()
            self.job.events.write(
                "step", **asdict(result), inspected=inspect, images_per_second=rate, elapsed=self.elapsed
            )
        if time.monotonic() - self.saved_at >= self.save_after and not result.diverged:
            self._save()

    def _judge(self) -> None:
        result = self.training.judge()
        seconds, self.epoch_began = self.elapsed - self.epoch_began, self.elapsed
        times = {"seconds": seconds, "images_per_second": self.epoch.read(), "elapsed": self.elapsed}
        self.job.events.write("epoch", **asdict(result), **times)
        if (judged := self.training.evaluation) is not None:
            self.job.events.write("confusion", epoch=result.epoch, counts=judged.confusion.tolist())
        self.scores[result.epoch] = result.validation_accuracy
        metrics = {
            name: value for name, value in asdict(result).items() if name not in ("epoch", "step", "lr")
        }
        self.snapshots.save_weights(
            self.training, result.epoch, metrics, best=max(self.scores, key=self.scores.__getitem__)
        )
        self._save()

    def _save(self) -> bool:
        """Write a checkpoint; whether there was anything worth keeping."""
        began = time.monotonic()
        name = self.snapshots.save(self.training)
        self.saved_at = time.monotonic()
        self.save_after = max(_SAVE_EVERY, _SAVE_SHARE * (self.saved_at - began))
        if name:
            self.job.events.write("checkpoint", step=self.training.steps_done, file=name)
        return name is not None

    def _leave(self) -> State:
        if self.training.diverged_at is not None:
            raise InputError("diverged", step=self.training.diverged_at)
        if self.training.done:
            return State.DONE
        saved, state = self._save(), self.job.stopped_as
        if saved and state == State.PAUSED:
            self.job.memory.kept = self.training, self.snapshots
        return state


class TrainingAttempt(Attempt):
    """Attempt that also reports vital signs, and the first kernels, where they read colours.

    Of the kernels, drawn as on the Inside page, only the last report is shown, so they are thinned by time
    too.
    """

    training: Training

    def _begin(self) -> tuple[Event, ...]:
        history = super()._begin()
        reported = [event.get("step", -1) for event in history if event["type"] == "kernels"]
        self.kernels_of, self.kernels_at = max(reported, default=-1), 0.0  # step and time of the last report
        self.kernel_steps = math.ceil(self.training.total_steps / _KERNELS_AT_STEPS)
        self.kernel_epochs = math.ceil(self.training.epochs / _KERNELS_AT_EPOCHS)
        self._report_kernels()
        return history

    def _step(self, *, inspect: bool = False) -> None:
        probe = Probe(self.training) if self._measures_next() else None
        super()._step(inspect=inspect)
        if probe and self.training.diverged_at is None:
            self.job.events.write("vitals", **asdict(probe.vitals()))
        on_the_grid = self.training.steps_done % self.kernel_steps == 0
        if on_the_grid and time.monotonic() - self.kernels_at >= _KERNELS_EVERY:
            self._report_kernels()

    def _measures_next(self) -> bool:
        """Whether vital signs are due: in an epoch's last step but one, since the last has a short batch."""
        epoch, place = divmod(self.training.steps_done, self.training.steps_per_epoch)
        stride = math.ceil(self.training.epochs / _VITALS_AT_EPOCHS)
        this_epoch = epoch % stride == 0 or epoch == self.training.epochs - 1
        due = this_epoch and place == max(0, self.training.steps_per_epoch - 2)
        return due or self.training.steps_done + 1 in _VITALS_AT

    def _judge(self) -> None:
        if (self.training.epochs_judged + 1) % self.kernel_epochs == 0:
            self._report_kernels()
        super()._judge()

    def _leave(self) -> State:
        self._report_kernels()
        return super()._leave()

    def _report_kernels(self) -> None:
        weight, step = first_kernels(self.training.model), self.training.steps_done
        if weight is None or step == self.kernels_of or not weight.isfinite().all():
            return
        self.kernels_of, self.kernels_at = step, time.monotonic()
        pixels = colour_images(weight).cpu().numpy().tobytes()
        self.job.events.write(
            "kernels", step=step, images=base64.b64encode(pixels).decode(), shape=weight.shape[1:]
        )


def first_kernels(model: nn.Module) -> Tensor | None:
    """The first KERNELS kernels [n, 3, rows, columns] of the first layer; None if it doesn't read colours."""
    first = next(model.children(), None)
    if not isinstance(first, nn.Conv2d) or first.weight.shape[1] != 3:
        return None
    return first.weight.detach()[:KERNELS]


def watched_in(history: Iterable[Event]) -> Mapping[str, Any]:
    """The weights that the last inspected step has shown; empty where there is none."""
    shown = [event["weights"] for event in history if isinstance(event.get("weights"), dict)]
    watched = shown[-1].get("watched") if shown else None
    return watched if isinstance(watched, dict) else {}


def latest(history: Iterable[Event], name: str) -> float:
    """The largest number reported under a name; 0 where there is none."""
    return max((event[name] for event in history if isinstance(event.get(name), int | float)), default=0.0)
