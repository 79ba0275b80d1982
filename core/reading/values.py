"""What a name can stand for while a pasted network is followed: constants, modules, tensors, and the unknown.

Python's own constants, lists, tuples and dicts stand for themselves.
"""

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from core.errors import InputError
from core.shapes.layers import Layer, Shape

MOST_HELD = 1_000  # items of lists that are compared, printed or copied
MOST_CLASSES = 50  # from which one class inherits
BATCH = (
    1_000_003  # images in a batch: a prime that no network counts to, so that it is found again in any shape
)


class Unknown:
    """A value that the text doesn't tell. It spreads, and is never an error."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN = Unknown()


@dataclass(frozen=True)
class Unread:
    """A line, counted from 1, and the reason it is not in the list."""

    line: int
    reason: InputError


class Call(str):
    """The name of a module or function of the text while it runs: each call is an object of its own."""

    def __new__(cls, name: str, is_module: bool) -> "Call":
        """The call of a module's forward, or of a function."""
        made = super().__new__(cls, name)
        made.is_module = is_module
        return made

    is_module: bool


@dataclass(eq=False)
class Node:
    """One step of forward: what it does to the tensors that it takes.

    `layer` is a row of the calculator's table, None for what it doesn't know. A step that is `elementwise`
    keeps the shape and learns nothing. `calls` are the learner's modules and functions that it happens in.
    """

    name: str
    line: int
    inputs: tuple["Node", ...] = ()
    layer: Layer | None = None
    shape: Shape | None = None
    parameters: int = 0
    elementwise: bool = False
    view: bool = False  # whether it only counts the same numbers otherwise
    refusal: InputError | None = None  # why PyTorch refuses the layer here
    calls: tuple[Call, ...] = ()
    module: "Module | None" = None
    problems: tuple[Unread, ...] = ()


@dataclass(eq=False)
class Tensor:
    """A tensor as its shape, batch included; None where it isn't known."""

    shape: Shape | None
    node: Node

    @property
    def image(self) -> Shape | None:
        """Shape without the batch; None where unknown or where images were mixed up."""
        return self.shape[1:] if self.shape and self.shape[0] == BATCH else None


@dataclass(eq=False)
class Scope:
    """Names of a function, a class or the whole text, and the scope around it."""

    names: dict[str, Any] = field(default_factory=dict)
    outer: "Scope | None" = None

    def find(self, name: str) -> Any:
        """The value of a name. Raises KeyError."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names:
                return scope.names[name]
            scope = scope.outer
        raise KeyError(name)


@dataclass(eq=False)
class Function:
    """A function, method or lambda of the text, with the scope in which it was written."""

    name: str
    arguments: ast.arguments
    body: list[ast.stmt] | ast.expr
    scope: Scope
    owner: "Class | None" = None
    wrapper: str = ""  # property, staticmethod or classmethod


@dataclass(eq=False)
class Class:
    """A class of the text. `bases` holds classes of the text, libraries and the unknown."""

    name: str
    line: int
    bases: list[Any]
    names: dict[str, Any]
    fields: list[str] = field(default_factory=list)  # of a dataclass or a named tuple
    order: list["Class"] = field(init=False)  # the class and those that it inherits from, nearest first

    def __post_init__(self) -> None:
        above = [up for base in self.bases if isinstance(base, Class) for up in base.order]
        self.order = list(dict.fromkeys([self, *above]))[:MOST_CLASSES]

    def find(self, name: str, after: "Class | None" = None) -> Any:
        """An attribute of the class or its bases, with `after` only of those behind it. Raises KeyError."""
        found = after is None
        for each in self.order:
            if found and name in each.names:
                return each.names[name]
            found = found or each is after
        raise KeyError(name)

    def library(self) -> list[str]:
        """Names of the library classes that it inherits from; UNKNOWN counts as an empty name."""
        outside = [base for each in self.order for base in each.bases if not isinstance(base, Class)]
        return [base.last if isinstance(base, Library) else "" for base in outside]


@dataclass(eq=False)
class Module:
    """A module that the text makes, or an instance of any class of the text.

    `children` are those of a container, in order. `problem` says why a layer can't be made.
    """

    kind: str
    line: int
    cls: Class | None = None
    layer: Layer | None = None
    lazy: Callable[[Shape], Layer] | None = None
    children: dict[str, Any] | None = None
    names: dict[str, Any] = field(default_factory=dict)
    ready: bool = False  # whether nn.Module.__init__ has run
    problem: Unread | None = None

    def modules(self) -> list["Module"]:
        """The modules directly within this one."""
        inside = [*(self.children or {}).values(), *self.names.values()]
        return [value for value in inside if isinstance(value, Module)]

    def tree(self) -> list["Module"]:
        """This module and all within it, each once."""
        seen: dict[int, Module] = {}
        waiting = [self]
        while waiting:
            module = waiting.pop()
            if id(module) not in seen:
                seen[id(module)] = module
                waiting += reversed(module.modules())
        return list(seen.values())


@dataclass(frozen=True)
class Library:
    """A name of torch, torchvision or any other package: torch.nn.Conv2d."""

    path: str

    @property
    def last(self) -> str:
        """The name without its package."""
        return self.path.rpartition(".")[2]


@dataclass(frozen=True, eq=False)
class Method:
    """An attribute that is called with its owner: of a module, tensor, list, dict or text."""

    owner: Any
    name: str
    function: Function | None = None


@dataclass(frozen=True, eq=False)
class Super:
    """What super() stands for in a method."""

    module: Module
    cls: Class


@dataclass(frozen=True, eq=False)
class Partial:
    """functools.partial of a layer, class or function."""

    function: Any
    given: list[Any]
    named: Mapping[str, Any]


def light(*values: Any, most: int = MOST_HELD) -> bool:
    """Whether what these lists, tuples and dicts hold, counted as often as it is held, is soon gone through.

    A list may hold another one twice, which does the same: forty lists are then a million million items for
    whoever compares, prints or copies them.
    """
    left, waiting = most, list(values)
    while waiting:
        value = waiting.pop()
        if isinstance(value, list | tuple):
            waiting += value[: left + 1]
        elif isinstance(value, dict):
            waiting += value.keys()
            waiting += value.values()
        left -= 1
        if left < len(waiting):
            return False
    return True


def is_key(value: Any) -> bool:
    """Whether a dict can hold this as a key."""
    if not isinstance(value, tuple):
        return isinstance(value, str | int | float | None)
    return light(value) and all(map(is_key, value))


def tensors(*values: Any) -> list[Tensor]:
    """The tensors in these values, those in lists and dicts included."""
    found: list[Tensor] = []
    seen: set[int] = set()  # a list may hold itself
    waiting = list(reversed(values))
    while waiting:
        value = waiting.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, Tensor):
            found.append(value)
        elif isinstance(value, list | tuple):
            waiting += reversed(value)
        elif isinstance(value, dict):
            waiting += reversed(list(value.values()))
    return found
