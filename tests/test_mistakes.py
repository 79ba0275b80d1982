"""core.mistakes: the wrong lines still end as the page says, in PyTorch's own words."""

from core import mistakes


def test_what_pytorch_says() -> None:
    assert mistakes.said(mistakes.relu_as_a_function) == "AttributeError: 'ReLU' object has no attribute 'shape'"
    assert "mat1 and mat2 shapes cannot be multiplied (160x5 and 400x120)" in mistakes.said(mistakes.linear_without_flatten)
    assert mistakes.said(mistakes.view_with_the_wrong_size) == "RuntimeError: shape '[-1, 576]' is invalid for input of size 6400"
    assert mistakes.said(mistakes.view_that_mixes_images) == "(25, 576)"
