"""From the steps of forward to the rows of the list: layers one behind the other, a branch as one row."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from core.errors import InputError
from core.reading.source import Source
from core.reading.values import BATCH, Call, Module, Node, Unread
from core.shapes.layers import Layer, Shape
from core.shapes.trace import MOST_LAYERS

_PLAIN = str.maketrans(dict.fromkeys("()[]{}'\"=,:;<>/\\|!?@$%^&*~`\n\t", "_"))
LONGEST_NAME = 40
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
    arriving: Shape | None = start.shape
    for segment in _segments(way):
        _segment(found, segment, arriving, source)
        arriving = segment[-1].shape
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
