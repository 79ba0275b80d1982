"""Images that excite each unit of a network most, and units that none of a whole set excites."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from core.evaluation import BATCH
from core.inside.forward_pass import walk
from core.inside.stages import Stages
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
    model: nn.Module, found: Stages, images: Tensor, mean: tuple[float, ...], std: tuple[float, ...]
) -> Mapping[str, Survey]:
    """Survey the `units` of a network's stages over uint8 images [N, 3, 32, 32] in one pass; N at least 1.

    Only the ten strongest images of each unit are kept at any time.
    """
    names = {stage.name for stage in found.units}
    best: dict[str, tuple[Tensor, Tensor, Tensor]] = {}
    for start in range(0, len(images), BATCH):
        for name, values in walk(model, normalise(images[start : start + BATCH], mean, std)):
            if name in names:
                best[name] = _strongest(best.get(name), _of_batch(values, start))
    return {
        name: Survey(*tensors, found[name].shape[2] if found[name].is_map else 1)
        for name, tensors in best.items()
    }


def _of_batch(values: Tensor, start: int) -> tuple[Tensor, Tensor, Tensor]:
    """The strongest images of one batch (n, U, ...) whose first image is number `start`.

    Places in the map are found for these only, and nothing else is sorted: otherwise the pass over 5,000
    images takes a tenth longer.
    """
    maps = values.flatten(2) if values.ndim > 2 else values[..., None]  # (n, U, places)
    peaks, rows = maps.amax(2).T.topk(min(TOP, len(maps)))  # (U, k)
    return peaks, rows + start, maps[rows, torch.arange(len(rows))[:, None]].argmax(2)


def _strongest(kept: tuple[Tensor, ...] | None, fresh: tuple[Tensor, ...]) -> tuple[Tensor, Tensor, Tensor]:
    """Keep the TOP largest of each row, by the first of the three tensors [U, n]."""
    values, numbers, places = (
        (torch.cat(pair, 1) for pair in zip(kept, fresh, strict=True)) if kept else fresh
    )
    order = values.argsort(dim=1, descending=True, stable=True)[:, :TOP]
    return values.gather(1, order), numbers.gather(1, order), places.gather(1, order)
