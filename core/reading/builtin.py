"""Python's own functions, and those of its lists, dicts and texts, as far as networks need them."""

import ast
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from core.reading.values import UNKNOWN, Class, Library, Method, Module, Tensor, is_key, light

if TYPE_CHECKING:
    from core.reading.interpreter import Interpreter

MOST_RANGE = 100_000
LONGEST = 1_000  # characters of a text
MOST_GIVEN = 50  # arguments of a call, each of which may be a long list
LARGEST = 10**15
_LOOK = ("index", "count", "get", "pop", "setdefault", "format")  # at all that their arguments hold
_PLAIN: Mapping[str, Any] = {"int": int, "float": float, "bool": bool, "str": str, "abs": abs, "round": round}
_LISTS: Mapping[str, Any] = {"list": list, "tuple": tuple, "sorted": sorted, "set": list, "frozenset": list}
_FOLDS: Mapping[str, Any] = {"sum": sum, "min": min, "max": max, "any": any, "all": all}
_TYPES: Mapping[str, type] = {
    "int": int,
    "float": float,
    "str": str,
    "bool": bool,
    "list": list,
    "tuple": tuple,
    "dict": dict,
}
_OTHERS = (
    *("range", "len", "zip", "enumerate", "reversed", "map", "iter", "print", "type", "callable"),
    *("isinstance", "getattr", "setattr", "hasattr"),
)
NAMES = frozenset((*_PLAIN, *_LISTS, *_FOLDS, *_TYPES, *_OTHERS))


def call(follow: "Interpreter", name: str, given: list[Any], named: Mapping[str, Any], node: ast.expr) -> Any:
    """The value of one of Python's own functions."""
    try:
        return _call(follow, name, given, named, node)
    except (TypeError, ValueError, IndexError, KeyError, ArithmeticError):
        return UNKNOWN


def _call(
    follow: "Interpreter", name: str, given: list[Any], named: Mapping[str, Any], node: ast.expr
) -> Any:
    if name == "print":
        return None
    if len(given) > MOST_GIVEN:
        return UNKNOWN
    if name in ("dict", "sorted") and not light(*given):
        return UNKNOWN
    if name == "dict":
        return {
            **(given[0] if given and isinstance(given[0], dict) else dict(given[0] if given else ())),
            **named,
        }
    if not given:
        return {"list": [], "tuple": ()}.get(name, UNKNOWN)
    first = given[0]
    if name == "isinstance":
        return _isinstance(first, given[1])
    if name in ("getattr", "hasattr") and isinstance(given[1], str):
        found = follow.modules.has(first, given[1]) if isinstance(first, Module) else UNKNOWN
        if name == "hasattr":
            return found
        if found is False and len(given) > 2:
            return given[2]
        return follow.attribute(first, given[1], node.lineno)
    if name == "setattr" and isinstance(given[1], str):
        return follow.set(first, given[1], given[2], node.lineno)
    if name == "type":
        return first.cls or UNKNOWN if isinstance(first, Module) else UNKNOWN
    if name == "range":
        numbers = [each for each in given if isinstance(each, int) and abs(each) <= LARGEST]
        made = range(*numbers) if len(numbers) == len(given) else None
        return UNKNOWN if made is None or len(made) > MOST_RANGE else made
    if name == "len" and isinstance(first, Tensor):
        return first.shape[0] if first.shape else UNKNOWN
    if name in _PLAIN:
        if not isinstance(first, int | float | str) or (isinstance(first, str) and len(first) > LONGEST):
            return UNKNOWN
        return _PLAIN[name](*given)
    listed = [follow.items(each) for each in given]
    if name == "map":
        several = listed[1:]
        if any(each is None for each in several):
            return UNKNOWN
        return [follow.call(first, list(each), {}, node) for each in zip(*several, strict=False)]
    if any(each is None for each in listed):
        return UNKNOWN
    items = listed[0] or []
    if name == "len":
        return len(items)
    if name == "zip":
        return list(zip(*listed, strict=False))
    if name == "enumerate":
        start = given[1] if len(given) > 1 else named.get("start", 0)
        return list(enumerate(items, start))
    if name == "reversed":
        return items[::-1]
    if name == "iter":
        return items
    if UNKNOWN in items:
        return UNKNOWN if name in (*_FOLDS, "sorted") else _LISTS[name](items)
    if name in _LISTS:
        return _LISTS[name](items)
    if name == "sum" and len(given) > 1 and isinstance(given[1], list):
        return follow.modules.chained([given[1], *items])
    values = given if name in ("min", "max") and len(given) > 1 else items
    if all(isinstance(value, int | float) for value in values):
        return _FOLDS[name](values)
    return UNKNOWN


def _isinstance(value: Any, wanted: Any) -> Any:
    kinds = wanted if isinstance(wanted, tuple | list) else (wanted,)
    answers = []
    for kind in kinds:
        if isinstance(kind, Class):
            answers.append(isinstance(value, Module) and value.cls is not None and kind in value.cls.order)
        elif isinstance(kind, Library) and kind.last in _TYPES:
            answers.append(isinstance(value, _TYPES[kind.last]))
        elif isinstance(kind, Library):
            own = value.cls.library() if isinstance(value, Module) and value.cls else ()
            answers.append(
                isinstance(value, Module) and (kind.last in (value.kind, *own) or kind.last == "Module")
            )
        else:
            return UNKNOWN
    return UNKNOWN if value is UNKNOWN or isinstance(value, Tensor) else any(answers)


def item(owner: Any, key: Any) -> Any:
    """owner[key] of a list, tuple, text or dict."""
    if isinstance(owner, range):
        owner = list(owner)
    try:
        if isinstance(owner, list | tuple | str) and isinstance(key, int | slice):
            return owner[key]
        if isinstance(owner, dict) and is_key(key):
            return owner.get(key, UNKNOWN)
    except (IndexError, ValueError, TypeError):
        pass
    return UNKNOWN


def method(follow: "Interpreter", called: Method, given: list[Any], named: Mapping[str, Any]) -> Any:
    """The value of a list's, dict's, tuple's or text's own function."""
    owner, name = called.owner, called.name
    if name in _LOOK and not light(*given, *named.values(), owner if name in ("index", "count") else None):
        return UNKNOWN
    try:
        if isinstance(owner, list):
            return _list(follow, owner, name, given)
        if isinstance(owner, dict):
            return _dict(owner, name, given, named)
        if isinstance(owner, tuple) and name in ("index", "count"):
            return getattr(owner, name)(*given)
        if isinstance(owner, str):
            return _text(owner, name, given, named)
    except (TypeError, ValueError, IndexError, KeyError):
        pass
    return UNKNOWN


def _list(follow: "Interpreter", owner: list[Any], name: str, given: list[Any]) -> Any:
    if name in ("append", "insert"):
        if len(owner) < MOST_RANGE:
            getattr(owner, name)(*given)
        return None
    if name == "extend":
        owner.extend((follow.items(given[0]) or [])[:MOST_RANGE])
        return None
    if name in ("pop", "reverse", "copy", "clear", "index", "count"):
        return getattr(owner, name)(*given)
    return UNKNOWN


def _dict(owner: dict[Any, Any], name: str, given: list[Any], named: Mapping[str, Any]) -> Any:
    if name in ("items", "keys", "values"):
        return list(getattr(owner, name)())
    if name == "update":
        owner.update(given[0] if given and isinstance(given[0], dict) else {}, **named)
        return None
    if name in ("get", "pop", "setdefault", "copy"):
        return getattr(owner, name)(*given)
    return UNKNOWN


def _text(owner: str, name: str, given: list[Any], named: Mapping[str, Any]) -> Any:
    if name == "format":
        return _filled(owner, given, named)
    if name == "join":
        return owner.join(given[0])[:LONGEST] if isinstance(given[0], list | tuple) else UNKNOWN
    if name in (
        "lower",
        "upper",
        "strip",
        "split",
        "startswith",
        "endswith",
        "title",
        "capitalize",
        "isdigit",
    ):
        return getattr(owner, name)(*given)
    return UNKNOWN


def _filled(text: str, given: list[Any], named: Mapping[str, Any]) -> Any:
    """str.format without format specifications, which could ask for any number of blanks."""
    waiting = iter(given)

    def value(field: re.Match[str]) -> str:
        name = field.group(1)
        if name == "":
            return str(next(waiting))
        return str(given[int(name)] if name.isdigit() else named[name])

    try:
        return re.sub(r"\{(\w{0,20})\}", value, text)[:LONGEST]
    except (StopIteration, KeyError, IndexError):
        return UNKNOWN


def percent(text: str, values: Any) -> Any:
    """The % of a text, for %d, %i and %s alone."""
    if not light(values):
        return UNKNOWN
    waiting = iter(values if isinstance(values, tuple) else (values,))
    try:
        return re.sub(r"%[dis]", lambda _: str(next(waiting)), text)[:LONGEST]
    except (StopIteration, RuntimeError):
        return UNKNOWN


def repeats(left: Any, right: Any, most: int) -> bool:
    """Whether this is a list, tuple or text times a number, of at most `most` items."""
    for several, times in ((left, right), (right, left)):
        if isinstance(several, list | tuple | str) and isinstance(times, int):
            return len(several) * max(times, 0) <= most
    return False
