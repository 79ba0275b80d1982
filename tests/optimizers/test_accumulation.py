"""core.optimizers.accumulation: sums of gradients against autograd, and what zero_grad() leaves."""

import inspect

import pytest
import torch
import torch.nn.functional as F

from core.errors import InputError
from core.optimizers import accumulation
from core.optimizers.accumulation import BATCHES, LR, START, WAYS, accumulated, cleared, together

COUNTS = range(1, len(BATCHES) + 1)


def gradients(count: int) -> list[float]:
    """Each batch's own gradient by the formula: the mean of 2 x (w x - y)."""
    return [sum(2 * x * (START * x - y) for x, y in batch) / len(batch) for batch in BATCHES[:count]]


@pytest.mark.parametrize("count", COUNTS)
def test_forgotten_gradients_add_up(count: int) -> None:
    result, own = accumulated(count, "forgotten"), gradients(count)
    assert [call.name for call in result.calls] == ["backward"] * count
    assert [call.own for call in result.calls] == pytest.approx(own)
    assert [call.grad for call in result.calls] == pytest.approx([sum(own[: n + 1]) for n in range(count)])
    assert result.grad == pytest.approx(sum(own))
    assert result.grad / together(count).grad == pytest.approx(count)


@pytest.mark.parametrize("count", COUNTS)
def test_cleared_gradients_are_the_last_batchs(count: int) -> None:
    result, own = accumulated(count, "cleared"), gradients(count)
    assert [call.name for call in result.calls] == ["zero_grad", "backward"] * count
    assert [call.grad for call in result.calls[::2]] == [None] * count
    assert [call.grad for call in result.calls[1::2]] == pytest.approx(own)
    assert result.grad == pytest.approx(own[-1])


@pytest.mark.parametrize("count", COUNTS)
def test_a_divided_loss_gives_the_gradient_of_one_large_batch(count: int) -> None:
    result, large = accumulated(count, "divided"), together(count)
    assert result.grad == pytest.approx(large.grad, rel=1e-6) == sum(gradients(count)) / count
    assert (result.after, result.loss_after) == pytest.approx((large.after, large.loss_after))


@pytest.mark.parametrize("way", WAYS)
def test_the_step_is_sgds(way: str) -> None:
    result = accumulated(4, way)
    x, y = torch.tensor(BATCHES).flatten(0, 1).unbind(1)
    assert result.before == START
    assert result.after == pytest.approx(START - LR * result.grad)
    assert result.loss_before == pytest.approx(F.mse_loss(START * x, y).item())
    assert result.loss_after == pytest.approx(F.mse_loss(result.after * x, y).item())


def test_the_forgotten_step_of_four_batches_makes_the_loss_larger() -> None:
    forgotten, large = accumulated(4, "forgotten"), together(4)
    assert forgotten.loss_after > forgotten.loss_before > large.loss_after


def test_what_zero_grad_leaves() -> None:
    none, zero = cleared(set_to_none=True), cleared(set_to_none=False)
    assert (none.grad, zero.grad) == ("None", "tensor(0.)")
    assert none.norm.error == "AttributeError: 'NoneType' object has no attribute 'norm'"
    assert zero.norm.value == "tensor(0.)"
    assert none.moved == 0
    assert zero.moved == pytest.approx(-LR * accumulation.MOMENTUM * gradients(1)[0])
    assert inspect.signature(torch.optim.Optimizer.zero_grad).parameters["set_to_none"].default is True


@pytest.mark.parametrize("count", [0, 5, -1, 1.5, "2", None, True, float("nan")])
def test_another_count_is_refused(count: object) -> None:
    for line in (lambda: accumulated(count, "cleared"), lambda: together(count)):  # type: ignore[arg-type]
        with pytest.raises(InputError, match="count"):
            line()


def test_another_way_is_refused() -> None:
    with pytest.raises(InputError, match="forgotten, cleared, divided"):
        accumulated(2, "<script>")
