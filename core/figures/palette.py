"""The colours of the app, one for each thing on every page.

They are from Okabe & Ito's colour-blind safe set; ten optimizers need more.
"""

from collections.abc import Mapping
from dataclasses import dataclass

TRAIN = "#0072b2"
VALIDATION = "#d55e00"
TEST = "#009e73"
LEARNING_RATE = "#8c8c8c"
RUNS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7f6a00", "#6f6f6f")
CLASSES = (  # of CIFAR-10
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
)
CRITERIA = {
    "cross_entropy": "#0072b2",
    "second_softmax": "#d55e00",
    "mse_softmax": "#cc79a7",
    "mse_logits": "#009e73",
}
# A diverging scale for weights and activations, its middle at zero.
NEGATIVE, ZERO, POSITIVE = ("#0072b2", "#f7f5f0", "#d55e00")
CHANNELS = ("#d55e00", "#009e73", "#0072b2")  # red, green, blue
# Cividis: dark is small, in any eye.
SEQUENTIAL = ("#00224e", "#31446b", "#666970", "#958f78", "#cbba69", "#fee838")
RIGHT, WRONG = ("#0072b2", "#d55e00")  # the right answer, class or target; another one, and its error
WINDOW = {  # of a convolution or pooling, sliding over its input
    "input": "#56b4e9",
    "reading": "#0072b2",  # what lies under the window
    "written": "#009e73",
    "readers": "#e69f00",  # the outputs that read one number
    "unread": "#d55e00",
}
VOLUMES = {  # a network as boxes: the image, the groups of layers, and where it breaks
    "image": "#8c8c8c",
    "convolution": "#0072b2",
    "pooling": "#e69f00",
    "upsampling": "#e69f00",
    "padding": "#8c8c8c",
    "normalisation": "#56b4e9",
    "activation": "#56b4e9",
    "dropout": "#56b4e9",
    "flatten": "#8c8c8c",
    "linear": "#009e73",
    "residual": "#56307f",
    "other": "#cc79a7",
    "broken": "#d62728",
}
BROKEN_ROW = "#c62828"  # of a table, with white text on it
SELECTED = "#f0e442"  # a chosen cell, on a map of any colour
# A surface as bands of colour, from low to high, on light and on dark pages.
VALLEY, HILL = ("#bed9e8", "#fdf7e8")
VALLEY_DARK, HILL_DARK = ("#17384d", "#3a3226")


@dataclass(frozen=True)
class Mark:
    """Look of an optimizer on every page: colour, line pattern in pixels, shape of its head.

    Ten colours alone are too many to tell apart.
    """

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
