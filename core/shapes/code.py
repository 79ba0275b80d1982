"""A list of layers as text: the nn.Module that a learner would write, and the short form for a link."""

from collections.abc import Sequence

from core.shapes.layers import REQUIRED, Layer, Shape
from core.shapes.trace import LayerShape, names

BARE = 2  # leading arguments that everybody writes without their names


def call(layer: Layer) -> str:
    """The layer as code: Conv2d(3, 6, kernel_size=5)."""
    return f"{layer.kind}({', '.join(_arguments(layer, BARE))})"


def source(layers: Sequence[Layer], traced: Sequence[LayerShape], name: str = "Net") -> str:
    """Python source of an nn.Module of these layers, with the shape after each as a comment."""
    called = names(layers)
    made = [
        f"        self.{attribute} = nn.{call(layer)}"
        for attribute, layer in zip(called, layers, strict=True)
    ]
    lines = [f"        x = self.{attribute}(x)" for attribute in called]
    notes = [f"  # {_comment(row.output_shape)}" if row.output_shape else "" for row in traced]
    return "\n".join(
        [
            "import torch",
            "from torch import nn",
            "",
            "",
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


def short(layers: Sequence[Layer]) -> str:
    """Short form of the layers for a link, which core.shapes.paste reads back: Conv2d(3,6,5),ReLU()."""
    return ",".join(
        f"{layer.kind}({','.join(_arguments(layer, len(layer.row.params))).replace(' ', '')})"
        for layer in layers
    )


def _arguments(layer: Layer, bare: int) -> list[str]:
    """Arguments that aren't at their defaults; the leading ones, up to the first left out, without names."""
    written: list[str] = []
    for position, param in enumerate(layer.row.params):
        value = layer.params.get(param.name, REQUIRED)
        usual = type(value) is type(param.default) and value == param.default
        if value is REQUIRED or (usual and param.kind != "real"):  # Dropout(0.5) says more than Dropout()
            continue
        in_row = position == len(written) and position < _positional(layer, bare)
        written.append(repr(value) if in_row else f"{param.name}={value!r}")
    return written


def _positional(layer: Layer, bare: int) -> int:
    """Limit of unnamed arguments; a pooling's kernel and Dropout's p stand alone, a stride is named."""
    return bare if layer.row.group in ("convolution", "linear") else min(bare, 1)


def _comment(shape: Shape) -> str:
    return f"[N, {', '.join(map(str, shape))}]"
