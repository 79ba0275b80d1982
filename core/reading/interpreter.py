"""A pasted text followed statement by statement, never executed: what stands for what.

Python's rules for names, functions, classes, loops and conditions as far as they can be known from the text;
everything else is UNKNOWN, which spreads and is no error.
"""

import ast
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeGuard

from core.reading import builtin
from core.reading.expressions import MOST_ITEMS, MOST_STEPS, Expressions
from core.reading.forward import Forward
from core.reading.modules import Modules
from core.reading.patterns import matches
from core.reading.source import Source
from core.reading.tables import GUESSES
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
)

MOST_DEPTH = 40  # calls within calls
CALL = 20  # steps that a call counts
MOST_ROUNDS = 1_000  # of a for loop: no network has more, and a training loop needs one
REST = "**"  # the name under which unknown keyword arguments are handed on


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


_LEAVES = (ast.Return, ast.Raise, ast.Break, ast.Continue)


class Interpreter(Expressions):
    """Follows statements and calls; `modules` makes layers, `forward` follows tensors through them."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.scope = Scope({"__name__": "__main__"})
        self.top = self.scope
        self.steps = MOST_STEPS
        self.calls = []
        self.last = None
        self.ended_with: Tensor | None = None  # the last tensor of the function called last
        self.called: set[int] = set()  # functions of the text, by id
        self.stated = []
        self.doubts = []
        self.visitors = {}
        self.modules = Modules(self)
        self.forward = Forward(self)

    def run(self, statements: Sequence[ast.stmt]) -> None:
        """Follow statements in the present scope."""
        for statement in statements:
            self.visit(statement)

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
        self.defaults(node.args)
        function = Function(node.name, node.args, node.body, self.scope, wrapper=wrapper)
        given = [self.visit(each.args[0]) for each in node.decorator_list if _adds(each)]
        owner = next((each for each in given if isinstance(each, Class)), None)
        if owner is None:
            self.scope.names[node.name] = function
        else:
            function.owner = owner
            owner.names[node.name] = function

    visit_AsyncFunctionDef = visit_FunctionDef  # type: ignore[assignment]

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
                if holds is UNKNOWN:
                    self._in_doubt(case.body, node.lineno)
                else:
                    self.run(case.body)
                return

    def _in_doubt(self, statements: Sequence[ast.stmt], line: int, key: str = "paste_condition") -> None:
        """Follow statements under a condition or loop of this line which the text doesn't decide."""
        self.doubts.append(self.problem(line, key, code=self.source.code(line)))
        try:
            self.run(statements)
        finally:
            self.doubts.pop()

    def visit_For(self, node: ast.For) -> None:
        items = self.items(self.visit(node.iter))
        known = items if items is not None and len(items) <= MOST_ROUNDS else None
        self._loop(node, [UNKNOWN] if known is None else known, in_doubt=known is None)

    visit_AsyncFor = visit_For  # type: ignore[assignment]

    def _loop(self, node: ast.For, items: Iterable[Any], in_doubt: bool) -> None:
        for item in items:
            self._bind(node.target, item)
            try:
                if in_doubt:
                    self._in_doubt(node.body, node.lineno, "paste_loop")
                else:
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

    visit_AsyncWith = visit_With  # type: ignore[assignment]

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
                if held is None or not isinstance(key, int) or not -len(held) <= key < len(held):
                    continue
                if isinstance(owner, list):
                    del owner[key]
                else:
                    self.modules.fill(owner, [each for at, each in enumerate(held) if at != key % len(held)])

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


def _adds(decorator: ast.expr) -> TypeGuard[ast.Call]:
    """Whether this is @add_to_class(Net) or its like, as d2l and fastcore write it."""
    return isinstance(decorator, ast.Call) and len(decorator.args) == 1


def _kind(given: list[Any]) -> str:
    return given[0].kind if given and isinstance(given[0], Module) else "forward"
