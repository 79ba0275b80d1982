"""The size formula of a sliding window along one axis, computed, checked and written as LaTeX by one object.

Integers only and nothing allocated, so absurd settings are answered at once. Imports no torch.
Source: the shape sections of torch.nn.Conv2d and torch.nn.MaxPool2d, and ATen/native/Pool.h for ceil_mode.
"""

from dataclasses import dataclass
from typing import Any

from core.checks import one_of
from core.errors import InputError, shown

LARGEST = 100_000  # cells of an input, kernel, stride or border; beyond, a typo is likelier than an image
PADDINGS = ("same", "valid")
Size = int | tuple[int, int]


@dataclass(frozen=True)
class SizeFormula:
    """A window of `kernel_size` cells, `dilation` apart, moving by `stride` over `size` padded cells.

    Cells are counted from 0 at the first cell of the input, so the padding before that cell is negative.
    """

    size: int
    kernel_size: int
    stride: int = 1
    before: int = 0
    after: int = 0
    dilation: int = 1
    ceil_mode: bool = False

    @property
    def span(self) -> int:
        """Cells from the first that a window reads to the last."""
        return self.dilation * (self.kernel_size - 1) + 1

    @property
    def padded(self) -> int:
        """Cells of the input and its padding."""
        return self.size + self.before + self.after

    @property
    def room(self) -> int:
        """Cells the window can move: the formula's numerator, negative when the window doesn't fit."""
        return self.padded - self.span

    @property
    def remainder(self) -> int:
        """Padded cells behind the last whole step; 0 where the stride divides evenly."""
        return self.room % self.stride

    @property
    def steps(self) -> int:
        """The quotient, rounded down, or up in ceil_mode."""
        return -(-self.room // self.stride) if self.ceil_mode else self.room // self.stride

    @property
    def drops_last(self) -> bool:
        """Whether ceil_mode drops the last window because it would start in the padding behind the input."""
        return self.ceil_mode and self.steps * self.stride >= self.size + self.before

    @property
    def output(self) -> int:
        """Result of the formula; PyTorch refuses a result below 1."""
        return self.steps + 1 - self.drops_last

    def checked(self) -> int:
        """The output size. Raises InputError when the window doesn't fit."""
        if self.output < 1:
            raise InputError(
                "shape_kernel_too_large",
                kernel_size=self.kernel_size,
                dilation=self.dilation,
                span=self.span,
                size=self.size,
                padded=self.padded,
            )
        return self.output

    def reads(self, position: int) -> range:
        """Cells that the window reads at this output position."""
        first = position * self.stride - self.before
        return range(first, first + self.span, self.dilation)

    @property
    def unread(self) -> tuple[int, ...]:
        """Cells of the input that no window reads, in order; takes output x kernel_size steps."""
        read = {cell for position in range(self.output) for cell in self.reads(position)}
        return tuple(cell for cell in range(self.size) if cell not in read)

    def latex(self, axis: str = "") -> str:
        """The formula in letters, each with `axis` as its index."""
        mark = f"_{{{axis}}}" if axis else ""
        border = f"2p{mark}" if self.before == self.after else f"p^{{-}}{mark} + p^{{+}}{mark}"
        inside = rf"\frac{{I{mark} + {border} - d{mark}\,(k{mark} - 1) - 1}}{{s{mark}}}"
        return f"O{mark} = {self._rounded(inside)} + 1{' - 1' if self.drops_last else ''}"

    def latex_numbers(self, axis: str = "") -> str:
        """The formula with this window's numbers, down to the result."""
        mark = f"_{{{axis}}}" if axis else ""
        border = rf"2 \cdot {self.before}" if self.before == self.after else f"{self.before} + {self.after}"
        top = rf"{self.size} + {border} - {self.dilation} \cdot ({self.kernel_size} - 1) - 1"
        end = " + 1 - 1" if self.drops_last else " + 1"
        inside = [rf"\frac{{{top}}}{{{self.stride}}}"]
        if self.stride > 1:
            inside.append(rf"\frac{{{self.room}}}{{{self.stride}}}")
        if self.remainder:
            inside.append(decimal(self.room, self.stride))
        lines = [f"{self._rounded(part)}{end}" for part in inside]
        lines.append(rf"{self.steps}{end} = \mathbf{{{self.output}}}")
        return rf"\begin{{aligned}}O{mark} &= " + r" \\ &= ".join(lines) + r"\end{aligned}"

    def _rounded(self, inside: str) -> str:
        kind = "ceil" if self.ceil_mode else "floor"
        return rf"\left\l{kind} {inside} \right\r{kind}"


def decimal(top: int, bottom: int) -> str:
    """The quotient with at most three decimals, followed by dots where more exist."""
    exact = 1000 * top % bottom == 0
    return f"{top / bottom:.3f}".rstrip("0").rstrip(".") if exact else rf"{top / bottom:.3f}\ldots"


def convolution(
    size: Any, kernel_size: Any, stride: Any = 1, padding: Any = 0, dilation: Any = 1
) -> tuple[SizeFormula, SizeFormula]:
    """The formulas of nn.Conv2d along height and width.

    Each argument is a whole number or a pair, padding also "same" or "valid".
    Raises InputError for a value that is not allowed and, as PyTorch does, for "same" with a stride; not
    for a kernel that is too large.
    """
    sizes, kernels = pair("size", size), pair("kernel_size", kernel_size)
    strides, dilations = pair("stride", stride), pair("dilation", dilation)
    if isinstance(padding, str):
        borders = _named_padding(padding, kernels, strides, dilations)
    else:
        borders = tuple((border, border) for border in pair("padding", padding, low=0))
    height, width = (
        SizeFormula(sizes[axis], kernels[axis], strides[axis], *borders[axis], dilation=dilations[axis])
        for axis in range(2)
    )
    return height, width


def pooling(
    size: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: Any = False,
) -> tuple[SizeFormula, SizeFormula]:
    """The formulas of nn.MaxPool2d, and with dilation 1 of nn.AvgPool2d, along height and width.

    stride None is the kernel's size.
    Raises InputError for a value that is not allowed and for more padding than half the kernel; not for a
    kernel that is too large.
    """
    sizes, kernels = pair("size", size), pair("kernel_size", kernel_size)
    strides = kernels if stride is None else pair("stride", stride)
    paddings, dilations = pair("padding", padding, low=0), pair("dilation", dilation)
    one_of("ceil_mode", ceil_mode, (True, False))
    for kernel, border in zip(kernels, paddings, strict=True):
        if border > kernel // 2:
            raise InputError("shape_pool_padding", padding=border, kernel_size=kernel, most=kernel // 2)
    height, width = (
        SizeFormula(
            sizes[axis],
            kernels[axis],
            strides[axis],
            paddings[axis],
            paddings[axis],
            dilations[axis],
            ceil_mode,
        )
        for axis in range(2)
    )
    return height, width


def pair(name: str, value: object, low: int = 1, high: int = LARGEST) -> tuple[int, int]:
    """(height, width) from such a pair or from one whole number for both axes. Raises InputError."""
    if not isinstance(value, tuple | list):
        return (whole(name, value, low, high),) * 2
    if len(value) != 2:
        raise InputError("shape_pair", name=name, value=shown(value), low=low, high=high)
    return whole(name, value[0], low, high), whole(name, value[1], low, high)


def whole(name: str, value: object, low: int, high: int) -> int:
    """Return an int in this closed range; True and 3.0 don't count as ints. Raises InputError."""
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise InputError("shape_number", name=name, value=shown(value), low=low, high=high)
    return value


def _named_padding(
    padding: str, kernels: tuple[int, int], strides: tuple[int, int], dilations: tuple[int, int]
) -> tuple[tuple[int, int], ...]:
    """Both borders of each axis; "same" puts the odd cell behind the input, as PyTorch does."""
    if padding not in PADDINGS:
        raise InputError("shape_padding_word", value=shown(padding), high=LARGEST)
    if padding == "valid":
        return (0, 0), (0, 0)
    if strides != (1, 1):
        raise InputError(
            "shape_same_stride", stride=shown(strides if strides[0] != strides[1] else strides[0])
        )
    totals = [dilation * (kernel - 1) for kernel, dilation in zip(kernels, dilations, strict=True)]
    return tuple((total // 2, total - total // 2) for total in totals)
