"""A pasted network read statement by statement: layers made under each name, and lines that can't be read."""

import ast
import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.errors import InputError, shown
from core.shapes.layers import LAYERS, Layer
from core.shapes.trace import MOST_LAYERS

LONGEST_NUMBER = 10**12  # larger operands of a sum or product are refused
_SUMS: Mapping[type[ast.operator], Callable[[int, int], int]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
}


@dataclass(frozen=True)
class Unread:
    """A line, counted from 1, and the reason it is not in the list."""

    line: int
    reason: InputError


class Reader:
    """State while reading a text: layers made under each name, and the list so far."""

    def __init__(self, text: str) -> None:
        self.lines = text.splitlines()
        self.made: dict[str, list[Layer]] = {}
        self.where: dict[str, int] = {}
        self.order: list[str] = []
        self.constants: dict[str, Any] = {}
        self.forward: ast.FunctionDef | None = None
        self.layers: list[Layer] = []
        self.unread: list[Unread] = []

    def refuse(self, line: int, reason: InputError) -> None:
        """Record why a line can't be read."""
        self.unread.append(Unread(line, reason))

    def code(self, node: ast.AST) -> str:
        """The source line of a node, to quote in a sentence."""
        line = getattr(node, "lineno", 1)
        return shown(self.lines[line - 1].strip() if line <= len(self.lines) else "")

    def guarded(self, read: Callable[[Any], None], node: ast.stmt) -> None:
        """Read one statement; an error becomes a sentence for its line."""
        try:
            read(node)
        except InputError as error:
            self.refuse(node.lineno, error)
        except RecursionError:
            self.refuse(node.lineno, InputError("paste_syntax", code=self.code(node)))

    def append(self, layers: Sequence[Layer]) -> None:
        """Add layers to the list. Raises InputError for more than MOST_LAYERS layers."""
        _few_enough(len(self.layers) + len(layers))
        self.layers.extend(layers)

    def statement(self, node: ast.stmt) -> None:
        """Read one statement of the text, of a class or of an __init__. Raises InputError."""
        match node:
            case ast.ClassDef() | ast.FunctionDef(name="__init__"):
                if isinstance(node, ast.FunctionDef):
                    self._defaults(node.args)
                for inner in node.body:
                    self.guarded(self.statement, inner)
            case ast.FunctionDef(name="forward"):
                self.forward = node
            case (
                ast.Assign(targets=[target], value=value)
                | ast.AnnAssign(target=target, value=ast.expr() as value)
            ):
                self._assigned(_attribute(target), value, node)
            case ast.Expr(value=ast.Constant() | ast.Call(func=ast.Attribute(attr="__init__"))):
                return
            case ast.Expr(value=value):
                self._keep(f"line {node.lineno}.{node.col_offset}", self.read(value), node)
            case ast.Import() | ast.ImportFrom() | ast.Pass() | ast.Return() | ast.FunctionDef():
                return
            case _:
                raise InputError("paste_not_layer", code=self.code(node))

    def read(self, node: ast.expr) -> list[Layer]:
        """The layers that an expression makes. Raises InputError."""
        match node:
            case ast.Tuple(elts=parts) | ast.List(elts=parts):
                return self._joined(parts)
            case ast.Call(func=function) if _last(function) in ("Sequential", "ModuleList"):
                return self._joined(_contents(node.args))
            case ast.Call(func=function) if _last(function):
                return [self.layer(_last(function), node)]
            case ast.Name() | ast.Attribute() if _attribute(node) in self.made:
                return self.made[_attribute(node)]
        raise InputError("paste_not_layer", code=self.code(node))

    def layer(self, kind: str, call: ast.Call, given: Sequence[ast.expr] | None = None) -> Layer:
        """The layer of this kind with a call's arguments; `given` replaces those without names.

        Raises InputError.
        """
        if kind not in LAYERS:
            raise InputError("layer_unknown", kind=shown(kind), allowed=tuple(LAYERS))
        known = [param.name for param in LAYERS[kind].params]
        given = call.args if given is None else given
        if len(given) > len(known):
            raise InputError("paste_arguments", kind=kind, count=len(given), most=len(known))
        params = {name: self.value(node) for name, node in zip(known, given, strict=False)}
        for word in call.keywords:
            if word.arg is None:
                raise InputError("paste_value", code=self.code(call))
            if word.arg not in ("device", "dtype", "training"):
                params[word.arg] = self.value(word.value)
        return Layer(kind, params)

    def value(self, node: ast.expr) -> Any:
        """Value of a number, word, pair, integer arithmetic or assigned name. Raises InputError."""
        match node:
            case ast.Constant(value=bool() | int() | float() | str() | None as value):
                return value
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                number = self.value(operand)
                if isinstance(number, int | float):
                    return -number
            case ast.BinOp(left=left, op=sign, right=right) if type(sign) in _SUMS:
                return self._sum(_SUMS[type(sign)], self.value(left), self.value(right), node)
            case ast.Tuple(elts=parts) | ast.List(elts=parts):
                return tuple(self.value(part) for part in parts)
            case ast.Name() | ast.Attribute() if _attribute(node) in self.constants:
                return self.constants[_attribute(node)]
        raise InputError("paste_value", code=self.code(node))

    def _sum(self, combine: Callable[[int, int], int], left: Any, right: Any, node: ast.expr) -> int:
        if (
            type(left) is int
            and type(right) is int
            and max(abs(left), abs(right)) <= LONGEST_NUMBER
            and (right or combine is operator.mul)
        ):
            return combine(left, right)
        if type(left) is int and right == 0 and combine in (operator.add, operator.sub):
            return left
        raise InputError("paste_value", code=self.code(node))

    def _assigned(self, name: str, value: ast.expr, node: ast.stmt) -> None:
        if not name:
            raise InputError("paste_not_layer", code=self.code(node))
        if isinstance(value, ast.Call):
            self._keep(name, self.read(value), node)
        else:
            self.constants[name] = self.value(value)

    def _keep(self, name: str, layers: list[Layer], node: ast.stmt) -> None:
        if name in self.made:
            self.order.remove(name)  # redefined: the earlier layers are gone
        self.made[name], self.where[name] = layers, node.lineno
        self.order.append(name)

    def _joined(self, parts: Iterable[ast.expr]) -> list[Layer]:
        layers: list[Layer] = []
        for part in parts:
            try:
                layers += self.read(part)
            except InputError as error:
                if error.key == "layers_too_many":
                    raise
                self.refuse(part.lineno, error)
            _few_enough(len(layers))  # a Sequential of Sequentials doubles with each line
        return layers

    def _defaults(self, arguments: ast.arguments) -> None:
        """Let names stand for their defaults, as in def __init__(self, num_classes=10)."""
        named = arguments.args[len(arguments.args) - len(arguments.defaults) :]
        pairs = [
            *zip(named, arguments.defaults, strict=True),
            *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True),
        ]
        for argument, default in pairs:
            if isinstance(default, ast.Constant):
                self.constants[argument.arg] = default.value


def _few_enough(count: int) -> None:
    if count > MOST_LAYERS:
        raise InputError("layers_too_many", count=count, most=MOST_LAYERS)


def _contents(arguments: list[ast.expr]) -> list[ast.expr]:
    """Contents of nn.Sequential(...): layers, a list of layers, or an OrderedDict of pairs or entries."""
    match arguments:
        case [ast.Call(func=function, args=[ast.List(elts=pairs) | ast.Tuple(elts=pairs)])] if (
            _last(function) == "OrderedDict"
        ):
            return [
                pair.elts[1] if isinstance(pair, ast.Tuple) and len(pair.elts) == 2 else pair
                for pair in pairs
            ]
        case [ast.Call(func=function, args=[ast.Dict(values=values)])] if _last(function) == "OrderedDict":
            return values
    return [argument.value if isinstance(argument, ast.Starred) else argument for argument in arguments]


def _last(function: ast.expr) -> str:
    """Last part of a name: Conv2d of nn.Conv2d, torch.nn.Conv2d or Conv2d; empty for anything else."""
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _attribute(node: ast.expr) -> str:
    """Name of an attribute or variable: conv1 of self.conv1 or conv1; empty for anything else."""
    match node:
        case ast.Attribute(value=ast.Name(id="self"), attr=name) | ast.Name(id=name):
            return name
    return ""
