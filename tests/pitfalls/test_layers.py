"""core.pitfalls.layers: the wrong lines still end as the page says, in PyTorch's own words."""

from core.outcome import outcome
from core.pitfalls import layers


def test_what_pytorch_says() -> None:
    assert (
        outcome(layers.relu_as_a_function).answer == "AttributeError: 'ReLU' object has no attribute 'shape'"
    )
    assert (
        "mat1 and mat2 shapes cannot be multiplied (160x5 and 400x120)"
        in outcome(layers.linear_without_flatten).answer
    )
    assert (
        outcome(layers.view_with_the_wrong_size).answer
        == "RuntimeError: shape '[-1, 576]' is invalid for input of size 6400"
    )
    assert outcome(layers.view_that_mixes_images).answer == "(25, 576)"
