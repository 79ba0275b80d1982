"""The modules that a text makes: layers of the calculator's table, containers, the learner's own classes."""

import ast
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from core.errors import InputError
from core.reading.rows import fits_shortcut
from core.reading.tables import (
    BLOCK,
    BLOCK_ARGUMENTS,
    BLOCK_USUAL,
    CONTAINERS,
    IGNORED,
    LAZY,
    LOSS_ENDING,
    MAKERS,
    SAME_MODULE,
)
from core.reading.values import (
    UNKNOWN,
    Class,
    Function,
    Library,
    Method,
    Module,
    Partial,
    Super,
    Unread,
    light,
    tensors,
)
from core.shapes.code import OURS
from core.shapes.layers import LAYERS, Layer, Shape
from core.shapes.trace import MOST_LAYERS

if TYPE_CHECKING:
    from core.reading.interpreter import Interpreter

TORCH = LAYERS.keys() - OURS.keys()
_OWN = {param.name for param in LAYERS[BLOCK].params}
MOST_MODULES = 2_000
INIT = "__init__"
PARSER = "ArgumentParser"
RECORDS = ("SimpleNamespace", "Namespace", "EasyDict", "edict", "AttrDict", "Munch")
EATEN = ("init", "_init_", "__init", "init__", "_init", "__int__", "__inti__")  # by a forum, or by haste


class Modules:
    """Makes modules, and answers for their attributes."""

    def __init__(self, follow: "Interpreter") -> None:
        self._follow = follow
        self.made: list[Module] = []
        self.before = 0  # how many belong to networks made before the present one
        self.instances: set[str] = set()  # names of the classes of which one was made
        self.image: Shape | None = None  # of an image that the text itself sends through a network

    # Making

    def add(self, module: Module) -> Module:
        """Remember a module that was made. Raises InputError for too many."""
        count = len(self.made) - self.before
        if count >= MOST_MODULES:
            raise InputError("layers_too_many", count=count, most=MOST_LAYERS)
        if self._follow.doubts and module.problem is None:
            module.problem = self._follow.doubts[0]
        self.made.append(module)
        return module

    def library(self, called: Library, given: list[Any], named: dict[str, Any], node: ast.expr) -> Any:
        """The value of a call of a package's class or function."""
        name, line = called.last, node.lineno
        first = given[0] if given else next(iter(named.values()), None)
        if name in SAME_MODULE and isinstance(first, Module):
            return first
        if name == "data_parallel" and isinstance(first, Module):
            return self._follow.forward.through(first, given[1:2], {}, line)
        if name == "cast" and len(given) == 2:
            return given[1]
        if name in (*RECORDS, PARSER):
            return Module(name, line, names=dict(named), ready=True)
        if name == "field" and named:
            made = named.get("default_factory")
            return named.get("default", UNKNOWN) if made is None else self._follow.call(made, [], {}, node)
        if name in ("chain", "from_iterable"):
            return self.chained(given if name == "chain" else self._follow.items(first) or [])
        if name == INIT or name in EATEN:
            if isinstance(first, Module):
                self._base(first, called.path.split(".")[-2:-1], given[1:], named)
            return None
        if name == "OrderedDict":
            return self._ordered(given, named)
        if name == "partial" and isinstance(first, Library | Class | Function):
            return Partial(first, given[1:], named)
        if called.path.startswith("math."):
            return _mathematics(name, given)
        if name in ("Parameter", "Buffer"):
            return self._follow.forward.parameter(first, line, counted=name == "Parameter")
        if name == "Size":
            return tuple(given[0]) if given and isinstance(given[0], list | tuple) else UNKNOWN
        if name == BLOCK and (called.path == BLOCK or called.path.startswith("torchvision.models.")):
            return self.add(self._block(called, given, named, node))
        if self._is_class(called):
            return self.layer(name, given, named, node)
        if name in MAKERS and not tensors(given):
            return self._follow.forward.made(given, named, line)
        self.dry_run(given, named)
        return self._follow.forward.function(name, given, named, node)

    def _is_class(self, called: Library) -> bool:
        name = called.last
        return (
            name[:1].isupper()
            and (
                called.path.startswith(("torch.nn.", "torchvision.ops.", "timm.", "torchvision.models."))
                or name in TORCH
                or name in LAZY
                or name in CONTAINERS
            )
        ) or called.path.startswith("torchvision.models.")

    def dry_run(self, given: list[Any], named: Mapping[str, Any]) -> None:
        """Take the image's size from summary(net, (1, 28, 28)) and its like."""
        values = [*given, *named.values()]
        if any(isinstance(value, Module) for value in values):
            for value in values:
                numbers = value[0] if isinstance(value, list) and value else value
                if (
                    isinstance(numbers, tuple)
                    and len(numbers) in (3, 4)
                    and all(isinstance(number, int) and number > 0 for number in numbers)
                ):
                    self.image = numbers[-3:]

    def layer(self, kind: str, given: list[Any], named: Mapping[str, Any], node: ast.expr) -> Module:
        """A module of torch.nn: a layer of the table, a container, or one that is known by name only."""
        module = Module(kind, node.lineno, ready=True)
        if kind in CONTAINERS:
            module.children = {}
            self.fill(module, given[0] if kind != "Sequential" and given else given)
        elif kind in TORCH:
            module.problem = self._arguments(module, kind, given=given, named=named)
        elif kind in LAZY and LAZY[kind][0] in LAYERS:
            module.problem = self._arguments(module, *LAZY[kind], given=given, named=named)
        elif not kind.endswith(LOSS_ENDING):
            module.problem = self._follow.problem(node.lineno, "paste_module_unknown", kind=kind)
        return self.add(module)

    def _block(self, called: Library, given: list[Any], named: Mapping[str, Any], node: ast.expr) -> Module:
        """A residual block as a row where it can only be one of the table's, else by its name."""
        module = Module(BLOCK, node.lineno, ready=True)
        values = {**dict(zip(BLOCK_ARGUMENTS, given, strict=False)), **named}
        own = {name: values.pop(name) for name in [*values] if name in _OWN}
        module.problem = self._arguments(module, BLOCK, given=[], named=own)
        shortcut = values.pop("downsample", None)
        layers = _layers(shortcut)
        if module.layer is None:
            return module
        fits = layers is not None and fits_shortcut(module.layer, layers)
        fits |= shortcut is None and called.path == BLOCK  # the calculator's own, which fits it itself
        if not fits or not values.items() <= BLOCK_USUAL.items() or len(given) > len(BLOCK_ARGUMENTS):
            module.layer = None
            module.problem = self._follow.problem(node.lineno, "paste_module_unknown", kind=BLOCK)
        elif isinstance(shortcut, Module):
            module.names["downsample"] = shortcut
        return module

    def _arguments(
        self, module: Module, kind: str, filled: str = "", *, given: list[Any], named: Mapping[str, Any]
    ) -> Unread | None:
        """Give a module its layer of this kind, `filled` by the first batch, or say why there is none."""
        known = [param.name for param in LAYERS[kind].params if param.name != filled]
        line, code = module.line, self._follow.source.code(module.line)
        if len(given) > len(known):
            return self._follow.problem(
                line, "paste_arguments", kind=module.kind, count=len(given), most=len(known)
            )
        values = {**dict(zip(known, given, strict=False)), **named}
        values = {
            name: _plain(value) for name, value in values.items() if name not in IGNORED or name in known
        }
        if any(value is UNKNOWN for value in values.values()):
            return self._follow.problem(line, "paste_value", code=code)
        if filled:

            def lazily(shape: Shape, position: int = -1 if kind == "Linear" else 0) -> Layer:
                return Layer(kind, {filled: shape[position], **values})

            module.lazy = lazily
            return None
        try:
            module.layer = Layer(kind, values)
        except InputError as error:
            return Unread(line, error)
        return None

    def fill(self, module: Module, parts: Any) -> None:
        """Make these the children of a container."""
        module.children = {}
        self.extend(module, parts)

    def extend(self, module: Module, parts: Any) -> None:
        """Add children to a container: from a list, a dict, an OrderedDict or another container."""
        if isinstance(parts, Module):
            parts = parts.children or {}
        if not light(parts, most=MOST_MODULES):
            raise InputError("layers_too_many", count=MOST_MODULES, most=MOST_MODULES)
        if isinstance(parts, list | tuple) and len(parts) == 1 and isinstance(parts[0], dict):
            parts = parts[0]
        children = module.children if module.children is not None else {}
        if isinstance(parts, dict):
            children.update({str(name): value for name, value in parts.items()})
        for value in self._follow.items(parts) or [] if not isinstance(parts, dict) else []:
            if isinstance(value, list | tuple) and len(value) == 2 and isinstance(value[0], str):
                children[value[0]] = value[1]
            elif isinstance(value, list | tuple):
                self.extend(module, value)
            else:
                children[self._free(children)] = value
            if len(children) > MOST_MODULES:
                raise InputError("layers_too_many", count=len(children), most=MOST_MODULES)
        module.children = children

    def _free(self, children: Mapping[str, Any]) -> str:
        number = len(children)
        while str(number) in children:
            number += 1
        return str(number)

    def chained(self, parts: list[Any]) -> list[Any]:
        """itertools.chain."""
        made: list[Any] = []
        for part in parts[:MOST_MODULES]:
            items = self._follow.items(part)
            made += [UNKNOWN] if items is None else items
            if len(made) > MOST_MODULES:
                raise InputError("layers_too_many", count=len(made), most=MOST_MODULES)
        return made

    def _ordered(self, given: list[Any], named: Mapping[str, Any]) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for at, value in enumerate(self._follow.items(given[0]) or [] if given else []):
            if isinstance(given[0], dict):
                made[value] = given[0][value]
            elif isinstance(value, list | tuple) and len(value) == 2:
                made[value[0] if isinstance(value[0], str) else str(at)] = value[1]
            else:
                made[str(at)] = value
        return {**made, **named}

    def instance(
        self, cls: Class, given: list[Any], named: Mapping[str, Any], line: int, guess: bool = False
    ) -> Module:
        """An instance of a class of the text; `guess` fills in usual arguments that are missing."""
        module = Module(cls.name, cls.line if guess else line, cls)
        self.instances.update(each.name for each in cls.order)
        outside = cls.library()
        if outside and "Module" not in outside and not set(outside) & CONTAINERS:
            module.ready = True  # a base class that the text doesn't show
        module.ready |= not outside  # no module of torch at all
        start = self._own(cls, INIT, *EATEN)
        if start is None:
            self._base(module, outside, given, named)
            if "Module" not in outside and module.children is None:  # a dataclass, a named tuple
                fields = [name for each in reversed(cls.order) for name in each.fields]
                module.names.update({**dict(zip(fields, given, strict=False)), **named})
        else:
            if start.name != INIT:
                module.ready = True
            self._follow.apply(start, [module, *given], named, line, guess)
            if start.name != INIT and module.problem is None:
                module.problem = self._follow.problem(
                    cls.line, "paste_init_eaten", name=start.name, kind=cls.name
                )
        return self.add(module)

    def _own(self, cls: Class, *names: str) -> Function | None:
        for name in names:
            try:
                found = cls.find(name)
            except KeyError:
                continue
            if isinstance(found, Function):
                return found
        return None

    def _base(self, module: Module, bases: list[str], given: list[Any], named: Mapping[str, Any]) -> None:
        """What __init__ of a library's class does to a module."""
        module.ready = True
        kind = next((base for base in bases if base in TORCH), None)
        if kind is not None:
            module.problem = self._arguments(module, kind, given=given, named=named)
        if set(bases) & CONTAINERS:
            only = given[0] if given and "Sequential" not in bases else given
            self.fill(module, only)

    # Attributes

    def keep(self, owner: Module, name: str, value: Any, line: int) -> None:
        """Set an attribute of a module."""
        if isinstance(value, Module) and not owner.ready and owner.problem is None:
            owner.problem = self._follow.problem(line, "paste_no_super", kind=owner.kind)
        if owner.children is not None and name in owner.children:
            owner.children[name] = value
            return
        owner.names.pop(name, None)  # redefined: the order is that of the last
        owner.names[name] = value

    def has(self, owner: Module, name: str) -> Any:
        """Whether a module has an attribute; UNKNOWN where a base class isn't in the text."""
        if name in owner.names or name in (owner.children or {}):
            return True
        if owner.cls is None:
            return UNKNOWN
        try:
            owner.cls.find(name)
        except KeyError:
            return UNKNOWN if _open(owner) else False
        return True

    def attribute(self, owner: Module, name: str, line: int) -> Any:
        """The value of a module's attribute."""
        if name in owner.names:
            return owner.names[name]
        if owner.children is not None and name in owner.children:
            return owner.children[name]
        if owner.cls is not None:
            try:
                found = owner.cls.find(name)
            except KeyError:
                found = UNKNOWN
            if isinstance(found, Function):
                if found.wrapper == "property":
                    return self._follow.apply(found, [owner], {}, line)
                return found if found.wrapper == "staticmethod" else Method(owner, name, found)
            if found is not UNKNOWN:
                return found
        if name in ("_modules", "__dict__"):
            return {**(owner.children or {}), **owner.names}
        if name == "training":
            return True  # as a module is made
        if owner.layer is not None and name in owner.layer.values:
            return owner.layer.values[name]
        if name in ("weight", "bias", "device", "dtype", "__class__", "hparams", "shape"):
            return UNKNOWN
        return Method(owner, name)

    def item(self, owner: Module, key: Any) -> Any:
        """owner[key] of a container."""
        if isinstance(key, str):
            return (owner.children or owner.names).get(key, UNKNOWN)
        held = self.held(owner)
        if held is None:
            return UNKNOWN
        if isinstance(key, slice):
            part = Module(owner.kind, owner.line, ready=True)
            self.fill(part, held[key])
            return self.add(part)
        if isinstance(key, int) and -len(held) <= key < len(held):
            return held[key]
        return UNKNOWN

    def held(self, owner: Any) -> list[Any] | None:
        """What a container holds, in order; None for anything else."""
        if isinstance(owner, list):
            return owner
        return (
            list(owner.children.values())
            if isinstance(owner, Module) and owner.children is not None
            else None
        )

    # Methods

    def method(self, called: Method, given: list[Any], named: Mapping[str, Any], line: int) -> Any:
        """The value of a function that nn.Module or a container has."""
        above = isinstance(called.owner, Super)
        owner: Module = called.owner.module if above else called.owner
        name = called.name
        if above and (name == INIT or name in EATEN):
            self._base(owner, called.owner.cls.library(), given, named)
            return None
        if name in ("forward", "__call__"):
            return self._follow.forward.through(owner, given, named, line, own=not above)
        if name in ("add_module", "register_module") and (len(given) > 1 or "module" in named):
            value = given[1] if len(given) > 1 else named["module"]
            label = (
                given[0]
                if given and isinstance(given[0], str)
                else _text(named.get("name"), self._free(owner.names))
            )
            if owner.children is not None:
                owner.children[label] = value
            else:
                self.keep(owner, label, value, line)
            return None
        if owner.kind == PARSER:
            return self._options(owner, name, given, named)
        if owner.children is not None and name in ("append", "extend", "insert", "pop", "update"):
            return self._changed(owner, name, given)
        if name in ("register_buffer", "register_parameter") and len(given) > 1 and isinstance(given[0], str):
            owner.names[given[0]] = given[1]
            return None
        if name == "__getattr__" and given and isinstance(given[0], str):
            return self.attribute(owner, given[0], line)
        listing = self._listing(owner, name)
        if listing is not None:
            return listing
        if name in SAME_MODULE:
            return owner
        self.dry_run([owner, *given], named)
        if not _open(owner) and owner.cls is not None and not above and name not in _SILENT:
            problem = self._follow.problem(line, "paste_no_attribute", kind=owner.kind, name=name)
            return self._follow.forward.unknown(given, named, None, name, line, problem)
        return self._follow.forward.unknown(given, named, None, name, line)

    def _options(self, owner: Module, name: str, given: list[Any], named: Mapping[str, Any]) -> Any:
        """What argparse makes of its options when none is given on the command line."""
        if name.startswith("parse"):
            return (owner, []) if "known" in name else owner
        words = [each.lstrip("-") for each in given if isinstance(each, str)]
        if name != "add_argument" or not words:
            return owner
        switched = {"store_true": False, "store_false": True}.get(_text(named.get("action"), ""), UNKNOWN)
        label = _text(named.get("dest"), max(words, key=len))
        owner.names[label.replace("-", "_")] = named.get("default", switched)
        return owner

    def _changed(self, owner: Module, name: str, given: list[Any]) -> Any:
        held = self.held(owner) or []
        if name == "append" and given:
            self.extend(owner, [given[0]])
        elif name in ("extend", "update") and given:
            self.extend(owner, given[0])
        elif name == "insert" and len(given) == 2 and isinstance(given[0], int):
            held.insert(given[0], given[1])
            self.fill(owner, held)
        elif name == "pop" and given:
            key = list(owner.children or {})[given[0]] if isinstance(given[0], int) and held else given[0]
            return (owner.children or {}).pop(key, UNKNOWN) if isinstance(key, str) else UNKNOWN
        return owner

    def _listing(self, owner: Module, name: str) -> Any:
        named = {**(owner.children or {}), **owner.names}
        own = {key: value for key, value in named.items() if isinstance(value, Module)}
        if name in ("children", "values"):
            return list(own.values())
        if name in ("named_children", "items"):
            return list(own.items())
        if name == "keys":
            return list(own)
        if name == "modules":
            return owner.tree()
        if name == "named_modules":
            return [(module.kind, module) for module in owner.tree()]
        return None


_SILENT = frozenset(
    "parameters named_parameters state_dict load_state_dict zero_grad requires_grad_ "
    "save_hyperparameters log apply buffers named_buffers get_parameter get_submodule "
    "register_forward_hook extra_repr summary __class__ _initialize_weights print".split()
)


def _open(module: Module) -> bool:
    """Whether a class that the text doesn't show may give this module anything."""
    return module.cls is None or not set(module.cls.library()) <= {"Module", "object", "ABC", *CONTAINERS}


def _text(value: Any, otherwise: str) -> str:
    return value if isinstance(value, str) else otherwise


def _layers(shortcut: Any) -> list[Layer] | None:
    """The layers of a chain of torch's modules, none for None; None for anything else."""
    if shortcut is None:
        return []
    if not isinstance(shortcut, Module) or any(each.cls or each.problem for each in shortcut.tree()):
        return None
    return [each.layer for each in shortcut.tree() if each.layer is not None]


def _plain(value: Any) -> Any:
    """A list as a tuple, whole; anything but constants as UNKNOWN."""
    if isinstance(value, list | tuple):
        parts = tuple(_plain(part) for part in value[:100]) if light(value) else (UNKNOWN,)
        return UNKNOWN if UNKNOWN in parts else parts
    return value if isinstance(value, bool | int | float | str | None) else UNKNOWN


def _mathematics(name: str, given: list[Any]) -> Any:
    function = (
        getattr(math, name, None) if name in ("floor", "ceil", "sqrt", "log2", "log", "prod", "gcd") else None
    )
    try:
        return function(*given) if function else UNKNOWN
    except (TypeError, ValueError, OverflowError):
        return UNKNOWN
