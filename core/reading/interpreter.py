"""A pasted text followed statement by statement, never executed: what stands for what.

Python's rules for names, functions, classes, loops and conditions as far as they can be known from the text;
everything else is UNKNOWN, which spreads and is no error.
"""

import ast
import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeGuard

from core.errors import InputError
from core.reading import builtin
from core.reading.forward import Forward
from core.reading.modules import Modules
from core.reading.patterns import matches
from core.reading.source import Source
from core.reading.tables import GUESSES, USUAL
from core.reading.values import (
    UNKNOWN,
    Call,
    Class,
    Function,
    Library,
    Method,
    Module,
    Partial,
    Scope,
    Super,
    Tensor,
    Unread,
    tensors,
)
from core.shapes.layers import LAYERS

MOST_STEPS = 60_000
MOST_DEPTH = 40  # calls within calls
CALL = 20  # steps that a call counts
COPIED = 4  # items of a list, copied as one step
MOST_ROUNDS = 1_000  # of a for loop: no network has more, and a training loop needs one
MOST_ITEMS = 10_000  # of a list or tuple
LARGEST = 10**15
REST = "**"  # the name under which unknown keyword arguments are handed on


class EndlessError(Exception):
    """The reader gives up: too many steps, at this line."""


class Leave(Exception):  # noqa: N818
    """return, break and continue, on their way out."""

    def __init__(self, value: Any = None) -> None:
        self.value = value


class _Return(Leave):
    pass


class _Break(Leave):
    pass


class _Continue(Leave):
    pass


class RaisedError(Exception):
    """The text itself raises an error that nothing in it can avoid."""

    def __init__(self, problem: Unread) -> None:
        self.problem = problem


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
_LEAVES = (ast.Return, ast.Raise, ast.Break, ast.Continue)


class Interpreter(ast.NodeVisitor):
    """Follows statements and expressions; `modules` makes layers, `forward` follows tensors through them."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.scope = Scope({"__name__": "__main__"})
        self.top = self.scope
        self.steps = MOST_STEPS
        self.calls: list[Call] = []
        self.last: Tensor | None = None  # the tensor assigned or returned last
        self.ended_with: Tensor | None = None  # the same, of the function called last
        self.called: set[int] = set()  # functions of the text, by id
        self.stated: list[Any] = []  # values of the statements that stand in no function
        self.doubts: list[int] = []  # lines of conditions that the text doesn't decide
        self._visitors: dict[type[ast.AST], Callable[[Any], Any]] = {}
        self.modules = Modules(self)
        self.forward = Forward(self)

    def visit(self, node: ast.AST) -> Any:
        """The value of an expression; None for a statement. Raises EndlessError after MOST_STEPS."""
        self.steps -= 1
        if self.steps < 0:
            self.spend(0, getattr(node, "lineno", 1))
        kind = type(node)
        if kind not in self._visitors:
            self._visitors[kind] = getattr(self, f"visit_{kind.__name__}", self.generic_visit)
        return self._visitors[kind](node)

    def spend(self, steps: int, line: int = 1) -> None:
        """Count steps. Raises EndlessError after MOST_STEPS."""
        self.steps -= steps
        if self.steps < 0:
            raise EndlessError(Unread(line, InputError("paste_endless", steps=MOST_STEPS)))

    def generic_visit(self, node: ast.AST) -> Any:
        """What isn't followed is unknown."""
        return UNKNOWN

    def run(self, statements: Sequence[ast.stmt]) -> None:
        """Follow statements in the present scope."""
        for statement in statements:
            self.visit(statement)

    def problem(self, line: int, key: str, **values: Any) -> Unread:
        """A sentence about a line, with its code."""
        return Unread(line, InputError(key, **values))

    # Statements

    def visit_Expr(self, node: ast.Expr) -> None:
        self._noted(self.visit(node.value))

    def visit_Assign(self, node: ast.Assign) -> None:
        value = self._noted(self.visit(node.value))
        for target in node.targets:
            self._bind(target, value)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self._bind(node.target, self._noted(self.visit(node.value)))

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        old = self.visit(node.target)
        value = self.visit(node.value)
        if isinstance(old, list) and isinstance(node.op, ast.Add) and isinstance(value, list | tuple):
            old.extend(value[: MOST_ITEMS - len(old)])
            return
        if isinstance(old, Module) and old.children is not None:
            self.modules.extend(old, value)
            return
        self._bind(node.target, self._noted(self._sum(node, old, value)))

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        words = [getattr(each, "id", getattr(each, "attr", "")) for each in node.decorator_list]
        wrapper = next((word for word in words if word in ("property", "staticmethod", "classmethod")), "")
        self._defaults(node.args)
        function = Function(node.name, node.args, node.body, self.scope, wrapper=wrapper)
        given = [self.visit(each.args[0]) for each in node.decorator_list if _adds(each)]
        owner = next((each for each in given if isinstance(each, Class)), None)
        if owner is None:
            self.scope.names[node.name] = function
        else:
            function.owner = owner
            owner.names[node.name] = function

    visit_AsyncFunctionDef = visit_FunctionDef  # type: ignore[assignment]  # noqa: N815

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        inside = Scope(outer=self.scope)
        fields = [
            each.target.id
            for each in node.body
            if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name)
        ]
        cls = Class(node.name, node.lineno, [self.visit(base) for base in node.bases], inside.names, fields)
        self.scope, outer = inside, self.scope
        try:
            self.run(node.body)
        finally:
            self.scope = outer
        for value in inside.names.values():
            if isinstance(value, Function) and value.scope is inside:
                value.owner, value.scope = cls, outer  # methods don't see the names of their class
        self.scope.names[node.name] = cls

    def visit_Return(self, node: ast.Return) -> None:
        raise _Return(None if node.value is None else self._noted(self.visit(node.value)))

    def visit_If(self, node: ast.If) -> None:
        holds = self._truth(self.visit(node.test))
        if holds is not UNKNOWN:
            self.run(node.body if holds else node.orelse)
            return
        leaves = any(isinstance(each, _LEAVES) for each in node.body)
        self._in_doubt(node.orelse if leaves else node.body, node.lineno)

    def visit_Match(self, node: ast.Match) -> None:
        value = self.visit(node.subject)
        for case in node.cases:
            holds = matches(self, case.pattern, value)
            if holds is True and case.guard is not None:
                holds = self._truth(self.visit(case.guard))
            if holds is not False:
                self._in_doubt(case.body, node.lineno if holds is UNKNOWN else None)
                return

    def _in_doubt(self, statements: Sequence[ast.stmt], line: int | None) -> None:
        """Follow statements that stand under a condition of this line which the text doesn't decide."""
        if line is None:
            self.run(statements)
            return
        self.doubts.append(line)
        try:
            self.run(statements)
        finally:
            self.doubts.pop()

    def visit_For(self, node: ast.For) -> None:
        items = self.items(self.visit(node.iter))
        self._loop(node, [UNKNOWN] if items is None or len(items) > MOST_ROUNDS else items)

    visit_AsyncFor = visit_For  # type: ignore[assignment]  # noqa: N815

    def _loop(self, node: ast.For, items: Iterable[Any]) -> None:
        for item in items:
            self._bind(node.target, item)
            try:
                self.run(node.body)
            except _Continue:
                continue
            except _Break:
                return
        self.run(node.orelse)

    def visit_While(self, node: ast.While) -> None:
        while True:
            holds = self._truth(self.visit(node.test))
            if holds is False:
                return
            try:
                self.run(node.body)
            except _Continue:
                pass
            except _Break:
                return
            if holds is UNKNOWN:
                return

    def visit_With(self, node: ast.With) -> None:
        for item in node.items:
            value = self.visit(item.context_expr)
            if item.optional_vars is not None:
                self._bind(item.optional_vars, value)
        self.run(node.body)

    visit_AsyncWith = visit_With  # type: ignore[assignment]  # noqa: N815

    def visit_Try(self, node: ast.Try) -> None:
        try:
            self.run(node.body)
            self.run(node.orelse)
        except RaisedError:
            for handler in node.handlers[:1]:
                self.run(handler.body)
        self.run(node.finalbody)

    def visit_Raise(self, node: ast.Raise) -> None:
        raise RaisedError(self.problem(node.lineno, "paste_raises", code=self.source.code(node.lineno)))

    def visit_Break(self, node: ast.Break) -> None:
        raise _Break

    def visit_Continue(self, node: ast.Continue) -> None:
        raise _Continue

    def visit_Import(self, node: ast.Import) -> None:
        for name in node.names:
            path = name.name if name.asname else name.name.partition(".")[0]
            self.scope.names[name.asname or path] = Library(path)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        for name in node.names:
            if name.name != "*":
                self.scope.names[name.asname or name.name] = Library(f"{node.module}.{name.name}")

    def visit_Delete(self, node: ast.Delete) -> None:
        for target in node.targets:
            if isinstance(target, ast.Subscript):
                owner, key = self.visit(target.value), self.visit(target.slice)
                held = self.modules.held(owner)
                if held is not None and isinstance(key, int) and -len(held) <= key < len(held):
                    self.modules.fill(owner, [each for at, each in enumerate(held) if at != key % len(held)])

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
            if isinstance(key, str | int | float | tuple):
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
        if self.scope is self.top:
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

    visit_Set = visit_List  # type: ignore[assignment]  # noqa: N815

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
            made[name if isinstance(name, str | int | float | tuple) else f"?{len(made)}"] = inner
        return made

    def visit_ListComp(self, node: ast.ListComp) -> Any:
        return self._comprehended(node.generators, lambda: self.visit(node.elt))

    visit_GeneratorExp = visit_SetComp = visit_ListComp  # type: ignore[assignment]  # noqa: N815

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
        if tensors(left, right):
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
        self._defaults(node.args)
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

    # Calls

    def visit_Call(self, node: ast.Call) -> Any:
        if isinstance(node.func, ast.Name) and node.func.id == "super":
            return self._super()
        function = self.visit(node.func)
        given = self._listed(node.args)
        named: dict[str, Any] = {}
        for word in node.keywords:
            value = self.visit(word.value)
            if word.arg is not None:
                named[word.arg] = value
            else:
                known = value if isinstance(value, dict) else {REST: UNKNOWN}
                named.update({key: each for key, each in known.items() if isinstance(key, str)})
        return self.call(function, given, named, node)

    def _super(self) -> Any:
        try:
            module, function = self.scope.find("self"), self.scope.find("__class__")
        except KeyError:
            return UNKNOWN
        return Super(module, function) if isinstance(module, Module) else UNKNOWN

    def call(self, function: Any, given: list[Any], named: dict[str, Any], node: ast.expr) -> Any:
        """The value of a call."""
        match function:
            case Function():
                return self.apply(function, given, named, node.lineno)
            case Method(function=Function() as inner, owner=owner):
                return self.apply(inner, [owner, *given], named, node.lineno)
            case Class():
                return self.modules.instance(function, given, named, node.lineno)
            case Module():
                return self.forward.through(function, given, named, node.lineno)
            case Partial(function=inner):
                return self.call(inner, [*function.given, *given], {**function.named, **named}, node)
            case Method(owner=Module() | Super()):
                return self.modules.method(function, given, named, node.lineno)
            case Method(owner=Tensor() as owner):
                return self.forward.function(function.name, [owner, *given], named, node)
            case Method():
                return builtin.method(self, function, given, named)
            case Library(path=path) if path.startswith("builtins."):
                return builtin.call(self, function.last, given, named, node)
            case Library():
                return self.modules.library(function, given, named, node)
        return self.forward.unknown(given, named, node)

    def apply(
        self, function: Function, given: list[Any], named: Mapping[str, Any], line: int, guess: bool = False
    ) -> Any:
        """Follow a function of the text; `guess` fills in usual arguments that are missing."""
        self.steps -= CALL
        if len(self.calls) >= MOST_DEPTH:
            return UNKNOWN
        if function.scope is self.top and function.owner is None:
            self.called.add(id(function))
        names = self._bound(function, given, named, line, guess)
        if function.owner is not None:
            names["__class__"] = function.owner
            if function.wrapper != "staticmethod" and given:
                names.setdefault("self", given[0])
        scope, last = self.scope, self.last
        self.scope = Scope(names, function.scope)
        is_module = function.name == "forward"
        self.calls.append(Call(_kind(given) if is_module else function.name, is_module))
        try:
            if isinstance(function.body, ast.expr):
                return self.visit(function.body)
            self.last = None
            self.run(function.body)
        except _Return as returned:
            return returned.value
        except (_Break, _Continue):
            pass
        finally:
            self.scope = scope
            self.calls.pop()
            self.ended_with, self.last = self.last, last
        return None

    def _bound(
        self, function: Function, given: list[Any], named: Mapping[str, Any], line: int, guess: bool
    ) -> dict[str, Any]:
        arguments = function.arguments
        positional = [each.arg for each in (*arguments.posonlyargs, *arguments.args)]
        keyword = [each.arg for each in arguments.kwonlyargs]
        names = dict(zip(positional, given, strict=False))
        rest = {name: value for name, value in named.items() if name not in (*positional, *keyword, REST)}
        names.update({name: value for name, value in named.items() if name not in rest})
        if arguments.vararg:
            names[arguments.vararg.arg] = tuple(given[len(positional) :])
        if arguments.kwarg:
            names[arguments.kwarg.arg] = rest
        defaults = [
            *zip(positional[len(positional) - len(arguments.defaults) :], arguments.defaults, strict=True),
            *zip(keyword, arguments.kw_defaults, strict=True),
        ]
        for name, default in defaults:
            if name not in names and default is not None:
                names[name] = getattr(default, "held", UNKNOWN)
        missing = [name for name in (*positional, *keyword) if name not in names]
        for name in missing:
            names[name] = GUESSES.get(name, UNKNOWN)
        owner = given[0] if given and isinstance(given[0], Module) else None
        if missing and function.name == "__init__" and owner is not None:
            told = [name for name in missing if name in GUESSES]
            if not guess:
                owner.problem = self.problem(
                    line, "paste_argument_missing", kind=owner.kind, names=tuple(missing)
                )
            elif told:
                owner.problem = self.problem(
                    owner.line,
                    "paste_argument_guessed",
                    names=tuple(f"{name} = {GUESSES[name]}" for name in told),
                )
        if rest and not arguments.kwarg and owner is not None and function.name == "__init__":
            owner.problem = self.problem(
                line, "paste_argument_unknown", kind=owner.kind, names=tuple(map(str, rest))
            )
        return names

    def _defaults(self, arguments: ast.arguments) -> None:
        """Work out default values where the function is written, as Python does."""
        for default in (*arguments.defaults, *arguments.kw_defaults):
            if default is not None:
                default.held = self.visit(default)  # type: ignore[attr-defined]

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


def _adds(decorator: ast.expr) -> TypeGuard[ast.Call]:
    """Whether this is @add_to_class(Net) or its like, as d2l and fastcore write it."""
    return isinstance(decorator, ast.Call) and len(decorator.args) == 1


def _kind(given: list[Any]) -> str:
    return given[0].kind if given and isinstance(given[0], Module) else "forward"
