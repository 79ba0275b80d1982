"""A run of LeNet or of a network of one's own: one loop for pages, jobs, tests and the command line.

The data is one uint8 tensor that becomes float a batch at a time. Order and augmentation are a pure function
of (seed, epoch, step), so a run that was paused and resumed ends with the same bits as one that was not.
"""

import math
from collections.abc import Iterator
from dataclasses import replace

import torch
from torch import Tensor

from core.dataset import ImageSet, Splits
from core.dataset.experiments import mislabelled, unequal
from core.errors import InputError
from core.evaluation import Evaluation, evaluate
from core.faults.table import FAULTS
from core.normalisations import Normalisation
from core.normalise import normalise
from core.optimizers import OPTIMIZERS
from core.shapes.code import from_short
from core.shapes.trainable import needs_two_images, trainable
from core.training import schedules
from core.training.augment import augment
from core.training.config import TrainConfig
from core.training.loop import EpochResult, Loop, StepResult, TrainingState, generator
from core.training.network import fresh, rehearse


class Training(Loop):
    """A run in progress; iterate over it, or call `step` and `judge` yourself.

    Raises InputError when the batch is larger than the training split, a batch is too small for the network,
    PyTorch can't train it, or the device is missing.
    """

    def __init__(self, config: TrainConfig, splits: Splits, state: TrainingState | None = None) -> None:
        fault = FAULTS[config.fault]
        self.config = config = fault.applied(config)
        train = _experiment(_subset(splits.train, config), config)
        self.train = replace(train, labels=fault.labels(train.labels))
        self.by_class = self.train.labels.argsort(stable=True)
        self.validation = splits.validation
        self.judged_with = fault.validation or Normalisation(config.mean, config.std)
        images = len(self.train.labels)
        if config.batch_size > images:
            raise InputError("batch_too_large", batch_size=config.batch_size, images=images)
        self.device = _device(config.device)
        if config.network:
            _require_batches(config, images)
            rehearse(config.network)
        model = fresh(config.network, config.seed).to(self.device)
        fault.network(model)
        kind = OPTIMIZERS[config.optimizer]
        optimizer = kind.build(
            model.parameters(),
            config.lr,
            config.weight_decay,
            fused=self.device.type == "cpu",
            **config.hyper,
        )
        fault.optimizer(optimizer)
        total_steps = config.epochs * math.ceil(images / config.batch_size)
        schedule = schedules.build(config.schedule, optimizer, config.lr, total_steps)
        super().__init__(
            model,
            optimizer,
            schedule,
            rule=config.optimizer,
            images=images,
            batch_size=config.batch_size,
            epochs=config.epochs,
            patience=config.patience,
            state=state,
        )

    def step(self, *, inspect: bool = False) -> StepResult:
        """Take one step, as Loop does; what dropout draws is a function of seed and step too."""
        if not self.config.network:
            return super().step(inspect=inspect)
        seed = generator(self.config.seed, self.steps_done, 0, 0).initial_seed()
        with torch.random.fork_rng(devices=[self.device] if self.device.type == "cuda" else []):
            # Not torch.manual_seed: without a GPU in use it formats the whole stack each time, 3% of a step.
            torch.default_generator.manual_seed(seed)
            if self.device.type == "cuda":
                torch.cuda.manual_seed(seed)
            return super().step(inspect=inspect)

    def _evaluate(self) -> Evaluation:
        return evaluate(
            self.model,
            self.validation.images,
            self.validation.labels,
            **self.judged_with._asdict(),
        )

    def batch(self, epoch: int, index: int) -> tuple[Tensor, Tensor]:
        """Batch `index` of `epoch`: float [n, 3, 32, 32] and labels [n]; n can be smaller in the last one."""
        if self.config.shuffle:
            chosen = self._rows(self.config.seed, epoch, index, len(self.train.labels))
        else:
            chosen = self.by_class[index * self.batch_size :][: self.batch_size]
        images = self.train.images.index_select(0, chosen)
        if self.config.flip or self.config.crop:
            images = augment(
                images,
                flip=self.config.flip,
                crop=self.config.crop,
                generator=generator(self.config.seed, epoch, index),
            )
        normal = normalise(images, self.config.mean, self.config.std)
        # Channels last: oneDNN convolves it as is, 10 to 20% of a step on a CPU. Shapes and results stay.
        return normal.to(self.device, memory_format=torch.channels_last), self.train.labels[chosen].to(
            self.device
        )


def fit(
    config: TrainConfig, splits: Splits, state: TrainingState | None = None
) -> Iterator[StepResult | EpochResult]:
    """Train from the start, or on from `state`: a StepResult for each step, an EpochResult for each epoch.

    Stop iterating to stop the run. Raises InputError as `Training` does.
    """
    return iter(Training(config, splits, state))


def _require_batches(config: TrainConfig, images: int) -> None:
    """Refuse a batch of one where a layer would compare one number with itself."""
    if config.batch_size != 1 and images % config.batch_size != 1:
        return
    layer = needs_two_images(trainable(from_short(config.network)))
    if layer:
        raise InputError("batch_of_one", layer=layer, batch_size=config.batch_size, images=images)


def _subset(images: ImageSet, config: TrainConfig) -> ImageSet:
    """`train_size` images drawn from the seed; all of them, not copied, if there aren't more."""
    if config.train_size is None or config.train_size >= len(images.labels):
        return images
    rows = torch.randperm(len(images.labels), generator=generator(config.seed))[: config.train_size]
    return ImageSet(images.images[rows], images.labels[rows], images.name)


def _experiment(images: ImageSet, config: TrainConfig) -> ImageSet:
    """Draw what the experiments change, each from a generator of its own."""
    if config.imbalance > 1:
        images = unequal(images, config.imbalance, generator(config.seed, "imbalance"))
    if config.wrong_labels:
        images = mislabelled(images, config.wrong_labels, generator(config.seed, "wrong_labels"))
    return images


def _device(name: str) -> torch.device:
    available = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if not available[name]:
        raise InputError("device_missing", device=name)
    return torch.device(name)
