"""A few numbers typed into one line, kept in the link, and written by buttons and drawings too."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import quote_plus

import streamlit as st

from core.errors import InputError
from core.written import numbers
from pages.app.choice import bound
from pages.app.page import show_error

LONGEST = 200  # characters of a line in a link; ten numbers of ten digits take that


@dataclass(frozen=True)
class NumberList:
    """A line of numbers: its key, its default, and the numbers it allows."""

    key: str
    default: tuple[float, ...]
    low: float
    high: float
    fewest: int
    most: int
    whole: bool = False

    def read(self, text: str) -> tuple[float, ...]:
        """Parse a text. Raises InputError for numbers that the line does not allow."""
        return numbers.read(
            text, low=self.low, high=self.high, fewest=self.fewest, most=self.most, whole=self.whole
        )

    def control(self, label: str, **style: object) -> tuple[float, ...]:
        """Show the line; return its numbers, or show an error and return the last ones."""
        first = numbers.written(self.default)
        text = bound(
            st.text_input,
            label,
            first,
            initial=first,
            key=self.key,
            max_chars=numbers.LONGEST,
            on_change=self._shorten,
            **style,
        )
        try:
            values = self.read(text or "")
        except InputError as error:
            show_error(error)
            return tuple(st.session_state.get(self._last, self.default))
        st.session_state[self._last] = values
        return values

    def put(self, values: Sequence[float]) -> None:
        """Write numbers into the line; call from a callback."""
        st.session_state[self.key] = numbers.written(values)

    def sent(self, values: object) -> tuple[float, ...] | None:
        """Numbers that a browser sent, or None if the line does not allow them."""
        if not isinstance(values, list | tuple) or not all(type(value) in (int, float) for value in values):
            return None
        try:
            return self.read(numbers.written(values))
        except InputError:
            return None

    def _shorten(self) -> None:
        """Leave the bare numbers of what was pasted, where they come with so much that a link gets long."""
        text = st.session_state[self.key] or ""
        if len(quote_plus(text)) > LONGEST:
            with suppress(InputError):  # shown beside the line
                st.session_state[self.key] = ", ".join(f"{value:.10g}" for value in self.read(text))

    @property
    def _last(self) -> str:
        return f"last.{self.key}"
