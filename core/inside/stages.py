"""Which unit of the network: a stage and a place in it, as text for a link and as indices."""

from dataclasses import dataclass

SHAPES: dict[str, tuple[int, int, int]] = {  # channels, rows, columns as a unit is drawn; vectors have one channel
    "input": (3, 32, 32),
    "conv1": (6, 28, 28),
    "relu1": (6, 28, 28),
    "pool1": (6, 14, 14),
    "conv2": (16, 10, 10),
    "relu2": (16, 10, 10),
    "pool2": (16, 5, 5),
    "flat": (1, 16, 25),
    "fc1": (1, 10, 12),
    "relu3": (1, 10, 12),
    "fc2": (1, 7, 12),
    "relu4": (1, 7, 12),
    "logits": (1, 10, 1),
    "softmax": (1, 10, 1),
}
_LONGEST = 40  # characters


@dataclass(frozen=True)
class Unit:
    """A place in a stage; of a vector `index` is its number, folded into rows and columns for the eye."""

    stage: str
    channel: int
    row: int
    column: int

    @property
    def index(self) -> int:
        _, rows, columns = SHAPES[self.stage]
        return (self.channel * rows + self.row) * columns + self.column

    def __str__(self) -> str:
        return f"{self.stage}-{self.channel}-{self.row}-{self.column}"


def unit(text: str) -> Unit | None:
    """The unit that `str` wrote; None for what is none, from a link say."""
    stage, *numbers = text[:_LONGEST].split("-")
    if stage not in SHAPES or len(numbers) != 3 or not all(part.isascii() and part.isdigit() for part in numbers):
        return None
    place = [int(part) for part in numbers]
    return Unit(stage, *place) if all(at < most for at, most in zip(place, SHAPES[stage], strict=True)) else None


def numbered(stage: str, index: int) -> Unit:
    """The unit with this number in the flattened stage."""
    _, rows, columns = SHAPES[stage]
    return Unit(stage, index // (rows * columns), index // columns % rows, index % columns)
