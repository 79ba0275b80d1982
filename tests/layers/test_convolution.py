"""core.layers.convolution: written-out sums equal torch's, and torch's convolution is cross-correlation."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from core.errors import InputError
from core.layers.convolution import flipped, impulse_response, output_cell
from core.layers.kernels import KERNELS, is_symmetric


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    channels=st.integers(1, 4),
    filters=st.integers(1, 3),
    height=st.integers(1, 14),
    width=st.integers(1, 14),
    size=st.integers(1, 7),
    stride=st.integers(1, 4),
    padding=st.integers(0, 6),
    dilation=st.integers(1, 3),
    biased=st.booleans(),
    seed=st.integers(0, 2**16),
)
def test_every_cell_equals_conv2d(
    channels: int,
    filters: int,
    height: int,
    width: int,
    size: int,
    stride: int,
    padding: int,
    dilation: int,
    biased: bool,
    seed: int,
) -> None:
    assume(min(height, width) + 2 * padding >= dilation * (size - 1) + 1)
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(1, channels, height, width, generator=generator)
    weight = torch.randn(filters, channels, size, size, generator=generator)
    bias = torch.randn(filters, generator=generator) if biased else None
    output = F.conv2d(x, weight, bias, stride, padding, dilation)[0]
    rows, columns = output.shape[1:]
    for row in {0, rows // 2, rows - 1}:
        for column in {0, columns // 2, columns - 1}:
            channel = (row + column) % filters
            terms = output_cell(x, weight, bias, stride, padding, dilation, channel, row, column)
            assert terms.total == pytest.approx(float(output[channel, row, column]), abs=1e-5, rel=1e-5)
            assert terms.inputs.shape == terms.products.shape == (channels, size, size)
            assert terms.sums.sum() + terms.bias == pytest.approx(terms.total)
            for i in range(size):
                for j in range(size):
                    place, other = (
                        row * stride + i * dilation - padding,
                        column * stride + j * dilation - padding,
                    )
                    inside = 0 <= place < height and 0 <= other < width
                    assert torch.equal(
                        terms.inputs[:, i, j], x[0, :, place, other] if inside else torch.zeros(channels)
                    )
    for row, column in ((rows, 0), (0, columns), (-1, 0), (0, -1)):
        with pytest.raises(InputError):
            output_cell(x, weight, bias, stride, padding, dilation, 0, row, column)


def test_conv2d_answers_an_impulse_with_the_kernel_turned() -> None:
    plane = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]])
    response = impulse_response(plane)
    assert response.cross_correlation.tolist() == [[9.0, 8.0, 7.0], [6.0, 5.0, 4.0], [3.0, 2.0, 1.0]]
    assert torch.equal(response.convolution, plane)
    assert response.impulse.sum() == 1 and response.impulse[2, 2] == 1


@pytest.mark.parametrize("name", KERNELS)
@pytest.mark.parametrize("size", range(1, 8))
def test_impulse_responses_of_all_kernels(name: str, size: int) -> None:
    kernel = KERNELS[name](size)
    response = impulse_response(kernel[0])
    assert torch.equal(response.cross_correlation, kernel[0].flip(0, 1))
    assert torch.equal(response.convolution, kernel[0])
    assert is_symmetric(kernel) == torch.equal(flipped(kernel), kernel)
