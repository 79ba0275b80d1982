"""What a line of code did: its value, PyTorch's own error, PyTorch's own warnings."""

import re
import threading
import warnings
from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

_BOLD = re.compile(r"\x1b\[\d*m")  # for terminals; some of PyTorch's messages have it
_ONE_AT_A_TIME = threading.Lock()  # Python's warning filters belong to the whole process


@dataclass(frozen=True)
class Outcome:
    """`value` is what came back, as Python prints it, or None after an error; `error` is its type and message, word for word."""

    value: str | None
    error: str | None
    warnings: tuple[str, ...]

    @property
    def answer(self) -> str:
        """The error, or else what came back."""
        return self.error or str(self.value)


def outcome(line: Callable[[], object]) -> Outcome:
    """Run it and report; nothing is printed, nothing is raised."""
    value, error = None, None
    with _ONE_AT_A_TIME, warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        try:
            value = _printed(line())
        except Exception as raised:  # whatever PyTorch raises is what there is to read
            error = _BOLD.sub("", f"{type(raised).__name__}: {raised}")
    return Outcome(value, error, tuple(str(warning.message) for warning in heard))


def _printed(value: object) -> str:
    return str(value.detach()) if isinstance(value, Tensor) else str(value)
