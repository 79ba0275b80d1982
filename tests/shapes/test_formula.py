"""core.shapes.formula: LaTeX with the learner's numbers and its result; unread cells get no gradient."""

import math
import random
import re

import pytest
import torch
import torch.nn.functional as F
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from core.errors import InputError
from core.shapes.formula import SizeFormula, convolution, decimal, pair, pooling

quietly = settings(derandomize=True, database=None, deadline=None, max_examples=500)
FORMULAS = st.builds(
    SizeFormula,
    st.integers(1, 40),
    st.integers(1, 8),
    st.integers(1, 6),
    st.integers(0, 4),
    st.integers(0, 4),
    st.integers(1, 4),
)


def numbers(latex: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", latex)]


def worked_out(line: str) -> int:
    """The value of one line of the LaTeX, read as arithmetic."""
    code = re.sub(r"\\left\\l(floor|ceil)", r"\1(", line)
    code = re.sub(r"\\right\\r(floor|ceil)", ")", code)
    code = (
        re.sub(r"\\frac\{([^}]*)\}\{(\d+)\}", r"((\1)/\2)", code)
        .replace(r"\cdot", "*")
        .replace(r"\ldots", "")
    )
    code = re.sub(r"\\mathbf\{(-?\d+)\}", r"\1", code)
    value = eval(code, {"floor": math.floor, "ceil": math.ceil, "__builtins__": {}})
    assert value == int(value)
    return int(value)


def lines(latex: str) -> list[str]:
    inside = re.fullmatch(r"\\begin\{aligned\}O(?:_\{\w+\})? &= (.*)\\end\{aligned\}", latex)
    assert inside is not None, latex
    return [part for line in inside[1].split(r" \\ &= ") for part in line.split(r" = ")]


@quietly
@given(FORMULAS, st.booleans())
def test_every_line_of_the_formula_comes_to_the_output(row: SizeFormula, ceil_mode: bool) -> None:
    row = SizeFormula(row.size, row.kernel_size, row.stride, row.before, row.after, row.dilation, ceil_mode)
    steps = lines(row.latex_numbers())
    assert {worked_out(line) for line in steps} == {row.output}, steps
    first = numbers(steps[0])
    border = [2, row.before] if row.before == row.after else [row.before, row.after]
    assert first[:7] == [row.size, *border, row.dilation, row.kernel_size, 1, 1] and first[7] == row.stride
    assert steps[-1] == rf"\mathbf{{{row.output}}}"
    assert ("." in row.latex_numbers()) == (row.room % row.stride != 0)  # the decimals that the floor cuts
    for latex in (row.latex(), row.latex_numbers()):
        assert latex.count("{") == latex.count("}") and latex.count(r"\left") == latex.count(r"\right")
        assert (r"\lceil" in latex) == ceil_mode and (r"\lfloor" in latex) != ceil_mode


def test_the_formula_in_letters() -> None:
    row = SizeFormula(32, 5)
    assert row.latex() == r"O = \left\lfloor \frac{I + 2p - d\,(k - 1) - 1}{s} \right\rfloor + 1"
    assert "I_{h}" in row.latex("h") and "O_{h} =" in row.latex("h") and "O_{h} &=" in row.latex_numbers("h")
    assert (
        "p^{-} + p^{+}" in SizeFormula(32, 4, 1, 1, 2).latex()
        and "2p" not in SizeFormula(32, 4, 1, 1, 2).latex()
    )
    dropped = SizeFormula(3, 2, 5, ceil_mode=True)
    assert dropped.drops_last and dropped.latex().endswith("+ 1 - 1") and dropped.output == 1


def test_half_steps_are_shown_and_cut() -> None:
    row = SizeFormula(32, 5, 2)
    assert row.output == 14 and row.remainder == 1 and "13.5" in row.latex_numbers()
    assert "." not in SizeFormula(32, 5).latex_numbers()


@pytest.mark.parametrize(
    ("top", "bottom", "text"),
    [(27, 2, "13.5"), (1, 3, r"0.333\ldots"), (-1, 2, "-0.5"), (5, 1, "5"), (1, 16, r"0.062\ldots")],
)
def test_decimals(top: int, bottom: int, text: str) -> None:
    assert decimal(top, bottom) == text


@quietly
@given(FORMULAS)
def test_unread_cells_are_those_that_no_gradient_reaches(row: SizeFormula) -> None:
    assume(row.output >= 1)
    x = torch.zeros(1, 1, row.size, dtype=torch.float64, requires_grad=True)
    weight = torch.ones(1, 1, row.kernel_size, dtype=torch.float64)
    output = F.conv1d(F.pad(x, (row.before, row.after)), weight, stride=row.stride, dilation=row.dilation)
    assert output.shape[2] == row.output == row.checked()
    output.sum().backward()
    assert x.grad is not None
    assert row.unread == tuple((x.grad[0, 0] == 0).nonzero().flatten().tolist())


@quietly
@given(FORMULAS, st.integers(0, 10**6))
def test_one_output_reads_the_cells_that_its_gradient_reaches(row: SizeFormula, seed: int) -> None:
    assume(row.output >= 1)
    position = random.Random(seed).randrange(row.output)
    x = torch.zeros(1, 1, row.padded, dtype=torch.float64, requires_grad=True)
    output = F.conv1d(
        x, torch.ones(1, 1, row.kernel_size, dtype=torch.float64), stride=row.stride, dilation=row.dilation
    )
    output[0, 0, position].backward()
    assert x.grad is not None
    assert list(row.reads(position)) == [
        cell - row.before for cell in x.grad[0, 0].nonzero().flatten().tolist()
    ]
    assert (
        len(row.reads(position)) == row.kernel_size
        and row.reads(position)[-1] - row.reads(position)[0] + 1 == row.span
    )


@pytest.mark.filterwarnings("ignore:Using padding='same'")
def test_same_puts_the_odd_cell_where_torch_puts_it() -> None:
    for kernel in range(1, 8):
        for dilation in range(1, 4):
            height, width = convolution((9, 12), kernel, 1, "same", dilation)
            assert (height.output, width.output) == (9, 12) and height.after - height.before in (0, 1)
            impulse = torch.zeros(1, 1, 9, 12)
            impulse[0, 0, 4, 6] = 1
            theirs = (
                F.conv2d(impulse, torch.ones(1, 1, kernel, kernel), padding="same", dilation=dilation)[0, 0]
                .nonzero()
                .tolist()
            )
            ours = [
                [i, j] for i in range(9) for j in range(12) if 4 in height.reads(i) and 6 in width.reads(j)
            ]
            assert ours == theirs


def test_ceil_mode_drops_a_window_as_torch_does() -> None:
    dropped = 0
    for size in range(1, 14):
        for kernel in range(1, 6):
            for stride in range(1, 7):
                for padding in range(kernel // 2 + 1):
                    row = pooling((size, 1), (kernel, 1), (stride, 1), (padding, 0), 1, True)[0]
                    try:
                        wanted = F.max_pool2d(
                            torch.zeros(1, 1, size, 1), (kernel, 1), (stride, 1), (padding, 0), ceil_mode=True
                        ).shape[2]
                    except RuntimeError:
                        wanted = None
                    assert (row.output if row.output >= 1 else None) == wanted
                    dropped += row.drops_last
    assert dropped > 50


def test_a_window_without_a_place_says_its_numbers() -> None:
    with pytest.raises(InputError) as refused:
        SizeFormula(5, 4, 1, 1, 1, 3).checked()
    assert refused.value.values == {"kernel_size": 4, "dilation": 3, "span": 10, "size": 5, "padded": 7}
    for number in ("4", "3", "10", "5", "7"):
        assert number in str(refused.value) and number in refused.value.sentence("zh")


def test_pairs() -> None:
    assert pair("size", 3) == pair("size", (3, 3)) == pair("size", [3, 3]) == (3, 3)
    assert pair("padding", (0, 2), low=0) == (0, 2)
    for value in ((0, 3), (3, 0), (1, 2, 3), (3,), "33", {3, 4}, None):
        with pytest.raises(InputError) as refused:
            pair("size", value)
        assert "size" in str(refused.value)
