"""Patterns of a match statement, held against a value."""

import ast
from typing import TYPE_CHECKING, Any

from core.reading.values import UNKNOWN, Tensor, light

if TYPE_CHECKING:
    from core.reading.interpreter import Interpreter


def matches(follow: "Interpreter", pattern: ast.pattern, value: Any) -> Any:
    """Whether a value matches, or UNKNOWN; names of the pattern are bound on the way."""
    match pattern:
        case ast.MatchAs(pattern=inner, name=name):
            holds = True if inner is None else matches(follow, inner, value)
            if name is not None:
                follow.scope.names[name] = value
            return holds
        case ast.MatchOr(patterns=patterns):
            return _any([matches(follow, each, value) for each in patterns])
        case ast.MatchValue(value=wanted):
            return _same(follow.visit(wanted), value)
        case ast.MatchSingleton(value=wanted):
            return UNKNOWN if _unknown(value) else value is wanted
        case ast.MatchSequence(patterns=patterns):
            return _sequence(follow, patterns, value)
    return UNKNOWN


def _sequence(follow: "Interpreter", patterns: list[ast.pattern], value: Any) -> Any:
    if _unknown(value) or any(isinstance(each, ast.MatchStar) for each in patterns):
        return UNKNOWN
    if not isinstance(value, list | tuple) or len(value) != len(patterns):
        return False
    holds = [matches(follow, each, part) for each, part in zip(patterns, value, strict=True)]
    return False if False in holds else UNKNOWN if UNKNOWN in holds else True


def _same(wanted: Any, value: Any) -> Any:
    return UNKNOWN if _unknown(wanted) or _unknown(value) or not light(wanted, value) else wanted == value


def _unknown(value: Any) -> bool:
    return value is UNKNOWN or isinstance(value, Tensor)


def _any(holds: list[Any]) -> Any:
    return True if True in holds else UNKNOWN if UNKNOWN in holds else False
