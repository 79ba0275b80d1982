"""Training loop for any network: batches, steps, epochs, and a state from which a run resumes bit for bit.

Order and augmentation are a pure function of (seed, epoch, step), so a run that was paused and resumed ends
with the same bits as an uninterrupted one.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from core.evaluation import Evaluation
from core.training.weight_steps import WeightSteps, chosen, watch


@dataclass(frozen=True)
class StepResult:
    """One optimizer step; steps and epochs count from 1.

    Loss (mean over the batch) and accuracy are those before the step.
    """

    step: int
    epoch: int
    lr: float
    loss: float
    accuracy: float
    diverged: bool = False  # the loss is not finite: nothing was changed, and the run is over
    loss_after: float | None = None  # of the same batch, with `inspect`
    gradient_norms: dict[str, float] | None = None  # by layer, weights and bias together, with `inspect`
    weights: WeightSteps | None = None  # one of each layer, with `inspect`


@dataclass(frozen=True)
class EpochResult:
    """One epoch: running loss and accuracy of the training split, then the validation split judged."""

    epoch: int
    step: int
    lr: float
    train_loss: float
    train_accuracy: float
    validation_loss: float
    validation_accuracy: float


@dataclass(frozen=True, eq=False)
class TrainingState:
    """Everything a run needs to resume as if it had never stopped; tensors are copies."""

    steps_done: int
    epochs_judged: int
    loss_sum: float  # of the epoch under way, summed over images
    hits: int
    seen: int
    model: dict[str, Tensor]
    optimizer: dict[str, Any]
    schedule: dict[str, Any]
    best_epoch: int | None = None  # by validation accuracy, the first of equals; an earlier version kept none
    best_accuracy: float = -1.0


class Loop(ABC):
    """A run in progress; iterate over it, or call `step` and `judge` yourself.

    A subclass defines what a batch is and how to judge. `rule` is the optimizer's key in OPTIMIZERS. After
    `patience` epochs without a better validation accuracy the run is over; with 0 it has all its epochs.
    Source: Prechelt 1998, "Early Stopping - But When?", criterion UP by accuracy.
    """

    def __init__(
        self,
        model: nn.Module,
        optimizer: Optimizer,
        schedule: LRScheduler,
        *,
        rule: str,
        images: int,
        batch_size: int,
        epochs: int,
        patience: int = 0,
        state: TrainingState | None = None,
    ) -> None:
        self.model, self.optimizer, self.schedule = model, optimizer, schedule
        self.rule, self.batch_size, self.epochs, self.patience = rule, batch_size, epochs, patience
        self.steps_per_epoch = math.ceil(images / batch_size)
        self.total_steps = epochs * self.steps_per_epoch
        self.steps_done = 0
        self.epochs_judged = 0
        self.best_epoch, self.best_accuracy = 0, -1.0  # by validation accuracy
        self.diverged_at: int | None = None
        self.evaluation: Evaluation | None = None  # of the last epoch that was judged here
        self.watched: Mapping[str, Any] = {}  # the weight of each parameter that `inspect` shows
        self._loss_sum, self._hits, self._seen = 0.0, 0, 0
        self._order: tuple[int, Tensor] | None = None
        if state is not None:
            self._restore(state)

    @abstractmethod
    def batch(self, epoch: int, index: int) -> tuple[Tensor, Tensor]:
        """Batch `index` of `epoch`: the model's input and labels [n]; n can be smaller in the last batch."""

    @abstractmethod
    def _evaluate(self) -> Evaluation:
        """Evaluate the model on the validation split."""

    def __iter__(self) -> Iterator[StepResult | EpochResult]:
        """Yield the rest of the run: each StepResult, and an EpochResult after the last step of an epoch."""
        while not self.done:
            yield self.judge() if self.epoch_ended else self.step()

    @property
    def epoch_ended(self) -> bool:
        """Whether all steps of an epoch are done and it isn't judged yet."""
        return self.steps_done == (self.epochs_judged + 1) * self.steps_per_epoch

    @property
    def done(self) -> bool:
        """Whether the run has diverged, has stopped early, or all epochs are judged."""
        return self.diverged_at is not None or self.stopped_early or self.epochs_judged == self.epochs

    @property
    def stopped_early(self) -> bool:
        """Whether the patience is over before the epochs are."""
        waited = self.epochs_judged - self.best_epoch
        return 0 < self.patience <= waited and self.epochs_judged < self.epochs

    def step(self, *, inspect: bool = False) -> StepResult:
        """Take one optimizer step.

        With `inspect` the result also has the batch's loss afterwards, each layer's gradient norm, and the
        way of one of its weights, the same from step to step.
        """
        number = self.steps_done + 1
        epoch, index = divmod(self.steps_done, self.steps_per_epoch)
        lr = float(self.optimizer.param_groups[0]["lr"])
        images, labels = self.batch(epoch, index)
        logits = self.model(images)
        loss = F.cross_entropy(logits, labels)
        value, hits = loss.item(), int((logits.argmax(1) == labels).sum())
        if not math.isfinite(value):
            self.diverged_at = number
            return StepResult(number, epoch + 1, lr, value, hits / len(labels), diverged=True)
        self.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        norms, watched = (gradient_norms(self.model), self._watch(number)) if inspect else (None, None)
        self.optimizer.step()
        weights = watched() if watched else None
        if number < self.total_steps:
            self.schedule.step()
        self.steps_done = number
        self._loss_sum += value * len(labels)
        self._hits += hits
        self._seen += len(labels)
        after = self._loss(images, labels) if inspect else None
        return StepResult(
            number,
            epoch + 1,
            lr,
            value,
            hits / len(labels),
            loss_after=after,
            gradient_norms=norms,
            weights=weights,
        )

    def judge(self) -> EpochResult:
        """Judge the validation split after an epoch; a loss that isn't finite ends the run."""
        result = self.evaluation = self._evaluate()
        self.epochs_judged += 1
        if result.accuracy > self.best_accuracy:
            self.best_epoch, self.best_accuracy = self.epochs_judged, result.accuracy
        if not math.isfinite(result.loss):
            self.diverged_at = self.steps_done
        train_loss, train_accuracy = self._loss_sum / self._seen, self._hits / self._seen
        self._loss_sum, self._hits, self._seen = 0.0, 0, 0
        lr = float(self.optimizer.param_groups[0]["lr"])
        return EpochResult(
            self.epochs_judged, self.steps_done, lr, train_loss, train_accuracy, result.loss, result.accuracy
        )

    def finite(self) -> bool:
        """Whether no parameter is NaN or infinite, so that this state is worth keeping."""
        return all(bool(parameter.isfinite().all()) for parameter in self.model.parameters())

    def state(self) -> TrainingState:
        """Copy everything the run needs to resume from here."""
        return TrainingState(
            self.steps_done,
            self.epochs_judged,
            self._loss_sum,
            self._hits,
            self._seen,
            _copy(self.model.state_dict()),
            _copy(self.optimizer.state_dict()),
            _copy(self.schedule.state_dict()),
            self.best_epoch,
            self.best_accuracy,
        )

    def _restore(self, state: TrainingState) -> None:
        self.model.load_state_dict(state.model)
        self.optimizer.load_state_dict(_copy(state.optimizer))
        self.schedule.load_state_dict(_copy(state.schedule))
        self.steps_done, self.epochs_judged = state.steps_done, state.epochs_judged
        self._loss_sum, self._hits, self._seen = state.loss_sum, state.hits, state.seen
        # Without one the wait begins here.
        self.best_epoch = state.epochs_judged if state.best_epoch is None else state.best_epoch
        self.best_accuracy = state.best_accuracy

    def _rows(self, seed: int, epoch: int, index: int, images: int) -> Tensor:
        """Indices of the images in batch `index` of `epoch`; the order is drawn once an epoch."""
        if self._order is None or self._order[0] != epoch:
            self._order = epoch, torch.randperm(images, generator=generator(seed, epoch))
        start = index * self.batch_size
        return self._order[1][start : start + self.batch_size]

    def _watch(self, number: int) -> Callable[[], WeightSteps]:
        self.watched = chosen(self.model, self.watched)
        return watch(self.model, self.optimizer, self.rule, self.watched, number)

    @torch.no_grad()
    def _loss(self, images: Tensor, labels: Tensor) -> float:
        """Loss of the same batch again; BatchNorm's running statistics are restored."""
        before = [buffer.clone() for buffer in self.model.buffers()]
        loss = F.cross_entropy(self.model(images), labels).item()
        for buffer, value in zip(self.model.buffers(), before, strict=True):
            buffer.copy_(value)
        return loss


def gradient_norms(model: nn.Module) -> dict[str, float]:
    """Euclidean norm of each layer's gradient, weights and bias together."""
    layers = {name: layer for name, layer in model.named_children() if any(True for _ in layer.parameters())}
    return {
        name: float(torch.cat([p.grad.flatten() for p in layer.parameters() if p.grad is not None]).norm())
        for name, layer in layers.items()
    }


def generator(*key: int | str) -> torch.Generator:
    """A separate generator for each key, always on the CPU, so that resuming needs no saved random state."""
    digest = blake2b(repr(key).encode(), digest_size=8).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest, "big") >> 1)


def _copy(value: Any) -> Any:
    """Copy nested dicts and lists, every tensor detached, on the CPU and cloned."""
    if isinstance(value, Tensor):
        return value.detach().to("cpu", copy=True)
    if isinstance(value, dict):
        return {key: _copy(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_copy(item) for item in value)
    return value
