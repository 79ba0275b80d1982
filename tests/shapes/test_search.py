"""core.shapes.search: settings reach their size in torch, none is left out, the plainest comes first."""

from typing import Any

import pytest
import torch
import torch.nn.functional as F

from core.shapes.search import DILATIONS, PADDINGS, STRIDES, reach, reaching

SIZES, KERNELS = (1, 2, 5, 7, 13, 28, 32), (1, 2, 3, 5, 8)


def by_torch(
    size: int, kernel: int, stride: int, padding: int, dilation: int, pool: bool, ceil_mode: bool
) -> int | None:
    """Width of torch's output, None where torch refuses."""
    x = torch.empty(1, 1, 1, size, device="meta")
    try:
        if pool:
            return F.max_pool2d(x, (1, kernel), (1, stride), (0, padding), (1, dilation), ceil_mode).shape[3]
        return F.conv2d(
            x, torch.empty(1, 1, 1, kernel, device="meta"), None, (1, stride), (0, padding), (1, dilation)
        ).shape[3]
    except RuntimeError:
        return None


@pytest.mark.parametrize(("pool", "ceil_mode"), [(False, False), (True, False), (True, True)])
def test_the_settings_are_all_those_that_torch_confirms(pool: bool, ceil_mode: bool) -> None:
    limits: dict[str, Any] = {"pool": pool, "ceil_mode": ceil_mode}
    for size in (1, 7, 32):
        for kernel in (1, 2, 3, 8):
            made: dict[int | None, set[tuple[int, ...]]] = {}
            for dilation in DILATIONS:
                for padding in PADDINGS:
                    for stride in STRIDES:
                        made.setdefault(
                            by_torch(size, kernel, stride, padding, dilation, pool, ceil_mode), set()
                        ).add((stride, padding, dilation))
            outputs = [output for output in made if output is not None]
            assert reach(size, kernel, **limits) == (
                range(min(outputs), max(outputs) + 1) if outputs else range(0)
            )
            for wanted in (*outputs, 0, -1, 1000):
                found = reaching(size, wanted, kernel, **limits)
                assert {(row.stride, row.before, row.dilation) for row in found} == made.get(wanted, set())
                assert len(found) == len(made.get(wanted, ())) and all(
                    row.before == row.after for row in found
                )


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kernel", KERNELS)
def test_same_and_half_really_reach_their_size(size: int, kernel: int) -> None:
    for wanted in (size, max(1, size // 2)):
        for pool in (False, True):
            found = reaching(size, wanted, kernel, pool=pool)
            for row in found:
                assert by_torch(size, kernel, row.stride, row.before, row.dilation, pool, False) == wanted
            assert found or wanted not in reach(size, kernel, pool=pool) or kernel % 2 == 0 or pool
    if kernel % 2:
        best = reaching(size, size, kernel)[0]
        if size >= kernel:
            assert (best.stride, best.before, best.dilation) == (1, kernel // 2, 1)


def test_the_plainest_comes_first() -> None:
    for found in (reaching(32, 16, 3), reaching(28, 14, 5), reaching(32, 8, 2, pool=True)):
        keys = [(row.dilation, len(row.unread), row.before, row.stride) for row in found]
        assert keys == sorted(keys) and len(keys) > 1
    assert (reaching(32, 16, 2, pool=True)[0].stride, reaching(32, 16, 2, pool=True)[0].before) == (2, 0)
    assert {row.dilation for row in reaching(32, 16, 3, dilations=(1,))} == {1}
