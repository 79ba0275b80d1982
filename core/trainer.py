"""Trains LeNet: one loop for pages, jobs, tests and the command line.

    python -m core.trainer DATA --recipe fast --epochs 6 --out lenet.safetensors

The data is one uint8 tensor that becomes float a batch at a time. Order and augmentation are a pure function of (seed, epoch,
step), so a run that was paused and resumed ends with the same bits as one that was not.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core import schedules
from core.augment import augment
from core.dataset import ImageSet, Splits
from core.errors import InputError
from core.evaluation import Evaluation, evaluate
from core.lenet import LeNet
from core.normalise import normalise
from core.optimizers import OPTIMIZERS
from core.train_config import RECIPES, TrainConfig, recipe

__all__ = [
    "RECIPES",
    "EpochResult",
    "Evaluation",
    "StepResult",
    "TrainConfig",
    "Training",
    "TrainingState",
    "evaluate",
    "fit",
    "recipe",
]


@dataclass(frozen=True)
class StepResult:
    """One optimizer step; steps and epochs count from 1. Loss (mean over the batch) and accuracy are those before the step."""

    step: int
    epoch: int
    lr: float
    loss: float
    accuracy: float
    diverged: bool = False  # the loss is not finite: nothing was changed, and the run is over
    loss_after: float | None = None  # of the same batch, when asked
    gradient_norms: dict[str, float] | None = None  # by layer, weights and bias together, when asked


@dataclass(frozen=True)
class EpochResult:
    """One pass over the training split: its running loss and accuracy, and the validation split judged at its end."""

    epoch: int
    step: int
    lr: float
    train_loss: float
    train_accuracy: float
    validation_loss: float
    validation_accuracy: float


@dataclass(frozen=True, eq=False)
class TrainingState:
    """All that a run needs to go on as if it had never stopped. Tensors are copies."""

    steps_done: int
    epochs_judged: int
    loss_sum: float  # of the epoch under way, over images
    hits: int
    seen: int
    model: dict[str, Tensor]
    optimizer: dict[str, Any]
    schedule: dict[str, Any]


class Training:
    """A run in progress; iterate over it, or call `step` and `judge` yourself.

    Raises InputError when the batch is larger than the training split, or the device is missing.
    """

    def __init__(self, config: TrainConfig, splits: Splits, state: TrainingState | None = None) -> None:
        self.config = config
        self.train = _subset(splits.train, config)
        self.validation = splits.validation
        if config.batch_size > len(self.train.labels):
            raise InputError("batch_too_large", batch_size=config.batch_size, images=len(self.train.labels))
        self.device = _device(config.device)
        self.steps_per_epoch = math.ceil(len(self.train.labels) / config.batch_size)
        self.total_steps = config.epochs * self.steps_per_epoch
        self.model = _fresh_model(config.seed).to(self.device)
        kind = OPTIMIZERS[config.optimizer]
        self.optimizer = kind.build(
            self.model.parameters(), config.lr, config.weight_decay, fused=self.device.type == "cpu", **config.hyper
        )
        self.schedule = schedules.build(config.schedule, self.optimizer, config.lr, self.total_steps)
        self.steps_done = 0
        self.epochs_judged = 0
        self.diverged_at: int | None = None
        self._loss_sum, self._hits, self._seen = 0.0, 0, 0
        self._order: tuple[int, Tensor] | None = None
        if state is not None:
            self._restore(state)

    def __iter__(self) -> Iterator[StepResult | EpochResult]:
        """What is left of the run: each step, and after the last step of an epoch its EpochResult."""
        while not self.done:
            yield self.judge() if self.epoch_ended else self.step()

    @property
    def epoch_ended(self) -> bool:
        """All steps of an epoch are done, and it isn't judged yet."""
        return self.steps_done == (self.epochs_judged + 1) * self.steps_per_epoch

    @property
    def done(self) -> bool:
        return self.diverged_at is not None or self.epochs_judged == self.config.epochs

    def step(self, *, inspect: bool = False) -> StepResult:
        """One optimizer step; with `inspect` also the loss of the same batch afterwards and each layer's gradient norm."""
        number = self.steps_done + 1
        epoch, index = divmod(self.steps_done, self.steps_per_epoch)
        lr = float(self.optimizer.param_groups[0]["lr"])
        images, labels = self._batch(epoch, index)
        logits = self.model(images)
        loss = F.cross_entropy(logits, labels)
        value, hits = loss.item(), int((logits.argmax(1) == labels).sum())
        if not math.isfinite(value):
            self.diverged_at = number
            return StepResult(number, epoch + 1, lr, value, hits / len(labels), diverged=True)
        self.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        norms = gradient_norms(self.model) if inspect else None
        self.optimizer.step()
        if number < self.total_steps:
            self.schedule.step()
        self.steps_done = number
        self._loss_sum += value * len(labels)
        self._hits += hits
        self._seen += len(labels)
        after = self._loss(images, labels) if inspect else None
        return StepResult(number, epoch + 1, lr, value, hits / len(labels), loss_after=after, gradient_norms=norms)

    def judge(self) -> EpochResult:
        """The validation split after an epoch. A loss that isn't finite ends the run here."""
        result = evaluate(self.model, self.validation.images, self.validation.labels, mean=self.config.mean, std=self.config.std)
        self.epochs_judged += 1
        if not math.isfinite(result.loss):
            self.diverged_at = self.steps_done
        train_loss, train_accuracy = self._loss_sum / self._seen, self._hits / self._seen
        self._loss_sum, self._hits, self._seen = 0.0, 0, 0
        lr = float(self.optimizer.param_groups[0]["lr"])
        return EpochResult(self.epochs_judged, self.steps_done, lr, train_loss, train_accuracy, result.loss, result.accuracy)

    def finite(self) -> bool:
        """No parameter is NaN or infinite, so that this moment is worth keeping."""
        return all(bool(parameter.isfinite().all()) for parameter in self.model.parameters())

    def state(self) -> TrainingState:
        return TrainingState(
            self.steps_done,
            self.epochs_judged,
            self._loss_sum,
            self._hits,
            self._seen,
            _copy(self.model.state_dict()),
            _copy(self.optimizer.state_dict()),
            _copy(self.schedule.state_dict()),
        )

    def _restore(self, state: TrainingState) -> None:
        self.model.load_state_dict(state.model)
        self.optimizer.load_state_dict(_copy(state.optimizer))
        self.schedule.load_state_dict(_copy(state.schedule))
        self.steps_done, self.epochs_judged = state.steps_done, state.epochs_judged
        self._loss_sum, self._hits, self._seen = state.loss_sum, state.hits, state.seen

    def _batch(self, epoch: int, index: int) -> tuple[Tensor, Tensor]:
        """Batch `index` of `epoch`: float [n, 3, 32, 32] and labels [n], n smaller in the last one."""
        if self._order is None or self._order[0] != epoch:
            count = len(self.train.labels)
            self._order = epoch, torch.randperm(count, generator=_generator(self.config.seed, epoch))
        start = index * self.config.batch_size
        chosen = self._order[1][start : start + self.config.batch_size]
        images = self.train.images.index_select(0, chosen)
        if self.config.flip or self.config.crop:
            generator = _generator(self.config.seed, epoch, index)
            images = augment(images, flip=self.config.flip, crop=self.config.crop, generator=generator)
        normal = normalise(images, self.config.mean, self.config.std)
        # Channels last: oneDNN convolves it as it is, 10 to 20 % of a step on a CPU. Shapes and results stay.
        return normal.to(self.device, memory_format=torch.channels_last), self.train.labels[chosen].to(self.device)

    @torch.no_grad()
    def _loss(self, images: Tensor, labels: Tensor) -> float:
        return F.cross_entropy(self.model(images), labels).item()


def fit(config: TrainConfig, splits: Splits, state: TrainingState | None = None) -> Iterator[StepResult | EpochResult]:
    """Train from the start, or from `state` on: a StepResult for each step, an EpochResult for each epoch. To stop is to stop iterating.

    Raises InputError as `Training` does.
    """
    return iter(Training(config, splits, state))


def gradient_norms(model: nn.Module) -> dict[str, float]:
    """Euclidean norm of the gradient of each layer, its weights and bias together."""
    layers = {name: layer for name, layer in model.named_children() if any(True for _ in layer.parameters())}
    return {
        name: float(torch.cat([p.grad.flatten() for p in layer.parameters() if p.grad is not None]).norm())
        for name, layer in layers.items()
    }


def _fresh_model(seed: int) -> LeNet:
    """The same initial weights for the same seed; the caller's random state is left alone."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return LeNet()


def _generator(*key: int) -> torch.Generator:
    """A generator of its own for each key, on the CPU on every device, so that resuming needs no saved random state."""
    digest = blake2b(repr(key).encode(), digest_size=8).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest, "big") >> 1)


def _subset(images: ImageSet, config: TrainConfig) -> ImageSet:
    """`train_size` images drawn from the seed; all of them, not copied, where that many aren't there."""
    if config.train_size is None or config.train_size >= len(images.labels):
        return images
    rows = torch.randperm(len(images.labels), generator=_generator(config.seed))[: config.train_size]
    return ImageSet(images.images[rows], images.labels[rows], images.name)


def _device(name: str) -> torch.device:
    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if not there[name]:
        raise InputError("device_missing", device=name)
    return torch.device(name)


def _copy(value: Any) -> Any:
    """Nested dicts and lists with every tensor detached, on the CPU and cloned."""
    if isinstance(value, Tensor):
        return value.detach().to("cpu", copy=True)
    if isinstance(value, dict):
        return {key: _copy(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_copy(item) for item in value)
    return value


if __name__ == "__main__":
    from core.command_line import main

    main()
