"""The one exception for invalid input from a learner: files, images, checkpoints, settings."""

from reprlib import Repr
from typing import Any

from core import text

_BRIEF = Repr()  # reads only the first few entries of a container, however large
_BRIEF.maxlist = _BRIEF.maxtuple = _BRIEF.maxdict = _BRIEF.maxset = 12
_BRIEF.maxstring = _BRIEF.maxlong = _BRIEF.maxother = 60


class InputError(ValueError):
    """Refused input: `key` names the sentence in errors.md, `values` fill its placeholders.

    A tuple among the values is a list of names, which a page joins as its language does; a refusal among them
    is a sentence in the same language.
    `str()` gives the English sentence, `sentence("zh")` the same in Chinese.
    """

    def __init__(self, key: str, /, **values: Any) -> None:
        super().__init__(key, values)
        self.key = key
        self.values = values

    def sentence(self, language: str) -> str:
        """The sentence in a language of core.text.LANGUAGES, filled from `values`."""
        values = {
            name: value.sentence(language) if isinstance(value, InputError) else _joined(value)
            for name, value in self.values.items()
        }
        return text.load(language, "errors")(self.key, **values)

    def __str__(self) -> str:
        return self.sentence("en")

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (self.key, self.values)


def shown(value: object) -> str:
    """Text of an offending value for a sentence, at most 60 characters."""
    try:
        return value[:60] if isinstance(value, str) else _BRIEF.repr(value)[:60]
    except (ValueError, RecursionError):  # an int of more than 4,300 digits, a list nested too deeply
        return type(value).__name__


def _joined(value: Any) -> Any:
    return (", ".join(map(str, value)) or "–") if isinstance(value, tuple) else value


def _rebuild(key: str, values: dict[str, Any]) -> InputError:
    return InputError(key, **values)
