"""core.layers.kernels: well-known kernels at every size, and text that comes from a link."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import InputError
from core.layers.kernels import KERNELS, LARGEST, SIZES, parse, resized, written

SUMS = {
    "identity": 1,
    "blur": 1,
    "gaussian": 1,
    "sharpen": 1,
    "edges": 0,
    "vertical_edges": 0,
    "horizontal_edges": 0,
    "emboss": 1,
}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", KERNELS)
def test_on_a_plain_wall_a_kernel_gives_its_sum(name: str, size: int) -> None:
    kernel = KERNELS[name](size)
    assert kernel.shape == (3, size, size) and kernel.abs().max() <= LARGEST
    wall = torch.full((1, 3, 16, 16), 0.5)
    expected = 0.0 if name == "red_minus_green" else 3 * 0.5 * SUMS[name]
    assert F.conv2d(wall, kernel[None]).flatten().tolist() == pytest.approx(
        [expected] * (17 - size) ** 2, abs=1e-3
    )


def test_the_textbook_kernels_at_their_size() -> None:
    assert KERNELS["sharpen"](3)[0].tolist() == [[0, -1, 0], [-1, 5, -1], [0, -1, 0]]
    assert KERNELS["edges"](3)[1].tolist() == [[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]]
    assert KERNELS["vertical_edges"](3)[2].tolist() == [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]
    assert KERNELS["horizontal_edges"](3)[2].tolist() == [[-1, -2, -1], [0, 0, 0], [1, 2, 1]]
    assert KERNELS["emboss"](3)[0].tolist() == [[-2, -1, 0], [-1, 1, 1], [0, 1, 2]]
    assert KERNELS["gaussian"](5)[0, 2].tolist() == pytest.approx(
        [6 / 256, 24 / 256, 36 / 256, 24 / 256, 6 / 256]
    )


def test_identity_gives_the_image_back() -> None:
    x = torch.rand(1, 3, 9, 9)
    assert torch.allclose(F.conv2d(x, KERNELS["identity"](5)[None], padding=2)[0, 0], x[0].sum(0))


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.sampled_from(SIZES), st.booleans(), st.integers(0, 9999))
def test_a_kernel_survives_the_link(size: int, alike: bool, seed: int) -> None:
    numbers = torch.randint(-999, 1000, (3, size, size), generator=torch.Generator().manual_seed(seed)) / 10
    kernel = numbers[:1].expand(3, size, size) if alike else numbers
    assert torch.equal(parse(written(kernel)), kernel)


@pytest.mark.parametrize(
    "text",
    ["", "x", "1,,2", "nan", "inf", "1,2", "101", "-100.5", "1e400", "1," * 200 + "1", "9" * 5000, "<b>,1"],
)
def test_what_is_no_kernel_is_refused(text: str) -> None:
    with pytest.raises(InputError) as refused:
        parse(text)
    assert len(str(refused.value)) < 300


def test_resizing_keeps_the_centre() -> None:
    kernel = KERNELS["emboss"](3)
    assert torch.equal(resized(resized(kernel, 7), 3), kernel)
    assert resized(kernel, 1).flatten().tolist() == [1, 1, 1]
    assert resized(kernel, 5).sum() == kernel.sum()
    for before in SIZES:
        for after in SIZES:
            assert torch.equal(resized(KERNELS["identity"](before), after), KERNELS["identity"](after))
