"""Kernels to try on an image, at every size from 1 x 1 to 7 x 7, and kernels that a learner writes."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from core.errors import InputError, shown

CHANNELS = 3
SIZES = range(1, 8)
LARGEST = 100.0  # a weight of a learner's kernel, either sign


@dataclass(frozen=True, eq=False)
class Kernel:
    """A kernel with its input: weight [1, 3, k, k], bias [1] and x [1, 3, 32, 32].

    The pixels of x run from 0 to 1 or, if the kernel is learned, are normalised.
    """

    weight: Tensor
    bias: Tensor
    x: Tensor
    name: str
    learned: bool = False

    @property
    def size(self) -> int:
        """Side k of the kernel."""
        return self.weight.shape[-1]

    def map(self) -> Tensor:
        """The kernel's output [H, W] with stride 1 and no padding."""
        return F.conv2d(self.x, self.weight, self.bias)[0, 0]


def identity(size: int) -> Tensor:
    """1 in the centre, up and left of the middle for even sizes, 0 around it: channels stay as is."""
    kernel = torch.zeros(size, size)
    kernel[(size - 1) // 2, (size - 1) // 2] = 1
    return kernel


def blur(size: int) -> Tensor:
    """Plain average."""
    return torch.full((size, size), 1 / size**2)


def gaussian(size: int) -> Tensor:
    """Average that counts near pixels more, by binomial numbers, which come close to a Gaussian."""
    row = binomial(size - 1)
    return torch.outer(row, row) / row.sum() ** 2


def sharpen(size: int) -> Tensor:
    """The centre minus its row and column; the sum is 1, so flat areas keep their brightness."""
    centre = (size - 1) // 2
    kernel = torch.zeros(size, size)
    kernel[centre, :] = kernel[:, centre] = -1
    kernel[centre, centre] = 2 * size - 1
    return kernel


def edges(size: int) -> Tensor:
    """The centre against all its neighbours; the sum is 0, so flat areas give 0."""
    kernel = torch.full((size, size), -1.0)
    kernel[(size - 1) // 2, (size - 1) // 2] = size**2 - 1
    return kernel


def vertical_edges(size: int) -> Tensor:
    """Right minus left, smoothed along the edge. Source: Sobel and Feldman 1968 for 3 x 3."""
    if size == 1:
        return torch.zeros(1, 1)  # a single pixel has no right and left
    smooth, rise = (
        binomial(size - 1),
        F.conv1d(binomial(size - 2).view(1, 1, -1), torch.tensor([[[1.0, -1.0]]]), padding=1).flatten(),
    )
    return torch.outer(smooth, rise)


def horizontal_edges(size: int) -> Tensor:
    """Bottom minus top."""
    return vertical_edges(size).T.contiguous()


def emboss(size: int) -> Tensor:
    """Light from the upper left: bottom right minus top left, plus the pixel itself."""
    steps = torch.arange(size, dtype=torch.float32)
    return steps[:, None] + steps[None, :] - (size - 1) + identity(size)


def binomial(n: int) -> Tensor:
    """Row n of Pascal's triangle, n + 1 numbers."""
    return torch.tensor([float(math.comb(n, k)) for k in range(n + 1)])


def in_each_channel(plane: Callable[[int], Tensor]) -> Callable[[int], Tensor]:
    """Make a kernel [3, k, k] that treats red, green and blue alike."""
    return lambda size: plane(size).expand(CHANNELS, size, size).clone()


def red_minus_green(size: int) -> Tensor:
    """Kernel [3, k, k] of red minus green, averaged over the window: a kernel's planes need not be alike."""
    return torch.stack([blur(size), -blur(size), torch.zeros(size, size)])


KERNELS: Mapping[str, Callable[[int], Tensor]] = {
    **{
        plane.__name__: in_each_channel(plane)
        for plane in (identity, blur, gaussian, sharpen, edges, vertical_edges, horizontal_edges, emboss)
    },
    red_minus_green.__name__: red_minus_green,
}


def written(kernel: Tensor) -> str:
    """Write a kernel [3, k, k] as text for a link, row by row; only one plane if all are the same."""
    planes = kernel[:1] if all(torch.equal(kernel[0], plane) for plane in kernel) else kernel
    return ",".join(f"{value:.4g}" for value in planes.flatten().tolist())


def parse(text: str) -> Tensor:
    """Read the kernel [3, k, k] that `written` wrote: k x k numbers for three equal planes, or 3 x k x k.

    Raises InputError for any other count, and for a number that is not finite or is larger than 100.
    """
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        raise InputError("kernel_numbers", found=shown(text)) from None
    bad = next((number for number in numbers if not abs(number) <= LARGEST), None)
    if bad is not None:
        raise InputError("kernel_weight", found=shown(bad), limit=round(LARGEST))
    for size in SIZES:
        if len(numbers) in (size**2, CHANNELS * size**2):
            planes = torch.tensor(numbers).view(-1, size, size)
            return planes.expand(CHANNELS, size, size).clone()
    raise InputError("kernel_count", found=len(numbers))


def resized(kernel: Tensor, size: int) -> Tensor:
    """Cut a kernel [3, k, k] to another size around its centre, or pad it with zeros."""
    before, after = ((n - 1) // 2 for n in (kernel.shape[-1], size))
    first = after - before
    last = size - kernel.shape[-1] - first
    return F.pad(kernel, (first, last, first, last))


def is_symmetric(kernel: Tensor) -> bool:
    """Whether turning the kernel by 180° changes nothing; convolution then equals cross-correlation."""
    return torch.equal(kernel, kernel.flip(-2, -1))
