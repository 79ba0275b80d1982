"""From the steps of forward to the rows of the list: layers one behind the other, a branch as one row."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from core.errors import InputError
from core.reading.source import Source
from core.reading.values import BATCH, Call, Module, Node, Unread
from core.shapes.code import from_short
from core.shapes.layers import Layer, Shape
from core.shapes.trace import MOST_LAYERS

_PLAIN = str.maketrans(dict.fromkeys("()[]{}'\"=,:;<>/\\|!?@$%^&*~`\n\t", "_"))
LONGEST_NAME = 40
_WRITTEN = ("kernel_size", "stride", "padding", "dilation", "inplace")  # the first four make the window
SUMS = ("add", "sub")


@dataclass
class Rows:
    """The layers that a network is, and what must be said of them."""

    layers: list[Layer] = field(default_factory=list)
    problems: list[Unread] = field(default_factory=list)
    modules: list[Module] = field(default_factory=list)  # those that lie on the way

    def say(self, *problems: Unread | None) -> None:
        """Add sentences, each once."""
        for problem in problems:
            if problem is not None and not any(_same(problem, said) for said in self.problems):
                self.problems.append(problem)


def _same(one: Unread, other: Unread) -> bool:
    return (
        one.line == other.line
        and one.reason.key == other.reason.key
        and one.reason.values == other.reason.values
    )


def rows(nodes: Sequence[Node], start: Node, end: Node, source: Source) -> Rows:
    """The rows from the images to the output. Raises InputError for more than MOST_LAYERS layers.

    `nodes` are in the order in which they were made.
    """
    found = Rows()
    way = _way(nodes, start, end)
    segments, at = _segments(way), 0
    while at < len(segments):
        before = segments[at - 1][-1] if at else start
        block = _basic_block(before, *segments[at : at + 2])
        if block is None:
            _segment(found, segments[at], before.shape, source)
        else:
            found.layers.append(block)
            found.modules += _modules([*segments[at], *segments[at + 1]])
        at += 1 if block is None else 2
        if len(found.layers) > MOST_LAYERS:
            raise InputError("layers_too_many", count=len(found.layers), most=MOST_LAYERS)
    return found


def _segments(way: Sequence[Node]) -> list[list[Node]]:
    """What lies between the joints; steps without a layer in one call of a learner's module go together."""
    found: list[list[Node]] = []
    segment: list[Node] = []
    for node, joint in zip(way[1:], _joints(way)[1:], strict=True):
        segment.append(node)
        if joint:
            call = _call(segment)
            if found and call is not None and call is _call(found[-1]):
                found[-1] += segment
            else:
                found.append(segment)
            segment = []
    return found


def _call(segment: Sequence[Node]) -> Call | None:
    """The call of the learner's own module or function in which all of a segment without a layer happens."""
    first = segment[0]
    if len(segment) == 1 and (first.layer is not None or first.module is not None):
        return None
    shared = len(first.calls)
    for node in segment:
        while shared and (len(node.calls) < shared or node.calls[shared - 1] is not first.calls[shared - 1]):
            shared -= 1
    return first.calls[shared - 1] if shared > 1 else None


def _way(nodes: Sequence[Node], start: Node, end: Node) -> list[Node]:
    """The nodes through which the images reach the output, in order."""
    reached = {start}
    for node in nodes:
        if any(inner in reached for inner in node.inputs):
            reached.add(node)
    needed, waiting = {end}, [end]
    while waiting:
        for inner in waiting.pop().inputs:
            if inner not in needed:
                needed.add(inner)
                waiting.append(inner)
    return [start, *(node for node in nodes if node in reached and node in needed and node is not start)]


def _joints(way: Sequence[Node]) -> list[bool]:
    """For each node whether everything that comes later goes through it."""
    place = {node: at for at, node in enumerate(way)}
    furthest, joints = 0, []
    last = [0] * len(way)  # how far the output of each node reaches
    for node in way:
        for inner in node.inputs:
            if inner in place:
                last[place[inner]] = max(last[place[inner]], place[node])
    for at in range(len(way)):
        joints.append(furthest <= at)
        furthest = max(furthest, last[at])
    return joints


def _segment(found: Rows, segment: list[Node], arriving: Shape | None, source: Source) -> None:
    """Add what lies between two joints: one layer, one step without a layer, or a branch."""
    last = segment[-1]
    for node in segment:
        found.say(*node.problems)
        if len(segment) > 1 and node.refusal is not None:
            found.say(Unread(node.line, node.refusal))  # a list shows only what breaks in a row of its own
        if node.module is not None:
            found.modules.append(node.module)
            found.say(node.module.problem)
    if len(segment) == 1 and last.layer is not None:
        found.layers.append(last.layer)
        return
    name = _name(segment)
    parameters = _parameters(segment)
    if (
        not parameters
        and not _meets(segment)
        and last.shape == arriving
        and arriving is not None
        and all(
            node.elementwise or (node.layer is not None and node.layer.row.group == "activation")
            for node in segment
        )
    ):
        found.say(
            Unread(last.line, InputError("paste_step_left_out", name=name, code=source.code(last.line)))
        )
        return
    image = last.shape[1:] if last.shape and last.shape[0] == BATCH else None
    found.layers.append(other(name, image, parameters))
    if not any(node.problems for node in segment):
        branches = any(len(node.inputs) > 1 for node in segment)
        key = "paste_branch" if len(segment) > 1 and branches else "paste_step_unknown"
        found.say(Unread(last.line, InputError(key, name=name, code=source.code(last.line))))


def _modules(nodes: Sequence[Node]) -> list[Module]:
    return [node.module for node in nodes if node.module is not None]


def _basic_block(before: Node, branch: Sequence[Node], behind: Sequence[Node] = ()) -> Layer | None:
    """The row of a branch and the ReLU behind it, if they do exactly what a BasicBlock does."""
    total, made = branch[-1], [*branch, *behind]
    if (total.name, len(total.inputs), len(behind)) != ("add", 2, 1) or any(map(_is_doubtful, made)):
        return None
    learning = [id(node.module) for node in made if node.layer is not None and node.layer.parameters]
    ways = [*(_chain(way, before) for way in total.inputs), _chain(behind[0], total)]
    if len(set(learning)) < len(learning) or any(way is None for way in ways):
        return None
    *sides, last = (way or [] for way in ways)
    main, shortcut = sorted(sides, key=len, reverse=True)
    try:
        block = _begun(main[0])
        found = [[_meaning(layer) for layer in chain] for chain in (main, shortcut, last)]
        return block if found == [list(map(_meaning, from_short(text))) for text in _parts(block)] else None
    except (InputError, IndexError, KeyError):  # no convolution comes first, or none that PyTorch takes
        return None


def _is_doubtful(node: Node) -> bool:
    return bool(node.problems or (node.module is not None and node.module.problem))


def _chain(node: Node, before: Node) -> list[Layer] | None:
    """The layers one behind the other from `before` to this node; None where there is anything else."""
    found: list[Layer] = []
    while node is not before:
        if node.layer is None or len(node.inputs) != 1:
            return None
        found = found if node.layer.kind == "Identity" else [node.layer, *found]
        node = node.inputs[0]
    return found


def _begun(first: Layer) -> Layer:
    """The block that this convolution may begin. Raises KeyError for another layer."""
    inplanes, planes, stride = (first.values[name] for name in ("in_channels", "out_channels", "stride"))
    stride = stride[0] if isinstance(stride, tuple) else stride
    return Layer("BasicBlock", {"inplanes": inplanes, "planes": planes}).changed(stride=stride)


def _parts(block: Layer) -> tuple[str, str, str]:
    """What a block consists of: the layers on the way, those of the shortcut, those behind the sum."""
    inplanes, planes, stride = block.values.values()
    norm = f"BatchNorm2d({planes})"
    main = (
        f"Conv2d({inplanes},{planes},3,{stride},1,bias=False),{norm},ReLU(),"
        f"Conv2d({planes},{planes},3,1,1,bias=False),{norm}"
    )
    changes = stride != 1 or inplanes != planes
    return main, f"Conv2d({inplanes},{planes},1,{stride},bias=False),{norm}" if changes else "", "ReLU()"


def _meaning(layer: Layer) -> tuple[object, ...]:
    """What tells this layer from others, however its window is written. Raises InputError."""
    windows = layer.row.windows(layer.values, (1, 32, 32)) if layer.row.windows else None
    return layer.kind, windows, {name: each for name, each in layer.values.items() if name not in _WRITTEN}


def fits_shortcut(block: Layer, layers: Sequence[Layer]) -> bool:
    """Whether these layers are exactly the shortcut of this block."""
    try:
        return [*map(_meaning, layers)] == [*map(_meaning, from_short(_parts(block)[1]))]
    except InputError:
        return False


def other(name: str, image: Shape | None, parameters: int = 0) -> Layer:
    """The row of something that is known by its name, and its shape at most."""
    plain = " ".join(name.translate(_PLAIN).split())[:LONGEST_NAME].strip() or "step"
    values: dict[str, Any] = {"name": plain}
    if parameters:
        values["parameters"] = parameters
    try:
        return Layer("Other", {**values, "shape": image})
    except InputError:  # a shape that the list has no place for: no dimension, or four
        return Layer("Other", values)


def _meets(segment: Sequence[Node]) -> bool:
    """Whether two ways meet here in a sum, as around a block; within a function it is an activation."""
    call = _call(segment)
    return segment[-1].name in SUMS and (call is None or call.is_module)


def _name(segment: Sequence[Node]) -> str:
    """The learner's module or function that all of a branch happens in; otherwise its last step."""
    return _call(segment) or segment[-1].name


def _parameters(segment: Sequence[Node]) -> int:
    """Parameters of a branch, those of a module that is used twice once."""
    counted: set[int] = set()
    total = 0
    for node in segment:
        owner = id(node.module) if node.module is not None else id(node)
        if node.layer is not None and owner not in counted:
            total += node.layer.parameters
        counted.add(owner)
        for inner in node.inputs:
            if inner.parameters and id(inner) not in counted:
                counted.add(id(inner))
                total += inner.parameters
    return total
