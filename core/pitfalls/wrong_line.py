"""Wrong lines as functions to run, each with the right one beside it."""

import inspect
import textwrap
from collections.abc import Callable
from dataclasses import dataclass

from core.outcome import Outcome, outcome


@dataclass(frozen=True)
class WrongLine:
    """A line that many people write, and what they meant."""

    wrong: Callable[[], object]
    right: Callable[[], object]


@dataclass(frozen=True)
class Tried:
    """The lines of a function and what happened when they ran."""

    code: str
    outcome: Outcome


def tried(line: Callable[[], object]) -> Tried:
    """Run the lines of a function and report them with their outcome."""
    body = textwrap.dedent(inspect.getsource(line).partition(":\n")[2]).strip()
    # A note to the type checker is not for learners.
    plain = "\n".join(row.partition("  # type: ignore")[0] for row in body.split("\n"))
    return Tried(plain, outcome(line))
