"""A plane through the loss of a network: the loss at weights + a * first + b * second, for two directions.

Source: Li et al. 2018, Visualizing the Loss Landscape of Neural Nets, sections 4 (filter normalisation) and 7
(PCA directions).
"""

import math
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.func import functional_call

from core.dataset import ImageSet
from core.errors import InputError
from core.lenet import LeNet
from core.normalise import normalise
from core.progress import Progress

SIZE = 21  # points per side
REACH = 1.0  # a random plane goes from -1 to 1; at 1 each filter is moved by its own length
IMAGES = 300  # of the validation split: a forward pass of 20 ms, 441 of them
Parameters = Mapping[str, Tensor]


@dataclass(frozen=True, eq=False)
class Plane:
    """A point in the flattened space of all parameters and two directions from it: float32 [n] and [2, n]."""

    centre: Tensor
    directions: Tensor

    def project(self, points: Tensor) -> tuple[Tensor, Tensor]:
        """Project points [k, n]: coordinates [k, 2], and the share [k] of squared distance in the plane."""
        away = (points - self.centre).double()
        basis = self.directions.double()
        coordinates = torch.linalg.lstsq(basis.T, away.T).solution.T
        inside = (coordinates @ basis).square().sum(1)
        return coordinates.float(), (inside / away.square().sum(1).clamp(min=1e-30)).clamp(0, 1).float()


def grid(rows: Sequence[Sequence[float | None]]) -> Tensor:
    """Losses [rows, columns] from JSON; None, a loss that isn't finite, becomes the highest finite loss."""
    values = torch.tensor([[math.inf if value is None else value for value in row] for row in rows])
    finite = values[values.isfinite()]
    return values.nan_to_num(posinf=float(finite.max()) if len(finite) else 0.0)


def flat(parameters: Parameters) -> Tensor:
    """Flatten all parameters into one vector, in LeNet's order."""
    return torch.cat([parameters[name].detach().reshape(-1).float() for name in LeNet().state_dict()])


def random_plane(parameters: Parameters, seed: int) -> Plane:
    """Two normal directions, each filter as long as the same filter of the network; biases stay fixed."""
    generator = torch.Generator().manual_seed(seed)
    directions = [
        flat({name: _like(value, generator) for name, value in parameters.items()}) for _ in range(2)
    ]
    return Plane(flat(parameters), torch.stack(directions))


def _like(value: Tensor, generator: torch.Generator) -> Tensor:
    if value.ndim < 2:
        return torch.zeros_like(value)
    direction = torch.randn(value.shape, generator=generator)
    lengths, own = (
        tensor.flatten(1).norm(dim=1).view(-1, *[1] * (value.ndim - 1)) for tensor in (direction, value)
    )
    scaled: Tensor = direction * own / lengths.clamp(min=1e-12)
    return scaled


def pca_plane(checkpoints: Sequence[Tensor]) -> Plane:
    """The plane through the last of checkpoints [n] that holds as much of the way there as a plane can.

    Raises InputError for fewer than three checkpoints, which would lie in any such plane.
    """
    if len(checkpoints) < 3:
        raise InputError("slice_checkpoints", found=len(checkpoints))
    away = torch.stack([point - checkpoints[-1] for point in checkpoints[:-1]])
    _, _, directions = torch.linalg.svd(away, full_matrices=False)
    return Plane(checkpoints[-1], directions[:2].contiguous())


def window(plane: Plane, points: Tensor | None = None) -> tuple[float, float, float, float]:
    """Frame to draw: left, right, bottom, top.

    It extends by REACH either way, or around projected points [k, 2] and the centre.
    """
    if points is None:
        return (-REACH, REACH, -REACH, REACH)
    all_points = torch.cat([points, torch.zeros(1, 2)])
    low, high = all_points.amin(0), all_points.amax(0)
    room = 0.25 * (high - low).clamp(min=1e-6).amax()
    (left, bottom), (right, top) = (low - room).tolist(), (high + room).tolist()
    return (left, right, bottom, top)


def losses(
    plane: Plane,
    images: ImageSet,
    *,
    mean: Sequence[float],
    std: Sequence[float],
    frame: tuple[float, float, float, float],
    size: int = SIZE,
) -> Generator[Progress, None, Tensor]:
    """Cross-entropy of the images on a grid over the frame, row by row from the bottom: float32 [size, size].

    The network's own weights are never touched: each point is a functional call.
    """
    left, right, bottom, top = frame
    x, labels, model = normalise(images.images[:IMAGES], mean, std), images.labels[:IMAGES], LeNet().eval()
    shapes = {name: value.shape for name, value in model.state_dict().items()}
    found = torch.empty(size, size)
    with torch.inference_mode():
        for row, b in enumerate(torch.linspace(bottom, top, size)):
            for column, a in enumerate(torch.linspace(left, right, size)):
                weights = plane.centre + a * plane.directions[0] + b * plane.directions[1]
                logits = functional_call(model, unflat(weights, shapes), (x,))
                found[row, column] = F.cross_entropy(logits, labels)
            yield Progress(row + 1, size)
    return found


def unflat(vector: Tensor, shapes: Mapping[str, torch.Size]) -> dict[str, Tensor]:
    """Split a flat vector into parameters of these names and shapes."""
    parts = torch.split(vector, [shape.numel() for shape in shapes.values()])
    return {name: part.view(shape) for (name, shape), part in zip(shapes.items(), parts, strict=True)}
