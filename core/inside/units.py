"""Images that excite each unit of a network most, and units that none of a whole set excites."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from core.evaluation import BATCH
from core.inside.forward_pass import forward_pass
from core.inside.stages import MAPS, RELUS, STAGES
from core.lenet import LeNet
from core.normalise import normalise

TOP = 10


@dataclass(frozen=True, eq=False)
class Survey:
    """Images that excite each of a stage's U units most.

    values [U, k]: activations, the largest first. images [U, k]: numbers of the images. places [U, k]: where
    in the map, row x width + column (0 for a unit that isn't a map). width: of a map, 1 otherwise.
    """

    values: Tensor
    images: Tensor
    places: Tensor
    width: int

    @property
    def dead(self) -> list[int]:
        """Units whose pre-activation is never positive: ReLU passes neither values nor gradients."""
        return (self.values[:, 0] <= 0).nonzero().flatten().tolist()


@torch.no_grad()
def survey(
    model: LeNet, images: Tensor, mean: tuple[float, ...], std: tuple[float, ...]
) -> Mapping[str, Survey]:
    """Survey uint8 images [N, 3, 32, 32] in one pass; N must be at least 1.

    Only the ten strongest images of each unit are kept at any time.
    """
    best: dict[str, tuple[Tensor, Tensor, Tensor]] = {}
    for start in range(0, len(images), BATCH):
        stages = forward_pass(model, normalise(images[start : start + BATCH], mean, std))
        for stage in RELUS:
            best[stage] = _strongest(best.get(stage), _of_batch(stages[stage], start))
    return {
        stage: Survey(*tensors, STAGES[stage].shape[2] if stage in MAPS else 1)
        for stage, tensors in best.items()
    }


def _of_batch(values: Tensor, start: int) -> tuple[Tensor, Tensor, Tensor]:
    """The strongest images of one batch (n, U) or (n, U, H, W) whose first image is number `start`.

    Places in the map are found for these only, and nothing else is sorted: otherwise the pass over 5,000
    images takes a tenth longer.
    """
    maps = values.flatten(2) if values.ndim == 4 else values[..., None]  # (n, U, places)
    peaks, rows = maps.amax(2).T.topk(min(TOP, len(maps)))  # (U, k)
    return peaks, rows + start, maps[rows, torch.arange(len(rows))[:, None]].argmax(2)


def _strongest(kept: tuple[Tensor, ...] | None, fresh: tuple[Tensor, ...]) -> tuple[Tensor, Tensor, Tensor]:
    """Keep the TOP largest of each row, by the first of the three tensors [U, n]."""
    values, numbers, places = (
        (torch.cat(pair, 1) for pair in zip(kept, fresh, strict=True)) if kept else fresh
    )
    order = values.argsort(dim=1, descending=True, stable=True)[:, :TOP]
    return values.gather(1, order), numbers.gather(1, order), places.gather(1, order)
