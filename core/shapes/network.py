"""A network as a list of layers that a learner edits: presets to start from, each change a new list."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.shapes.code import from_short, short
from core.shapes.formula import LARGEST
from core.shapes.layers import LAYERS, MOST_FEATURES, OTHER, REQUIRED, Layer, Shape
from core.shapes.trace import MOST_LAYERS, trace

Layers = tuple[Layer, ...]


@dataclass(frozen=True)
class Preset:
    """A network in the short form of a link, and the shape of the image that it is made for."""

    text: str
    input_shape: tuple[int, int, int]

    @property
    def layers(self) -> Layers:
        """The layers of the preset."""
        return from_short(self.text)


PRESETS: Mapping[str, Preset] = {
    # core.lenet.LeNet, layer by layer
    "lenet": Preset(
        "Conv2d(3,6,5),ReLU(),MaxPool2d(2),Conv2d(6,16,5),ReLU(),MaxPool2d(2),"
        "Flatten(),Linear(400,120),ReLU(),Linear(120,84),ReLU(),Linear(84,10)",
        (3, 32, 32),
    ),
    "lenet_norm": Preset(
        "Conv2d(3,6,5),BatchNorm2d(6),ReLU(),MaxPool2d(2),Conv2d(6,16,5),BatchNorm2d(16),ReLU(),MaxPool2d(2),"
        "Flatten(),Linear(400,120),BatchNorm1d(120),ReLU(),Linear(120,84),BatchNorm1d(84),ReLU(),Linear(84,10)",
        (3, 32, 32),
    ),
    "lenet_dropout": Preset(
        "Conv2d(3,6,5),ReLU(),MaxPool2d(2),Conv2d(6,16,5),ReLU(),MaxPool2d(2),"
        "Flatten(),Linear(400,120),ReLU(),Dropout(0.5),Linear(120,84),ReLU(),Dropout(0.5),Linear(84,10)",
        (3, 32, 32),
    ),
    # after LeCun et al. 1998, whose tanh is scaled and whose pooling has weights
    "lenet_1998": Preset(
        "Conv2d(3,6,5),Tanh(),AvgPool2d(2),Conv2d(6,16,5),Tanh(),AvgPool2d(2),"
        "Flatten(),Linear(400,120),Tanh(),Linear(120,84),Tanh(),Linear(84,10)",
        (3, 32, 32),
    ),
    "linear": Preset("Flatten(),Linear(3072,10)", (3, 32, 32)),
    # 61,670 parameters, LeNet has 62,006
    "mlp": Preset("Flatten(),Linear(3072,20),ReLU(),Linear(20,10)", (3, 32, 32)),
    # after Simonyan & Zisserman 2015: pairs of 3 x 3 convolutions, channels doubled where the size is halved
    "vgg": Preset(
        "Conv2d(3,16,3,padding=1),BatchNorm2d(16),ReLU(),Conv2d(16,16,3,padding=1),BatchNorm2d(16),ReLU(),MaxPool2d(2),"
        "Conv2d(16,32,3,padding=1),BatchNorm2d(32),ReLU(),Conv2d(32,32,3,padding=1),BatchNorm2d(32),ReLU(),MaxPool2d(2),"
        "Conv2d(32,64,3,padding=1),BatchNorm2d(64),ReLU(),Conv2d(64,64,3,padding=1),BatchNorm2d(64),ReLU(),MaxPool2d(2),"
        "Flatten(),Linear(1024,128),ReLU(),Dropout(0.5),Linear(128,10)",
        (3, 32, 32),
    ),
    # after He et al. 2016, with the early pooling that they used for large images
    "resnet": Preset(
        "Conv2d(3,24,3,padding=1,bias=False),BatchNorm2d(24),ReLU(),MaxPool2d(2),"
        "BasicBlock(24,24),BasicBlock(24,48,stride=2),BasicBlock(48,96,stride=2),"
        "AdaptiveAvgPool2d(1),Flatten(),Linear(96,10)",
        (3, 32, 32),
    ),
    # LeNet-5 as usually drawn today: a grey image of 28 x 28, padded to 32 x 32, average pooling
    "lenet28": Preset(
        "Conv2d(1,6,5,padding=2),Sigmoid(),AvgPool2d(2),Conv2d(6,16,5),Sigmoid(),AvgPool2d(2),"
        "Flatten(),Linear(400,120),Sigmoid(),Linear(120,84),Sigmoid(),Linear(84,10)",
        (1, 28, 28),
    ),
    "empty": Preset("", (3, 32, 32)),
}
# Accuracy in percent on CIFAR-10's test images after MEASURED_EPOCHS of the fast recipe on the app's own
# 45,000 training images: one run, seed 0, one thread, as `python -m tests.benchmarks.presets` prints it.
MEASURED_EPOCHS = 6
MEASURED: Mapping[str, float] = {
    "lenet": 64.0,
    "lenet_norm": 68.0,
    "lenet_dropout": 54.9,
    "lenet_1998": 58.3,
    "linear": 34.9,
    "mlp": 45.6,
    "vgg": 78.3,
    "resnet": 77.6,
}


def preset_of(layers: Layers, image: Shape) -> str | None:
    """Name of the preset that these layers are, for images of this shape; None for any other list."""
    found = short(layers), image
    return next((name for name, each in PRESETS.items() if (each.text, each.input_shape) == found), None)


def fresh(kind: str, arriving: Shape | None) -> Layer:
    """A new layer that fits the arriving shape as far as it can."""
    shape = arriving or (16, 8, 8)
    channels = min(shape[0], LARGEST)
    starts: Mapping[str, Any] = {
        **dict.fromkeys(("in_channels", "num_features", "num_channels", "inplanes", "planes"), channels),
        "out_channels": 16,
        "kernel_size": 3 if kind == "Conv2d" else 2,
        "output_size": 1,
        "padding": 1,
        "num_groups": _groups(channels),
        "normalized_shape": shape if len(shape) > 1 else shape[0],
        "size": 5,
        "upscale_factor": 1 if channels % 4 else 2,
        "dim": 1,
        "unflattened_size": _square(shape[0]),
        "in_features": min(shape[-1], MOST_FEATURES),
        "out_features": 10,
        "name": "MyBlock",
    }
    params = {param.name: starts[param.name] for param in LAYERS[kind].params if param.default is REQUIRED}
    written: Mapping[str, Mapping[str, Any]] = {
        **{name: {"dim": 1} for name in ("Softmax", "LogSoftmax")},
        **{name: {"p": 0.5} for name in ("Dropout", "Dropout2d", "AlphaDropout")},
        "ConvTranspose2d": {"stride": 2},
        "Upsample": {"scale_factor": 2},
        OTHER: {"shape": arriving},
    }
    return Layer(kind, {**params, **written.get(kind, {})})


def _groups(channels: int) -> int:
    """A number of groups with at least two channels in each, where that is possible."""
    return next((groups for groups in (8, 4, 2) if not channels % groups and channels > groups), 1)


def _square(features: int) -> tuple[int, int, int]:
    """Channels, height and width of a square map of so many numbers."""
    side = next(side for side in range(8, 0, -1) if features % side**2 == 0)
    return features // side**2, side, side


def added(layers: Layers, kind: str, after: int, input_shape: Shape) -> Layers:
    """Add a new layer of this kind behind the layer at `after`, -1 for the front."""
    traced = trace(layers, input_shape)
    arriving = traced[after].output_shape if after >= 0 else input_shape
    return (*layers[: after + 1], fresh(kind, arriving), *layers[after + 1 :])


def moved(layers: Layers, index: int, by: int) -> Layers:
    """Move a layer `by` places further down; unchanged where there is no such place."""
    if not 0 <= index + by < len(layers):
        return layers
    order = list(layers)
    order.insert(index + by, order.pop(index))
    return tuple(order)


def removed(layers: Layers, index: int) -> Layers:
    """Remove the layer at `index`."""
    return (*layers[:index], *layers[index + 1 :])


def replaced(layers: Layers, index: int, layer: Layer) -> Layers:
    """Replace the layer at `index`."""
    return (*layers[:index], layer, *layers[index + 1 :])


def is_full(layers: Sequence[Layer]) -> bool:
    """Whether the list has reached MOST_LAYERS layers."""
    return len(layers) >= MOST_LAYERS
