"""core.optimizers.momenta: torch.optim.SGD is one side, the formula worked by hand the other."""

import pytest
import torch

from core.errors import InputError
from core.optimizers.momenta import STREAMS, momenta, stream


def test_as_worked_by_hand() -> None:
    both = momenta([1.0] * 3, 0.1, 0.9)
    assert both.torch.tolist() == pytest.approx([0, -0.1, -0.29, -0.561])
    assert both.tutorial.tolist() == pytest.approx([0, -0.01, -0.029, -0.0561])


@pytest.mark.parametrize("kind", STREAMS)
@pytest.mark.parametrize("beta", [0.0, 0.5, 0.9, 0.999])
def test_the_ratio_is_the_same_at_every_step(kind: str, beta: float) -> None:
    gradients = stream(kind, 30)
    both = momenta(gradients, 0.1, beta)
    assert both.torch.tolist() == pytest.approx((both.tutorial / (1 - beta)).tolist(), abs=1e-12)
    matched = momenta(gradients, 0.1, beta, matched=True)
    assert matched.torch.tolist() == pytest.approx(matched.tutorial.tolist(), abs=1e-12)
    assert torch.equal(matched.torch, both.torch)


def test_dampening_is_not_the_average() -> None:
    position = torch.zeros(1, requires_grad=True)
    optimizer = torch.optim.SGD([position], lr=0.1, momentum=0.9, dampening=0.9)
    path = []
    for _ in range(3):
        position.grad = torch.ones(1)
        optimizer.step()
        path.append(position.item())
    assert path == pytest.approx([-0.1, -0.2, -0.3])  # the average: -0.01, -0.029, -0.0561


def test_streams_and_refusals() -> None:
    assert (
        stream("constant", 2) == [1, 1]
        and stream("turning", 3) == [1, -1, 1]
        and len(set(stream("noisy", 50))) == 50
    )
    for wrong in (
        lambda: stream("loud", 3),
        lambda: momenta([], 0.1, 0.9),
        lambda: momenta([1.0], 0.1, 1.0),
        lambda: momenta([1.0] * 2001, 0.1, 0.5),
    ):
        with pytest.raises(InputError):
            wrong()
