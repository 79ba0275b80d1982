"""Order of a pasted network's layers, straight from input to output: forward is read, not executed."""

import ast
from collections.abc import Mapping

from core.errors import InputError
from core.shapes.layers import Layer
from core.shapes.reader import Reader

_FUNCTIONS: Mapping[str, str] = {
    "relu": "ReLU",
    "leaky_relu": "LeakyReLU",
    "elu": "ELU",
    "gelu": "GELU",
    "silu": "SiLU",
    "sigmoid": "Sigmoid",
    "tanh": "Tanh",
    "softmax": "Softmax",
    "max_pool2d": "MaxPool2d",
    "avg_pool2d": "AvgPool2d",
    "dropout": "Dropout",
    "flatten": "Flatten",
}
_LIBRARIES = ("F", "torch", "functional")


def follow(reader: Reader, forward: ast.FunctionDef) -> None:
    """Append the layers in the order in which forward calls them; report layers that forward never calls."""
    flow = _Flow(reader, forward)
    for statement in forward.body:
        reader.guarded(flow.statement, statement)
    for name in reader.order:
        if name not in flow.used:
            reader.refuse(reader.where[name], InputError("paste_unused", name=name))


class _Flow:
    """The value that flows through forward, and the layers used so far."""

    def __init__(self, reader: Reader, forward: ast.FunctionDef) -> None:
        self._reader = reader
        self._values = {argument.arg for argument in forward.args.args[1:2]}  # names of the flowing value: x
        self.used: set[str] = set()

    def statement(self, node: ast.stmt) -> None:
        """Read one statement of forward. Raises InputError."""
        match node:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
            ):
                if not self._about_size(value):
                    self.value(value)
                    self._values = {name}
            case ast.Return(value=ast.expr() as value):
                self.value(value)
            case (
                ast.Expr(value=ast.Constant() | ast.Call(func=ast.Name(id="print")))
                | ast.Pass()
                | ast.Assert()
            ):
                return
            case _:
                raise InputError("paste_forward", code=self._reader.code(node))

    def value(self, node: ast.expr) -> None:
        """Follow the flow through this expression, from the inside.

        Raises InputError where the flow isn't one straight line.
        """
        match node:
            case ast.Name(id=name) if name in self._values:
                return
            case ast.Call(func=ast.Attribute(value=ast.Name(id="self"), attr=name), args=[inner]) if (
                name in self._reader.made
            ):
                self.value(inner)
                self.used.add(name)
                self._reader.append(self._reader.made[name])
            case ast.Call(func=ast.Attribute(value=owner, attr=name), args=[inner, *given]) if (
                _is_library(owner) and name in _FUNCTIONS
            ):
                self.value(inner)
                self._function(name, node, given)
            case ast.Call(func=ast.Attribute(value=inner, attr="view" | "reshape"), args=[first, last]):
                self.value(inner)
                self._view(first, last, node)
            case ast.Call(func=ast.Attribute(value=inner, attr=name), args=given) if (
                name in _FUNCTIONS and not _is_library(inner)
            ):
                self.value(inner)
                self._function(name, node, given)
            case _:
                raise InputError("paste_forward", code=self._reader.code(node))

    def _function(self, name: str, call: ast.Call, given: list[ast.expr]) -> None:
        self._reader.append([self._reader.layer(_FUNCTIONS[name], call, given)])

    def _view(self, first: ast.expr, last: ast.expr, node: ast.Call) -> None:
        """Read a view as Flatten, and report a view that may be wrong.

        view(x.size(0), -1) flattens each image; view(-1, 400) does so only where 400 is right.
        """
        self._reader.append([Layer("Flatten", {})])
        if not self._about_size(first) and not isinstance(first, ast.Name):
            self._reader.refuse(node.lineno, InputError("paste_view", code=self._reader.code(node)))

    def _about_size(self, node: ast.expr) -> bool:
        """Whether the node is a size, x.size(0), x.shape[0] or len(x): a number, nothing that flows."""
        match node:
            case (
                ast.Call(func=ast.Attribute(attr="size"))
                | ast.Subscript(value=ast.Attribute(attr="shape"))
                | ast.Attribute(attr="shape")
            ):
                return True
            case ast.Call(func=ast.Name(id="len")):
                return True
        return False


def _is_library(node: ast.expr) -> bool:
    return (isinstance(node, ast.Name) and node.id in _LIBRARIES) or (
        isinstance(node, ast.Attribute) and node.attr in _LIBRARIES
    )
