"""The boxes of a network: to scale, one for each change of shape, and an end where it breaks."""

import pytest

from core.figures.shapes import SLANT, TALLEST, WIDEST, volumes
from core.shapes import Layer, trace
from core.shapes.network import PRESETS


def test_the_boxes_of_lenet() -> None:
    boxes = volumes((3, 32, 32), trace(PRESETS["lenet"].layers, (3, 32, 32)), "image")
    assert [box.names for box in boxes[:4]] == [
        ("image",),
        ("conv1", "relu1"),
        ("pool1",),
        ("conv2", "relu2"),
    ]
    assert [box.shape for box in boxes[-4:]] == [(400,), (120,), (84,), (10,)]
    assert [place for box in boxes for place in box.layers] == list(range(12))
    image, conv1 = boxes[0], boxes[1]
    assert (image.height, image.slant) == (TALLEST, pytest.approx(SLANT * TALLEST))
    # An edge grows with the square root of its number.
    assert (conv1.height / image.height) ** 2 == pytest.approx(28 / 32, rel=0.01)
    assert boxes[3].width == WIDEST
    assert (conv1.width / boxes[3].width) ** 2 == pytest.approx(6 / 16, rel=0.01)
    assert boxes[5].slant == 0


def test_the_boxes_end_where_the_network_breaks() -> None:
    boxes = volumes((3, 28, 28), trace(PRESETS["lenet"].layers, (3, 28, 28)), "image")
    assert (boxes[-1].names, boxes[-1].group, boxes[-1].shape, boxes[-1].layers) == (
        ("fc1",),
        "broken",
        None,
        [7],
    )


def test_height_and_width_are_drawn_apart_and_nothing_vanishes() -> None:
    layers = [Layer("Conv2d", {"in_channels": 1, "out_channels": 1000, "kernel_size": (1, 100)})]
    image, last = volumes((1, 1, 100), trace(layers, (1, 1, 100)), "image")
    assert image.slant > image.height
    assert min(box_edge for box in (image, last) for box_edge in (box.height, box.width, box.slant)) > 1
    assert volumes((3, 8, 8), [], "image")[0].names == ("image",)
