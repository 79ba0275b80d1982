"""The outcome of a line of code: its value, PyTorch's own error, PyTorch's own warnings."""

import re
import threading
import warnings
from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

_BOLD = re.compile(r"\x1b\[\d*m")  # terminal codes in some of PyTorch's messages
_FILTERS_LOCK = threading.Lock()  # Python's warning filters belong to the whole process


@dataclass(frozen=True)
class Outcome:
    """The result of running a line.

    `value` is the returned value as Python prints it, None after an error; `error` is the error's type and
    message, word for word.
    """

    value: str | None
    error: str | None
    warnings: tuple[str, ...]

    @property
    def answer(self) -> str:
        """The error if there was one, otherwise the value."""
        return self.error or str(self.value)


def outcome(line: Callable[[], object]) -> Outcome:
    """Run `line` and report its outcome; nothing is printed, nothing is raised."""
    value, error = None, None
    with _FILTERS_LOCK, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            value = _printed(line())
        except Exception as raised:  # whatever PyTorch raises is the answer
            error = _BOLD.sub("", f"{type(raised).__name__}: {raised}")
    return Outcome(value, error, tuple(str(warning.message) for warning in caught))


def _printed(value: object) -> str:
    return str(value.detach()) if isinstance(value, Tensor) else str(value)
