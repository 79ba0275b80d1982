"""A few numbers typed into one line: in the link, and put there by buttons and drawings too."""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from core import numbers
from core.errors import InputError
from pages.app.page import show_error


@dataclass(frozen=True)
class NumberList:
    """One such line: its key, what stands there first, and what may stand there."""

    key: str
    default: tuple[float, ...]
    low: float
    high: float
    fewest: int
    most: int
    whole: bool = False

    def read(self, text: str) -> tuple[float, ...]:
        return numbers.read(
            text, low=self.low, high=self.high, fewest=self.fewest, most=self.most, whole=self.whole
        )

    def control(self, label: str, **style: object) -> tuple[float, ...]:
        """The line itself and its numbers; what can't be read is said, and what was there before stands."""
        first = numbers.written(self.default)
        text = st.text_input(
            label, first, key=self.key, bind="query-params", max_chars=numbers.LONGEST, **style
        )
        try:
            values = self.read(text or "")
        except InputError as error:
            show_error(error)
            return tuple(st.session_state.get(self._last, self.default))
        st.session_state[self._last] = values
        return values

    def put(self, values: Sequence[float]) -> None:
        """Write these into the line; call it in a callback."""
        st.session_state[self.key] = numbers.written(values)

    def sent(self, values: object) -> tuple[float, ...] | None:
        """What a browser sent, if it may stand here."""
        if not isinstance(values, list | tuple) or not all(type(value) in (int, float) for value in values):
            return None
        try:
            return self.read(numbers.written(values))
        except InputError:
            return None

    @property
    def _last(self) -> str:
        return f"last.{self.key}"
