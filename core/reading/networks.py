"""The networks of a text: which there are, which of them is meant, and what each is as a list of layers."""

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from core.errors import InputError
from core.reading.expressions import MOST_STEPS, EndlessError
from core.reading.forward import Forward
from core.reading.interpreter import Interpreter, Leave, RaisedError
from core.reading.rows import Rows, rows
from core.reading.source import Source
from core.reading.tables import CONTAINERS, GUESSES, LOSS_ENDING
from core.reading.values import BATCH, UNKNOWN, Call, Class, Function, Module, Tensor, Unread, tensors
from core.shapes.layers import Shape

# Of images that networks are made for, the usual ones first.
SIDES = (32, 28, 224, 64, 227, 96, 128, 256, 48, 299, 100, 150, 200, 512)
FRAGMENT = "self"


@dataclass
class Network:
    """One network of a text: its name there, and how its module is made."""

    name: str
    make: Callable[[], Module | None]
    function: Function | None = None  # of the text, which makes it


@dataclass
class Found:
    """A network as rows, the image that it was followed with, and whether that fits all through."""

    rows: Rows
    image: Shape
    fits: bool


@dataclass
class Networks:
    """Follows a text once and answers for the networks in it."""

    source: Source
    problems: list[Unread] = field(default_factory=list)  # that end the text itself

    def __post_init__(self) -> None:
        self._follow = Interpreter(self.source)
        self._methods()
        self._guarded(lambda: self._run(self.source.tree.body))
        self._again()
        self.all = self._candidates()

    def _run(self, statements: Sequence[ast.stmt]) -> None:
        for statement in statements:
            try:
                self._follow.visit(statement)
            except RaisedError as raised:
                self.problems.append(raised.problem)
            except Leave:
                continue

    def _guarded(self, run: Callable[[], object]) -> object:
        """The value of a part of the text; what ends it becomes a sentence."""
        try:
            return run()
        except (EndlessError, RaisedError) as ended:
            self.problems.append(ended.args[0] if isinstance(ended, EndlessError) else ended.problem)
        except InputError as error:
            if error.key == "layers_too_many":
                raise
            self.problems.append(Unread(1, error))
        except RecursionError:
            self.problems.append(Unread(1, InputError("paste_syntax", code=self.source.code(1))))
        return None

    def _tried(self, run: Callable[[], object]) -> object:
        """The value of what only may be the network that is meant; None where it is too large."""
        self._follow.modules.before = len(self._follow.modules.made)
        self._again()
        try:
            return self._guarded(run)
        except InputError:
            return None

    def _again(self) -> None:
        """Some steps more, where the text has used up its own."""
        self._follow.steps = max(self._follow.steps, MOST_STEPS // 4)

    def _methods(self) -> None:
        """Lines of an __init__ and a forward without their class belong to one nameless module."""
        body = self.source.tree.body
        loose = [
            each
            for each in body
            if isinstance(each, ast.FunctionDef) and _takes_self(each) and not each.decorator_list
        ]
        steps = [] if any(each.name == "forward" for each in loose) else _steps(body)
        loose += [_forward(steps)] if steps else []
        cls = Class("Net", 1, [], {})
        self._fragment = Module("Net", 1, cls, ready=True)
        self._follow.scope.names[FRAGMENT] = self._fragment
        if loose:
            for each in loose:
                self._follow.visit(each)
                function = self._follow.scope.names.pop(each.name)
                function.owner = cls
                cls.names[each.name] = function
            self.source.tree.body = [each for each in body if each not in (*loose, *steps)]

    # Which there are

    def _candidates(self) -> list[Network]:
        """All networks, the one that is meant last."""
        if self._fragment.cls is not None and isinstance(self._fragment.cls.names.get("__init__"), Function):
            start = self._fragment.cls.names["__init__"]
            self._guarded(lambda: self._follow.apply(start, [self._fragment], {}, 1, guess=True))
        built = self._built(self._follow.modules.made)
        functions = [] if built else self._functions()
        classes = self._classes()
        functions = [each for each in functions if id(each.function) not in self._follow.called]
        loose = self._loose() if not built and not functions else []
        if self._fragment.modules():
            return [*classes, *functions, *built, Network("self", lambda: self._fragment)]
        helpers = [each for each in functions if each.function and _wants(each.function)]
        whole = [each for each in functions if each not in helpers]
        return [*(loose if not classes else []), *helpers, *classes, *whole, *built]

    def _built(self, modules: Sequence[Module]) -> list[Network]:
        """Modules that the text makes and no other holds, if they are more than one layer."""
        inside = {id(inner) for module in modules for inner in module.tree()[1:]}
        names = {
            id(value): name for name, value in self._follow.top.names.items() if isinstance(value, Module)
        }
        roots = [module for module in modules if id(module) not in inside and _is_network(module)]
        named = [module for module in roots if id(module) in names]
        bare = [module for module in modules if id(module) not in inside and _is_layer(module)]
        if not named and len(roots) + len(bare) > 1 and not any(module.cls for module in roots):
            return []  # lines of a list: taken all, in order
        chosen = [each for each in roots if each in named or (named and _alone(each, named))] or roots
        return [
            Network(_called(names.get(id(module), ""), module), lambda module=module: module)  # type: ignore[misc]
            for module in chosen
        ]

    def _functions(self) -> list[Network]:
        """Functions of the text that nothing calls and that give a network."""
        found = []
        for name, value in list(self._follow.top.names.items()):
            if isinstance(value, Function) and value.owner is None and id(value) not in self._follow.called:
                before = len(self._follow.modules.made)
                self._tried(lambda value=value: self._follow.apply(value, [], {}, 1))  # type: ignore[misc]
                self._follow.called.discard(id(value))  # by this line alone
                made = self._built(self._follow.modules.made[before:])
                if made:
                    found.append(Network(f"{name}()", made[-1].make, value))
        return found

    def _classes(self) -> list[Network]:
        """Classes with a forward that no other class uses, and of which the text makes none."""
        classes = [
            value
            for value in self._follow.top.names.values()
            if isinstance(value, Class) and _is_module(value)
        ]
        made: dict[str, Module | None] = {}
        used: set[str] = {base.name for each in classes for base in each.order[1:]}
        for cls in classes:
            if cls.name in self._follow.modules.instances:
                continue
            kept, self._follow.modules.instances = self._follow.modules.instances, set()
            made[cls.name] = self._instance(cls)
            used |= self._follow.modules.instances - {cls.name}
            self._follow.modules.instances |= kept
        found = [cls for cls in classes if cls.name in made and cls.name not in used]
        found.sort(key=lambda cls: not _wraps(cls))
        return [Network(cls.name, lambda cls=cls: made[cls.name]) for cls in found]  # type: ignore[misc]

    def _instance(self, cls: Class) -> Module | None:
        made = self._tried(lambda: self._follow.modules.instance(cls, [], {}, cls.line, guess=True))
        return made if isinstance(made, Module) else None

    def _loose(self) -> list[Network]:
        """Layers that stand in the text one below the other."""
        made = _stated(self._follow.stated)
        inside = {id(inner) for module in made for inner in module.tree()[1:]}
        layers = [
            module for module in made if id(module) not in inside and not module.kind.endswith(LOSS_ENDING)
        ]
        if not layers:
            return []
        held = Module(
            "Sequential", layers[0].line, children={str(at): each for at, each in enumerate(layers)}
        )
        return [Network("", lambda: held)]

    # What one is

    def chosen(self, image: Shape) -> tuple[int, Found | None]:
        """The network that is meant; of functions that nothing calls, the last that a list can hold."""
        place = len(self.all) - 1
        while True:
            try:
                return place, self.read(self.all[place], image) if place >= 0 else None
            except InputError:
                if place < 1 or None in (self.all[place].function, self.all[place - 1].function):
                    raise
                place -= 1

    def read(self, network: Network, image: Shape) -> Found | None:
        """The rows of a network, followed with an image that it fits, this one if it can be."""
        self._again()
        module = network.make()
        if module is None:
            return None
        first = self._through(module, self._follow.modules.image or image)
        if first is None or first.fits:
            return first
        wanted = _channels(first)
        tried = {first.image}
        grey = [(1, 28, 28)] if image[0] != 1 and wanted in (1, None) else []
        for candidate in (*grey[: wanted or 0], image, *((image[0], side, side) for side in SIDES), *grey):
            shape = (wanted or candidate[0], *candidate[1:])
            if shape in tried:
                continue
            tried.add(shape)
            found = self._through(module, shape)
            if found is not None and found.fits:
                return found
        shape = (wanted or image[0], *(grey[0] if wanted and grey else image)[1:])
        return self._through(module, shape) if shape != first.image else first

    def _through(self, module: Module, image: Shape) -> Found | None:
        follow = self._follow
        follow.forward = forward = Forward(follow)
        follow.calls = [] if forward.own(module) else [Call(module.kind, True)]
        follow.doubts, follow.scope, follow.last = [], follow.top, None
        follow.ended_with = None
        images = forward.source((BATCH, *image))
        before = len(self.problems)
        value = self._guarded(lambda: forward.through(module, [images], {}, module.line))
        ended, self.problems[before:] = self.problems[before:], []
        outputs = tensors(value)
        last = outputs[0] if outputs else follow.ended_with or follow.last
        if not isinstance(last, Tensor):
            last = images
        found = rows(forward.nodes, images.node, last.node, self.source)
        found.say(*ended)
        if not outputs and last is not images:
            found.say(self._unreturned(module, value))
        if len(outputs) > 1:
            found.say(
                Unread(last.node.line, InputError("paste_outputs", kind=module.kind, count=len(outputs)))
            )
        found.say(module.problem)
        self._unused(found, module, forward)
        return Found(found, image, forward.fits and not ended)

    def _unreturned(self, module: Module, value: object) -> Unread:
        if value is UNKNOWN:
            return Unread(module.line, InputError("paste_returned_unknown", kind=module.kind))
        return Unread(module.line, InputError("paste_no_return", kind=module.kind))

    def _unused(self, found: Rows, module: Module, forward: Forward) -> None:
        """Say which layers of the network no image goes through, and which one it goes through twice."""
        used = {id(each) for each in (*forward.used, *found.modules)}
        labels = _labels(module)
        seen: set[int] = set()
        for each in found.modules:
            if id(each) in seen and each.layer is not None and each.layer.parameters:
                found.say(Unread(each.line, InputError("paste_shared", name=labels.get(id(each), each.kind))))
            seen.add(id(each))
        closed = {id(inner) for each in module.tree() if _is_closed(each) for inner in each.tree()}
        for each in module.tree()[1:]:
            if id(each) not in closed and id(each) not in used and each.layer is not None:
                found.say(Unread(each.line, InputError("paste_unused", name=labels.get(id(each), each.kind))))


def _stated(values: Sequence[object]) -> list[Module]:
    """The modules among these values and in lists of them, each once."""
    found: dict[int, Module] = {}
    for value in values:
        for each in value if isinstance(value, list | tuple) else [value]:
            if isinstance(each, Module):
                found.setdefault(id(each), each)
    return list(found.values())


def _labels(module: Module) -> dict[int, str]:
    """For each module within this one the first attribute under which it is kept, by id."""
    found: dict[int, str] = {}
    for each in module.tree():
        for name, value in (*each.names.items(), *(each.children or {}).items()):
            if isinstance(value, Module) and not name.isdigit():
                found.setdefault(id(value), name)
    return found


def _channels(found: Found) -> int | None:
    """Channels of the image that the first layer wants."""
    for layer in found.rows.layers:
        for name in ("in_channels", "num_features"):
            if name in layer.params:
                return int(layer.params[name])
        if layer.kind == "Linear":
            number = layer.params["in_features"]
            return next((count for count in (3, 1) if number % count == 0 and _square(number // count)), None)
    return None


def _square(number: int) -> bool:
    return any(side * side == number for side in SIDES)


def _steps(body: Sequence[ast.stmt]) -> list[ast.stmt]:
    """Lines of a forward that stand in no function, from the first `x = self.conv(x)` on."""
    start = next((at for at, each in enumerate(body) if _sent(each)), len(body))
    given = {target.id for each in body[:start] for target in _targets(each) if isinstance(target, ast.Name)}
    if any(isinstance(each, ast.ClassDef) for each in body):
        return []
    if start < len(body) and _sent(body[start]) in given:
        return []  # an image that the text itself makes
    return [
        each
        for each in body[start:]
        if isinstance(each, ast.AugAssign | ast.Return | ast.For | ast.If)
        or any(isinstance(target, ast.Name) for target in _targets(each))
    ]


def _targets(statement: ast.stmt) -> list[ast.expr]:
    return statement.targets if isinstance(statement, ast.Assign) else []


def _sent(statement: ast.stmt) -> str:
    """The name that an assignment sends through one of self's modules; empty for any other statement."""
    for node in ast.walk(statement) if isinstance(statement, ast.Assign) else ():
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id="self")), args=[ast.Name(id=name), *_]) if (
                name != "self"
            ):
                return name
    return ""


def _forward(steps: list[ast.stmt]) -> ast.FunctionDef:
    """A forward of these lines, which gives back what they assign last."""
    last = next((each for each in reversed(steps) if _targets(each)), steps[0])
    targets = _targets(last)
    end = ast.Return(ast.Name(getattr(targets[0], "id", "x") if targets else "x", ast.Load()))
    arguments = ast.arguments([], [ast.arg("self"), ast.arg(_sent(steps[0]))], None, [], [], None, [])
    made = ast.FunctionDef("forward", arguments, [*steps, end], [], None)
    for each in (made, end, end.value):
        ast.copy_location(each, last)  # type: ignore[type-var]
    return made


def _wants(function: Function) -> bool:
    """Whether a function can't be called without arguments that the text doesn't give."""
    arguments = function.arguments
    names = [each.arg for each in (*arguments.posonlyargs, *arguments.args)]
    needed = names[: len(names) - len(arguments.defaults)]
    return any(name not in GUESSES for name in needed if name != "self")


def _is_closed(module: Module) -> bool:
    """Whether the text doesn't show what is within a module, a pretrained network for instance."""
    return module.layer is None and module.lazy is None and module.cls is None and module.children is None


def _wraps(cls: Class) -> bool:
    """Whether a class wants arguments that nobody gives: one around another network, for instance."""
    try:
        start = cls.find("__init__")
    except KeyError:
        return False
    return isinstance(start, Function) and _wants(start)


def _alone(module: Module, named: Sequence[Module]) -> bool:
    """Whether a module without a name of its own is of a class that no other one has."""
    return module.cls is not None and all(each.cls is not module.cls for each in named)


def _is_layer(module: Module) -> bool:
    return module.cls is None and module.children is None and not module.kind.endswith(LOSS_ENDING)


def _is_network(module: Module) -> bool:
    if module.kind.endswith(LOSS_ENDING):
        return False
    if module.cls is not None:
        return _is_module(module.cls) and bool(module.modules() or _finds(module.cls, "forward"))
    return bool(module.children) or (
        module.layer is None and module.lazy is None and module.kind not in CONTAINERS
    )


def _is_module(cls: Class) -> bool:
    outside = cls.library()
    return (
        bool(set(outside) & {"Module", *CONTAINERS})
        or _finds(cls, "forward")
        or ("" in outside and _finds(cls, "__init__"))
    )


def _finds(cls: Class, name: str) -> bool:
    try:
        cls.find(name)
    except KeyError:
        return False
    return True


def _takes_self(function: ast.FunctionDef) -> bool:
    return [each.arg for each in function.args.args[:1]] == ["self"]


def _called(name: str, module: Module) -> str:
    return f"{name} ({module.kind})" if name and module.cls is not None else name or module.kind
