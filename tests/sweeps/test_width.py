"""A layer's width changed: the next layers follow, and the network stays trainable."""

import pytest

from core.errors import InputError
from core.shapes.code import from_short, short
from core.shapes.network import PRESETS
from core.shapes.trainable import trainable
from core.sweeps.width import widened, widths

VGG = PRESETS["vgg"].layers


@pytest.mark.parametrize("preset", ["lenet", "vgg"])
@pytest.mark.parametrize("width", [1, 7, 40])
def test_every_layer_but_the_last_can_have_another_width(preset: str, width: int) -> None:
    layers = PRESETS[preset].layers
    for name in widths(layers):
        changed = widened(layers, name, width)
        assert widths(changed) == {**widths(layers), name: width}
        assert len(trainable(changed)) == len(layers)


def test_what_normalises_the_layer_follows() -> None:
    changed = short(widened(VGG, "conv1", 5))
    assert changed.startswith("Conv2d(3,5,3,padding=1),BatchNorm2d(5),ReLU(),Conv2d(5,16,3,padding=1)")


def test_only_what_reads_the_layer_is_changed() -> None:
    layers = from_short("Conv2d(3,8,3),GroupNorm(2,8),Flatten(),Linear(7200,10)")
    changed = short(widened(layers, "conv1", 6))
    assert changed == "Conv2d(3,6,3),GroupNorm(2,6),Flatten(),Linear(5400,10)"


@pytest.mark.parametrize("name", ["fc3", "relu1", "conv3", ""])
def test_a_layer_without_a_width_of_its_own_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="conv1, conv2, fc1, fc2"):
        widened(PRESETS["lenet"].layers, name, 5)
