"""A few numbers as a line of text, typed or pasted by a learner or carried by a link."""

import math
import re
from collections.abc import Iterable

from core.errors import InputError, shown

LONGEST = 400  # characters
# tensor([1., 2.], grad_fn=<AddmmBackward0>) may be pasted as printed.
_AROUND = re.compile(r"^\s*(?:torch\.)?(?:tensor)?[\[(\s]*|[\])\s]*(?:,\s*\w+=[^\[\]]*)?$")
_BETWEEN = re.compile(r"\s*[,;，；、]\s*|\s+")


def read(
    text: str, *, low: float, high: float, fewest: int, most: int, whole: bool = False
) -> tuple[float, ...]:
    """Read `fewest` to `most` numbers between `low` and `high` from `text`; `whole` allows no fractions.

    Raises InputError for a text longer than LONGEST, for too many or too few numbers, for one out of range,
    and for anything that isn't a number, nan and inf included.
    """
    if len(text) > LONGEST:
        raise InputError("number_list_long", longest=LONGEST)
    parts = [part for part in _BETWEEN.split(_AROUND.sub("", text.replace("−", "-"))) if part]
    if not fewest <= len(parts) <= most:
        raise InputError(
            "number_list_count",
            found=len(parts),
            expected=str(most) if fewest == most else f"{fewest}–{most}",
        )
    return tuple(_number(part, low, high, whole) for part in parts)


def written(values: Iterable[float]) -> str:
    """Write numbers as text that `read` takes, each with at most four significant digits."""
    return ", ".join(f"{0.0 if value == 0 else value:.4g}" for value in values)


def true_minus(text: str) -> str:
    """Text of a number as in print, with a true minus instead of a hyphen."""
    return text.replace("-", "−")


def minus(value: float, digits: int = 3) -> str:
    """Text of a number with `digits` decimals and a true minus."""
    return true_minus(f"{value:.{digits}f}")


def signed(value: float, digits: int) -> str:
    """Text of a number with `digits` decimals and its sign: a true minus, and no sign before zero."""
    text = f"{value:+.{digits}f}"
    return text[1:] if float(text) == 0 else true_minus(text)


def _number(part: str, low: float, high: float, whole: bool) -> float:
    try:
        value = float(part)
    except ValueError:
        raise InputError("number_list_word", found=shown(part)) from None
    if not math.isfinite(value) or not low <= value <= high:
        raise InputError("number_list_range", found=shown(part), low=low, high=high)
    if whole and value != int(value):
        raise InputError("number_list_whole", found=shown(part))
    return value
