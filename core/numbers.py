"""A few numbers as one line of text: what a learner types or pastes, and what a link carries."""

import math
import re
from collections.abc import Iterable

from core.errors import InputError, shown

LONGEST = 400  # characters
# tensor([1., 2.], grad_fn=<AddmmBackward0>) may be pasted as it was printed.
_AROUND = re.compile(r"^\s*(?:torch\.)?(?:tensor)?[\[(\s]*|[\])\s]*(?:,\s*\w+=[^\[\]]*)?$")
_BETWEEN = re.compile(r"\s*[,;，；、]\s*|\s+")


def read(
    text: str, *, low: float, high: float, fewest: int, most: int, whole: bool = False
) -> tuple[float, ...]:
    """The numbers in `text`, between `low` and `high`, `fewest` to `most` of them; `whole`: no fractions.

    Raises InputError for too many or too few of them, for one out of range, and for what is no number (nan and inf are none here).
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
    """The same as text, each with at most four digits."""
    return ", ".join(f"{0.0 if value == 0 else value:.4g}" for value in values)


def true_minus(text: str) -> str:
    """A number as it is printed in a book, with a true minus instead of a hyphen."""
    return text.replace("-", "−")


def minus(value: float, digits: int = 3) -> str:
    """With so many decimals and a true minus."""
    return true_minus(f"{value:.{digits}f}")


def signed(value: float, digits: int) -> str:
    """With its sign: a true minus, and none before a zero."""
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
