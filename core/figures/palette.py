"""The colours of the app, one for each thing on every page. They are from Okabe & Ito's colour-blind safe set; ten optimizers need more."""

from collections.abc import Mapping
from dataclasses import dataclass

TRAIN = "#0072b2"
VALIDATION = "#d55e00"
TEST = "#009e73"
LEARNING_RATE = "#8c8c8c"
RUNS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7f6a00", "#6f6f6f")
CLASSES = (
    "#0072b2",
    "#7f6a00",
    "#56b4e9",
    "#d55e00",
    "#009e73",
    "#e69f00",
    "#3d8b37",
    "#cc79a7",
    "#4b4bc8",
    "#6f6f6f",
)  # of CIFAR-10
CRITERIA = {
    "cross_entropy": "#0072b2",
    "second_softmax": "#d55e00",
    "mse_softmax": "#cc79a7",
    "mse_logits": "#009e73",
}
NEGATIVE, ZERO, POSITIVE = (
    "#0072b2",
    "#f7f5f0",
    "#d55e00",
)  # a diverging scale for weights and activations, its middle at zero
CHANNELS = ("#d55e00", "#009e73", "#0072b2")  # red, green, blue
SEQUENTIAL = (
    "#00224e",
    "#31446b",
    "#666970",
    "#958f78",
    "#cbba69",
    "#fee838",
)  # cividis: dark is small, in any eye


@dataclass(frozen=True)
class Mark:
    """How an optimizer looks on every page: colour, line pattern in pixels, and the shape of its head, since ten colours are many."""

    colour: str
    dash: tuple[int, ...]
    shape: str


OPTIMIZERS: Mapping[str, Mark] = {
    "sgd": Mark("#7d7d7d", (), "circle"),
    "momentum": Mark("#0072b2", (), "square"),
    "nesterov": Mark("#3aa0dc", (8, 4), "diamond"),
    "adagrad": Mark("#009e73", (), "triangle"),
    "adadelta": Mark("#8a7400", (8, 4), "down"),
    "rmsprop": Mark("#e69f00", (), "pentagon"),
    "adam": Mark("#d55e00", (), "hexagon"),
    "adamw": Mark("#cc79a7", (8, 4), "square"),
    "nadam": Mark("#a8325e", (3, 3), "diamond"),
    "radam": Mark("#7b5bd6", (3, 3), "triangle"),
}
