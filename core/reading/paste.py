"""A network pasted as text, as a list of layers; lines that can't be read are told with the reason."""

import ast
from dataclasses import dataclass

from core.errors import InputError
from core.reading.networks import Networks
from core.reading.printed import as_code
from core.reading.rows import Rows
from core.reading.source import Source, read
from core.reading.values import Unread
from core.shapes.layers import Layer, Shape

MOST_CHARACTERS = 40_000
MOST_UNREAD = 50  # sentences
CIFAR = (3, 32, 32)


@dataclass(frozen=True)
class Pasted:
    """A network of the text: its layers in order, and what could not be read.

    `networks` names all of them and `chosen` this one; `image` is the shape [channels, height, width] with
    which it was followed.
    """

    layers: tuple[Layer, ...]
    unread: tuple[Unread, ...]
    networks: tuple[str, ...] = ()
    chosen: int = 0
    image: Shape = CIFAR


def parse(text: str, image: Shape = CIFAR, network: int | None = None) -> Pasted:
    """Read the network in this text; `network` chooses another than the one that the text builds last.

    Raises InputError for more than MOST_CHARACTERS characters or MOST_LAYERS layers.
    """
    if len(text) > MOST_CHARACTERS:
        raise InputError("paste_too_long", count=len(text), most=MOST_CHARACTERS)
    printed = as_code(text)
    source = read(text if printed is None else printed)
    if printed is not None:
        source.lines = text.splitlines()
    networks = Networks(source)
    if network is not None and 0 <= network < len(networks.all):
        chosen, found = network, networks.read(networks.all[network], image)
    else:
        chosen, found = networks.chosen(image)
    rows = found.rows if found is not None else Rows()
    if printed is not None:
        rows.say(Unread(1, InputError("paste_printed")))
    rows.say(*networks.problems)
    if not any(layer.is_known for layer in rows.layers):
        rows.layers.clear()  # nothing but names: no network
    rows.say(*(each for each in source.problems if not rows.layers or _matters(source.code(each.line))))
    if not rows.layers and not rows.problems:
        rows.say(*_nothing(source))
    unread = sorted(rows.problems, key=lambda each: each.line)[:MOST_UNREAD]
    return Pasted(
        tuple(rows.layers),
        tuple(unread),
        tuple(each.name for each in networks.all),
        max(chosen, 0),
        found.image if found is not None else image,
    )


def _nothing(source: Source) -> list[Unread]:
    """A sentence for each statement of a text in which there is no layer at all."""
    makers = (ast.Expr, ast.Assign, ast.AnnAssign, ast.For, ast.With)
    lines = [each.lineno for each in source.tree.body if isinstance(each, makers) and not _is_words(each)]
    return [Unread(line, InputError("paste_not_layer", code=source.code(line))) for line in lines]


def _is_words(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _matters(code: str) -> bool:
    """Whether a line that isn't Python looks like a part of a network."""
    words = ("nn.", "self.", "F.", "Conv", "Linear", "Pool", ".view(", "def ", "class ")
    return any(word in code for word in words)
