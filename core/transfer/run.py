"""ResNet-18 for ten classes by LeNet's loop: a new last layer on a frozen body, or the whole network."""

import math
from collections.abc import Generator

import torch
from torch import Tensor, nn

from core.dataset import CLASSES, ImageSet, Splits
from core.errors import InputError
from core.evaluation import Evaluation, evaluation_of
from core.evaluation.eval_mode import eval_mode
from core.progress import Progress
from core.training import schedules
from core.training.loop import Loop, TrainingState
from core.transfer.config import TransferConfig
from core.transfer.features import features
from core.transfer.resnet import FEATURES, fed, frozen_body, network

_SUBSET_SEED = 0  # the same for every run, so that all share the cached features and scores can be compared
_BATCH = 50  # images judged at once; at 224 pixels they take 160 MB


def subset(images: ImageSet, size: int) -> ImageSet:
    """`size` of the images, always the same ones; all if there aren't that many.

    A smaller subset is the beginning of a larger one.
    """
    order = torch.randperm(len(images.labels), generator=torch.Generator().manual_seed(_SUBSET_SEED))[:size]
    return ImageSet(images.images[order], images.labels[order], images.name)


def both_features(
    config: TransferConfig, splits: Splits, state_dict: dict[str, Tensor] | None, body_name: str
) -> Generator[Progress, None, tuple[ImageSet, ImageSet, Tensor, Tensor]]:
    """Train and validation subsets with their features [N, 512]; progress counts the images of both."""
    body = frozen_body(state_dict, config.seed)
    train, validation = (
        subset(splits.train, config.train_size),
        subset(splits.validation, config.validation_size),
    )
    total, computed = len(train) + len(validation), []
    for images, before in ((train, 0), (validation, len(train))):
        work = features(body, body_name, images.images, config.size)
        try:
            while True:
                yield Progress(before + next(work).done, total)
        except StopIteration as stop:
            computed.append(stop.value)
    return train, validation, computed[0], computed[1]


class ResNetLoop(Loop):
    """Loop common to both ways: Adam, and a learning rate that rises once and falls.

    Raises InputError for too large a batch.
    """

    def __init__(
        self, config: TransferConfig, model: nn.Module, images: int, state: TrainingState | None
    ) -> None:
        if config.batch_size > images:
            raise InputError("batch_too_large", batch_size=config.batch_size, images=images)
        self.config = config
        optimizer = torch.optim.Adam(
            model.parameters(), config.lr, weight_decay=config.weight_decay, fused=True
        )
        schedule = schedules.build(
            "one-cycle", optimizer, config.lr, config.epochs * math.ceil(images / config.batch_size)
        )
        super().__init__(
            model,
            optimizer,
            schedule,
            rule="adam",
            images=images,
            batch_size=config.batch_size,
            epochs=config.epochs,
            state=state,
        )


class HeadTraining(ResNetLoop):
    """Training of Linear(512, 10) on features of a frozen body.

    Features are computed once, so no epoch sees another crop or flip of an image.
    """

    def __init__(
        self,
        config: TransferConfig,
        train: tuple[Tensor, Tensor],
        validation: tuple[Tensor, Tensor],
        state: TrainingState | None = None,
    ) -> None:
        self.train, self.validation = train, validation  # (features [N, 512], labels [N])
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(config.seed)
            head = nn.Linear(FEATURES, len(CLASSES))
        super().__init__(config, head, len(train[1]), state)

    def batch(self, epoch: int, index: int) -> tuple[Tensor, Tensor]:
        """Features [n, 512] and labels [n] of batch `index` of `epoch`."""
        chosen = self._rows(self.config.seed, epoch, index, len(self.train[1]))
        return self.train[0][chosen], self.train[1][chosen]

    @torch.no_grad()
    def _evaluate(self) -> Evaluation:
        return evaluation_of(self.model(self.validation[0]), self.validation[1])


class NetTraining(ResNetLoop):
    """Training of the whole ResNet-18, from ImageNet or random weights; BatchNorm in training mode, as usual.

    Raises InputError for a `state_dict` of another network.
    """

    def __init__(
        self,
        config: TransferConfig,
        train: ImageSet,
        validation: ImageSet,
        state_dict: dict[str, Tensor] | None,
        state: TrainingState | None = None,
    ) -> None:
        self.train, self.validation = train, validation
        # A last batch of a single image is left out: BatchNorm can't learn from it.
        self.images = len(train) - (len(train) % config.batch_size == 1)
        super().__init__(config, network(state_dict, config.seed).train(), self.images, state)

    def batch(self, epoch: int, index: int) -> tuple[Tensor, Tensor]:
        """Images float [n, 3, size, size] and labels [n] of batch `index` of `epoch`."""
        chosen = self._rows(self.config.seed, epoch, index, len(self.train))[
            : self.images - index * self.batch_size
        ]
        return fed(self.train.images[chosen], self.config.size), self.train.labels[chosen]

    @torch.no_grad()
    def _evaluate(self) -> Evaluation:
        with eval_mode(self.model):
            parts = torch.split(self.validation.images, _BATCH)
            return evaluation_of(
                torch.cat([self.model(fed(part, self.config.size)) for part in parts]), self.validation.labels
            )
