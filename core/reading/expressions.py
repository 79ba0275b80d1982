"""Names and expressions of a pasted text: what each stands for, as far as the text tells."""

import ast
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from core.errors import InputError
from core.reading import builtin
from core.reading.source import Source
from core.reading.tables import USUAL
from core.reading.values import (
    UNKNOWN,
    Call,
    Class,
    Function,
    Library,
    Method,
    Module,
    Scope,
    Super,
    Tensor,
    Unread,
    is_key,
    light,
)
from core.shapes.layers import LAYERS

if TYPE_CHECKING:
    from core.reading.forward import Forward
    from core.reading.modules import Modules

MOST_STEPS = 60_000
COPIED = 4  # items of a list, copied as one step
MOST_ITEMS = 10_000  # of a list or tuple
LARGEST = 10**15
MOST_STATED = 1_000  # items of a list that may hold layers


class EndlessError(Exception):
    """The reader gives up: too many steps, at this line."""


_SUMS: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
    ast.Div: operator.truediv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
    ast.LShift: operator.lshift,
    ast.RShift: operator.rshift,
    ast.BitAnd: operator.and_,
    ast.BitOr: operator.or_,
    ast.BitXor: operator.xor,
}
_COMPARED: Mapping[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Is: lambda left, right: left is right or (isinstance(left, str | int | tuple) and left == right),
    ast.IsNot: lambda left, right: not _COMPARED[ast.Is](left, right),
    ast.In: lambda left, right: left in right,
    ast.NotIn: lambda left, right: left not in right,
}
_CONSTANT = bool | int | float | str | None


class Expressions(ast.NodeVisitor):
    """The value of each expression, and what each name is bound to."""

    source: Source
    modules: "Modules"
    forward: "Forward"
    scope: Scope  # the present one
    top: Scope  # that of the whole text
    steps: int  # left
    calls: list[Call]
    doubts: list[Unread]  # conditions and loops around the present line that the text doesn't decide
    last: Tensor | None  # the tensor assigned or returned last
    stated: list[Any]  # modules, and lists that may hold some, of the statements in no function
    visitors: dict[type[ast.AST], Callable[[Any], Any]]

    def visit(self, node: ast.AST) -> Any:
        """The value of an expression; None for a statement. Raises EndlessError after MOST_STEPS."""
        self.steps -= 1
        if self.steps < 0:
            self.spend(0, getattr(node, "lineno", 1))
        kind = type(node)
        if kind not in self.visitors:
            self.visitors[kind] = getattr(self, f"visit_{kind.__name__}", self.generic_visit)
        return self.visitors[kind](node)

    def spend(self, steps: int, line: int = 1) -> None:
        """Count steps. Raises EndlessError after MOST_STEPS."""
        self.steps -= steps
        if self.steps < 0:
            raise EndlessError(Unread(line, InputError("paste_endless", steps=MOST_STEPS)))

    def generic_visit(self, node: ast.AST) -> Any:
        """What isn't followed is unknown."""
        return UNKNOWN

    def problem(self, line: int, key: str, **values: Any) -> Unread:
        """A sentence about a line, with its code."""
        return Unread(line, InputError(key, **values))

    # Names

    def _bind(self, target: ast.expr, value: Any) -> None:
        match target:
            case ast.Name(id=name):
                self.scope.names[name] = value
            case ast.Attribute(value=owner, attr=name):
                self.set(self.visit(owner), name, value, target.lineno)
            case ast.Subscript(value=owner, slice=key):
                self._put(self.visit(owner), self.visit(key), value)
            case ast.Tuple(elts=parts) | ast.List(elts=parts):
                self._unpack(parts, value)
            case ast.Starred(value=inner):
                self._bind(inner, value)

    def _unpack(self, parts: list[ast.expr], value: Any) -> None:
        items = self.items(value)
        starred = next((at for at, part in enumerate(parts) if isinstance(part, ast.Starred)), None)
        if items is not None and starred is not None and len(items) >= len(parts) - 1:
            behind = len(items) - (len(parts) - 1 - starred)
            items = [*items[:starred], list(items[starred:behind]), *items[behind:]]
        if items is None or len(items) != len(parts):
            items = [value if isinstance(value, Tensor) else UNKNOWN] * len(parts)
        for part, item in zip(parts, items, strict=True):
            self._bind(part, item)

    def set(self, owner: Any, name: str, value: Any, line: int) -> None:
        """Set an attribute. A module may not be kept before nn.Module.__init__ has run."""
        if isinstance(owner, Module):
            self.modules.keep(owner, name, value, line)
        elif isinstance(owner, Class):
            owner.names[name] = value

    def _put(self, owner: Any, key: Any, value: Any) -> None:
        if isinstance(owner, dict):
            if is_key(key):
                owner[key] = value
        elif isinstance(owner, list):
            if isinstance(key, int) and -len(owner) <= key < len(owner):
                owner[key] = value
        elif isinstance(owner, Module) and owner.children is not None:
            names = list(owner.children)
            if isinstance(key, int) and -len(names) <= key < len(names):
                owner.children[names[key]] = value
            elif isinstance(key, str):
                owner.children[key] = value

    def _noted(self, value: Any) -> Any:
        if isinstance(value, Tensor):
            self.last = value
        if self.scope is self.top and _may_hold_layers(value):
            self.stated.append(value)
        return value

    # Expressions

    def visit_Constant(self, node: ast.Constant) -> Any:
        return node.value if isinstance(node.value, _CONSTANT) else UNKNOWN

    def visit_Name(self, node: ast.Name) -> Any:
        try:
            return self.scope.find(node.id)
        except KeyError:
            return self.usual(node.id)

    def usual(self, name: str) -> Any:
        """What a name stands for that the text doesn't make: a package, a layer, a function of Python."""
        if name in USUAL:
            return Library(USUAL[name])
        if name in builtin.NAMES:
            return Library(f"builtins.{name}")
        if name in LAYERS:
            return Library(f"torch.nn.{name}")
        return Library(f"torch.nn.functional.{name}") if self.forward.knows(name) else UNKNOWN

    def visit_Attribute(self, node: ast.Attribute) -> Any:
        return self.attribute(self.visit(node.value), node.attr, node.lineno)

    def attribute(self, owner: Any, name: str, line: int) -> Any:
        """The value of an attribute."""
        match owner:
            case Library(path=path):
                return Library(f"{path}.{name}")
            case Tensor():
                return self.forward.attribute(owner, name)
            case Module():
                return self.modules.attribute(owner, name, line)
            case Class():
                try:
                    return owner.find(name)
                except KeyError:
                    return owner.name if name == "__name__" else UNKNOWN
            case Super(module=module, cls=cls):
                try:
                    found = module.cls.find(name, cls) if module.cls else UNKNOWN
                except KeyError:
                    return Method(owner, name)
                return Method(module, name, found) if isinstance(found, Function) else found
            case str() | list() | dict() | tuple():
                return Method(owner, name)
        return UNKNOWN

    def visit_Subscript(self, node: ast.Subscript) -> Any:
        owner = self.visit(node.value)
        if isinstance(owner, Tensor):
            return self.forward.indexed(owner, node)
        key = self.visit(node.slice)
        if isinstance(owner, Module):
            return self.modules.item(owner, key)
        return builtin.item(owner, key)

    def visit_Slice(self, node: ast.Slice) -> Any:
        ends = [None if each is None else self.visit(each) for each in (node.lower, node.upper, node.step)]
        return slice(*ends) if all(each is None or isinstance(each, int) for each in ends) else UNKNOWN

    def visit_Tuple(self, node: ast.Tuple) -> Any:
        return tuple(self._listed(node.elts))

    def visit_List(self, node: ast.List) -> Any:
        return self._listed(node.elts)

    visit_Set = visit_List  # type: ignore[assignment]

    def _listed(self, parts: Sequence[ast.expr]) -> list[Any]:
        values: list[Any] = []
        for part in parts:
            if isinstance(part, ast.Starred):
                items = self.items(self.visit(part.value))
                values += [UNKNOWN] if items is None else items
            else:
                values.append(self.visit(part))
            del values[MOST_ITEMS:]
        return values

    def visit_Dict(self, node: ast.Dict) -> Any:
        made: dict[Any, Any] = {}
        for key, value in zip(node.keys, node.values, strict=True):
            inner = self.visit(value)
            if key is None:
                made.update(inner if isinstance(inner, dict) else {})
                continue
            name = self.visit(key)
            made[name if is_key(name) else f"?{len(made)}"] = inner
        return made

    def visit_ListComp(self, node: ast.ListComp) -> Any:
        return self._comprehended(node.generators, lambda: self.visit(node.elt))

    visit_GeneratorExp = visit_SetComp = visit_ListComp  # type: ignore[assignment]

    def visit_DictComp(self, node: ast.DictComp) -> Any:
        pairs = self._comprehended(node.generators, lambda: (self.visit(node.key), self.visit(node.value)))
        return (
            UNKNOWN
            if pairs is UNKNOWN
            else {key: value for key, value in pairs if isinstance(key, str | int)}
        )

    def _comprehended(self, generators: Sequence[ast.comprehension], make: Callable[[], Any]) -> Any:
        self.scope, outer = Scope(outer=self.scope), self.scope
        made: list[Any] = []
        try:
            return made if self._gather(list(generators), make, made) else UNKNOWN
        finally:
            self.scope = outer

    def _gather(self, generators: list[ast.comprehension], make: Callable[[], Any], made: list[Any]) -> bool:
        if not generators:
            made.append(make())
            return len(made) <= MOST_ITEMS
        items = self.items(self.visit(generators[0].iter))
        if items is None:
            return False
        for item in items:
            self._bind(generators[0].target, item)
            if all(
                self._truth(self.visit(test)) is not False for test in generators[0].ifs
            ) and not self._gather(generators[1:], make, made):
                return False
        return True

    def visit_BinOp(self, node: ast.BinOp) -> Any:
        return self._sum(node, self.visit(node.left), self.visit(node.right))

    def _sum(self, node: ast.BinOp | ast.AugAssign, left: Any, right: Any) -> Any:
        if isinstance(left, Tensor) or isinstance(right, Tensor):
            return self.forward.combined(node, left, right)
        if isinstance(left, str) and isinstance(node.op, ast.Mod):
            return builtin.percent(left, right)
        pair = (left, right)
        numbers = all(isinstance(each, int | float) and abs(each) <= LARGEST for each in pair)
        lists = all(isinstance(each, list | tuple) for each in pair) and type(left) is type(right)
        texts = all(isinstance(each, str) and len(each) < 1000 for each in pair)
        joins = isinstance(node.op, ast.Add) and (texts or (lists and len(left) + len(right) <= MOST_ITEMS))
        repeats = isinstance(node.op, ast.Mult) and builtin.repeats(left, right, MOST_ITEMS)
        small = not isinstance(node.op, ast.Pow | ast.LShift) or (numbers and abs(right) <= 64)
        if not joins and not repeats and not (numbers and small):
            return UNKNOWN
        try:
            return _SUMS[type(node.op)](left, right)
        except (KeyError, ArithmeticError, TypeError, ValueError):
            return UNKNOWN

    def visit_UnaryOp(self, node: ast.UnaryOp) -> Any:
        value = self.visit(node.operand)
        if isinstance(node.op, ast.Not):
            holds = self._truth(value)
            return UNKNOWN if holds is UNKNOWN else not holds
        if isinstance(value, Tensor):
            return self.forward.step(value, "neg", node.lineno, elementwise=True)
        if isinstance(value, int | float):
            return -value if isinstance(node.op, ast.USub) else value
        return UNKNOWN

    def visit_BoolOp(self, node: ast.BoolOp) -> Any:
        stops = isinstance(node.op, ast.Or)
        value: Any = UNKNOWN
        doubtful = False
        for part in node.values:
            value = self.visit(part)
            holds = self._truth(value)
            if holds is stops:
                return value  # whatever the unknown before it is
            doubtful |= holds is UNKNOWN
        return UNKNOWN if doubtful else value

    def visit_Compare(self, node: ast.Compare) -> Any:
        left = self.visit(node.left)
        for sign, part in zip(node.ops, node.comparators, strict=True):
            right = self.visit(part)
            holds = self._compared(sign, left, right)
            if holds is not True:
                return holds
            left = right
        return True

    def _compared(self, sign: ast.cmpop, left: Any, right: Any) -> Any:
        if isinstance(sign, ast.Is | ast.IsNot) and None in (left, right) and UNKNOWN not in (left, right):
            return (left is right) is isinstance(sign, ast.Is)
        if any(value is UNKNOWN or isinstance(value, Tensor) for value in (left, right)):
            return UNKNOWN
        if isinstance(right, tuple | list) and UNKNOWN in right:
            return UNKNOWN
        if not light(left, right):
            return UNKNOWN
        try:
            return bool(_COMPARED[type(sign)](left, right))
        except TypeError:
            return UNKNOWN

    def visit_IfExp(self, node: ast.IfExp) -> Any:
        holds = self._truth(self.visit(node.test))
        if holds is UNKNOWN:
            value = self.visit(node.body)
            return value if isinstance(value, Module | Tensor) else UNKNOWN
        return self.visit(node.body if holds else node.orelse)

    def visit_Lambda(self, node: ast.Lambda) -> Any:
        self.defaults(node.args)
        return Function("lambda", node.args, node.body, self.scope)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> Any:
        value = self._noted(self.visit(node.value))
        self._bind(node.target, value)
        return value

    def visit_JoinedStr(self, node: ast.JoinedStr) -> Any:
        parts = [
            self.visit(part.value) if isinstance(part, ast.FormattedValue) else self.visit(part)
            for part in node.values
        ]
        return (
            "".join(map(str, parts))[:1000] if all(isinstance(part, _CONSTANT) for part in parts) else UNKNOWN
        )

    def visit_Await(self, node: ast.Await) -> Any:
        return self.visit(node.value)

    # Values of others

    def items(self, value: Any) -> list[Any] | None:
        """What a loop over this value runs through; None where that isn't known."""
        if isinstance(value, Module):
            held = self.modules.held(value)
            return list(value.children) if value.kind == "ModuleDict" and value.children else held
        if isinstance(value, Tensor):
            return None
        known = isinstance(value, range | list | tuple | dict | str) and len(value) <= MOST_ITEMS
        if not known:
            return None
        self.spend(1 + len(value) // COPIED)
        return list(value)

    def _truth(self, value: Any) -> Any:
        if value is UNKNOWN or isinstance(value, Tensor):
            return UNKNOWN
        if isinstance(value, Module | Class | Function | Library | Method | Super):
            held = self.modules.held(value) if isinstance(value, Module) else None
            return True if held is None else bool(held)
        return bool(value)

    def defaults(self, arguments: ast.arguments) -> None:
        """Work out default values where a function is written, as Python does."""
        for default in (*arguments.defaults, *arguments.kw_defaults):
            if default is not None:
                default.held = self.visit(default)  # type: ignore[attr-defined]


def _may_hold_layers(value: Any) -> bool:
    """Whether this is a module, or a list no longer than one of layers is."""
    return isinstance(value, Module) or (isinstance(value, list | tuple) and len(value) <= MOST_STATED)
