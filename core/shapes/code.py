"""A list of layers as text: the nn.Module that a learner would write, and the short form for a link."""

import ast
import keyword
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from core.errors import InputError, shown
from core.shapes.layers import LAYERS, REQUIRED, Layer, Merged, Shape
from core.shapes.trace import MOST_LAYERS, LayerShape, names

OURS = {"BasicBlock": "basic_block.py"}  # kinds that torch.nn doesn't have, and their file
BARE = 2  # leading arguments that everybody writes without their names
MOST_CHARACTERS = 20_000  # of a short form; a hundred layers with all arguments take 13,000
_UNPARSABLE = (SyntaxError, ValueError, RecursionError, MemoryError)  # null bytes, brackets nested too deeply


@dataclass(frozen=True)
class ShortForm:
    """Layers read from a short form, in order, and a reason for each part that is no layer."""

    layers: tuple[Layer, ...]
    unread: tuple[InputError, ...] = ()


def call(layer: Layer) -> str:
    """The layer as code, Conv2d(3, 6, kernel_size=5); a module of the learner's own: ResidualBlock(...)."""
    if not layer.is_known:
        return f"{layer.values['name']}(...)" if _is_code(layer.values["name"]) else str(layer.values["name"])
    return f"{layer.kind}({', '.join(_arguments(layer, BARE))})"


def source(layers: Sequence[Layer], traced: Sequence[LayerShape], name: str = "Net") -> str:
    """Python source of an nn.Module of these layers, with the shape after each as a comment.

    A block of ours is written out before; what nobody knows stays a line for the learner to complete.
    """
    called = names(layers)
    made = [
        f"        self.{attribute} = {_made(layer)}" for attribute, layer in zip(called, layers, strict=True)
    ]
    lines = [f"        x = self.{attribute}(x)" for attribute in called]
    notes = [f"  # {_comment(row.output_shape)}" if row.output_shape else "" for row in traced]
    return "\n".join(
        [
            "import torch",
            "from torch import nn",
            "",
            "",
            *_classes(layers),
            f"class {name}(nn.Module):",
            "    def __init__(self) -> None:",
            "        super().__init__()",
            *made,
            "",
            "    def forward(self, x: torch.Tensor) -> torch.Tensor:",
            *[line + note for line, note in zip(lines, notes, strict=True)],
            "        return x",
            "",
        ]
    )


def sequential(layers: Sequence[Layer], imports: str = "import torch") -> str:
    """Python source of the nn.Sequential of these layers, named as in the calculator, as `model`."""
    rows = [f'    ("{name}", {_made(layer)}),' for name, layer in zip(names(layers), layers, strict=True)]
    return "\n".join(
        [
            "from collections import OrderedDict",
            "",
            imports,
            "from torch import nn",
            "",
            *_classes(layers),
            "model = nn.Sequential(OrderedDict([",
            *rows,
            "]))",
        ]
    )


def _made(layer: Layer) -> str:
    """The right side of the line in __init__."""
    if layer.kind in OURS:
        return call(layer)
    if layer.is_known:
        return f"nn.{call(layer)}"
    if _is_code(layer.values["name"]):
        return f"{call(layer)}  # your own module, not built here"
    return f"...  # {call(layer)}: your own code goes here"


def _classes(layers: Sequence[Layer]) -> list[str]:
    """The source of each class of ours among the layers."""
    return [_class(kind) for kind in OURS if any(layer.kind == kind for layer in layers)]


@cache
def _class(kind: str) -> str:
    """The source of one of our classes, with two empty lines behind it."""
    text = (Path(__file__).with_name(OURS[kind])).read_text("utf-8")
    return text[text.index(f"class {kind}") :] + "\n"


def _is_code(name: str) -> bool:
    """Whether the name of a module can be called in Python: ResidualBlock or models.Block."""
    return all(part.isidentifier() and not keyword.iskeyword(part) for part in name.split("."))


def short(layers: Sequence[Layer]) -> str:
    """Short form of the layers for a link, which from_short reads back: Conv2d(3,6,5),ReLU()."""
    return ",".join(
        f"{layer.kind}({','.join(_arguments(layer, len(layer.row.params), ','))})" for layer in layers
    )


def from_short(text: str) -> tuple[Layer, ...]:
    """Read back what `short` wrote; nothing is executed. Raises InputError for any other text."""
    form = read_short(text)
    if form.unread:
        raise form.unread[0]
    return form.layers


def read_short(text: str) -> ShortForm:
    """Read a short form that may be damaged or written by hand.

    Raises InputError for more than MOST_CHARACTERS characters or MOST_LAYERS layers.
    """
    if len(text) > MOST_CHARACTERS:
        raise InputError("layers_text_long", count=len(text), most=MOST_CHARACTERS)
    source_code = f"[{text}\n]"
    try:
        parsed = ast.parse(source_code, mode="eval").body
    except _UNPARSABLE:
        return ShortForm((), (_unreadable(text),))
    if not isinstance(parsed, ast.List):
        return ShortForm((), (_unreadable(text),))
    if len(parsed.elts) > MOST_LAYERS:
        raise InputError("layers_too_many", count=len(parsed.elts), most=MOST_LAYERS)
    layers, unread = [], []
    for part in parsed.elts:
        try:
            layers.append(_layer(part, source_code))
        except InputError as error:
            unread.append(error)
    return ShortForm(tuple(layers), tuple(unread))


def _layer(node: ast.expr, source_code: str) -> Layer:
    """The layer of a call with literal arguments. Raises InputError for anything else."""
    refusal = _unreadable(ast.get_source_segment(source_code, node) or "")
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
        raise refusal
    kind = node.func.id
    known = [param.name for param in LAYERS[kind].params] if kind in LAYERS else []
    if kind in LAYERS and len(node.args) > len(known):
        raise InputError("layer_arguments", kind=kind, count=len(node.args), most=len(known))
    named = [*zip(known, node.args, strict=False), *((word.arg, word.value) for word in node.keywords)]
    try:
        params: dict[Any, Any] = {name: ast.literal_eval(value) for name, value in named}
    except (*_UNPARSABLE, TypeError) as error:  # the last for a list as a dictionary's key
        raise refusal from error
    if len(params) < len(named) or None in params:  # an argument given twice, or **arguments
        raise refusal
    return Layer(kind, params)


def _unreadable(code: str) -> InputError:
    return InputError("layers_unread", code=shown(code))


def _arguments(layer: Layer, bare: int, comma: str = ", ") -> list[str]:
    """Arguments that aren't at their defaults; the leading ones, up to the first left out, without names.

    `comma` stands between the numbers of a tuple.
    """
    written: list[str] = []
    for position, param in enumerate(layer.row.params):
        value = layer.params.get(param.name, REQUIRED)
        usual = type(value) is type(param.default) and value == param.default
        if value is REQUIRED or (usual and param.kind != "real"):  # Dropout(0.5) says more than Dropout()
            continue
        in_row = position == len(written) and position < _positional(layer, bare)
        text = repr(value).replace(", ", comma) if isinstance(value, tuple) else repr(value)
        written.append(text if in_row else f"{param.name}={text}")
    return written


def _positional(layer: Layer, bare: int) -> int:
    """Limit of unnamed arguments: those without a default, or one; a pooling's stride is named."""
    if layer.row.group in ("convolution", "linear"):
        return bare
    return min(bare, max(1, sum(param.default is REQUIRED for param in layer.row.params)))


def _comment(shape: Shape) -> str:
    sizes = ", ".join(map(str, shape))
    return f"[{sizes}] for one image" if isinstance(shape, Merged) else f"[N, {sizes}]"
