"""A few numbers as a line of text, typed or pasted by a learner or carried by a link."""

import math
import re
from collections.abc import Iterable

from core.errors import InputError, shown
from core.written.keyboards import ASCII

# Ten times "tensor(0.1234, device='cuda:0', grad_fn=<UnbindBackward0>), " are 620.
LONGEST = 1000  # characters
_OUTPUT = re.compile(r"Out ?\[\d*\] ?:")  # a notebook's; what stands above is code
_PROMPT = re.compile(r"\s*(?:(?:In ?\[\d*\] ?:|>>>|Parameter containing:|[A-Za-z_]\w*\s*[=:])\s*)+")
_KEYWORD = re.compile(
    r",\s*(?:dtype|device|grad_fn|requires_grad|size|shape|layout|names)\s*=\s*"
    r"(?:<[^<>]*>|'[^']*'|\w+\([^()]*\)|\([^()]*\)|[\w.]+)"
)
_TYPE = re.compile(
    r"(?<![\w.])(?:(?:torch|np|numpy|nn|jnp)\.)*"
    r"(?:[tT]ensor|FloatTensor|LongTensor|Parameter|[aA]rray|matrix|list|tuple"
    r"|u?int\d*|b?float\d*|longdouble|Decimal)\s*\("
)
# Calls that change no number.
_METHOD = re.compile(
    r"(?<=[)\]])(?:\.(?:astype|tolist|numpy|cpu|cuda|detach|item|to|float|double|clone|copy|requires_grad_)"
    r"\([^()]*\))+"
)
_ENDLESS = re.compile(r"(?:(?:np|numpy|math|torch)\.|['\"])*(-?(?:nan|inf))\b['\"]?")
_BETWEEN = re.compile(r"[\s,;、。]+|(?<=\])(?=\[)")
_AROUND = "()[]{}'\"“”‘’"


def read(
    text: str, *, low: float, high: float, fewest: int, most: int, whole: bool = False
) -> tuple[float, ...]:
    """Read `fewest` to `most` numbers between `low` and `high` from `text`; `whole` allows no fractions.

    Raises InputError for a text longer than LONGEST, for too many or too few numbers, for one out of range,
    for a print that leaves numbers out, and for anything that isn't a number, nan and inf included.
    """
    if len(text) > LONGEST:
        raise InputError("number_list_long", longest=LONGEST)
    parts = _parts(text)
    if not fewest <= len(parts) <= most:
        raise InputError(
            "number_list_count",
            found=len(parts),
            expected=str(most) if fewest == most else f"{fewest}–{most}",
        )
    return tuple(_number(part, low, high, whole) for part in parts)


def _parts(text: str) -> list[str]:
    """The numbers as words, out of a list or tuple, or what numpy, torch or a notebook prints of an array."""
    text = _OUTPUT.split(text.translate(ASCII))[-1]
    text = re.sub(r"(?<=\d)。(?=\d)", ".", _PROMPT.sub("", text, count=1) if _PROMPT.match(text) else text)
    if "..." in text:
        raise InputError("number_list_shortened")
    for what, instead in ((_KEYWORD, ""), (_METHOD, ""), (_TYPE, "("), (_ENDLESS, r"\1")):
        text = what.sub(instead, text)
    return [part for part in (part.strip(_AROUND) for part in _BETWEEN.split(text)) if part]


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
