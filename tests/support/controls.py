"""The controls of a page as a visitor finds them: their values, others that they take, where they hide."""

import random
from collections.abc import Iterator, Mapping
from typing import Any

from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import (
    ButtonGroup,
    Checkbox,
    Element,
    Multiselect,
    NumberInput,
    Pagination,
    Radio,
    Selectbox,
    SelectSlider,
    Slider,
    TextArea,
    TextInput,
    Toggle,
    Widget,
)

from core.text import load
from tests.support.visit import healthy

CHOICES = (Selectbox, ButtonGroup, Radio, SelectSlider, Multiselect)
SWITCHES = (Toggle, Checkbox)
NUMBERS = (Slider, NumberInput, Pagination)
TEXTS = (TextInput, TextArea)


def controls(at: AppTest) -> dict[str, Widget]:
    """The controls of the page that can be changed, by key, in their order."""
    kinds = CHOICES + SWITCHES + NUMBERS + TEXTS
    found = (element for element in at._tree if isinstance(element, kinds))
    return {str(element.key): element for element in found if not element.proto.disabled}


def values(at: AppTest) -> dict[str, Any]:
    """The value of each control by key."""
    return {key: element.value for key, element in controls(at).items()}


def texts_held(at: AppTest) -> dict[str, str]:
    """Each text of the link that has no control, such as a list of layers or a clicked place."""
    state, drawn = state_of(at), controls(at)
    keys = (key.removeprefix("written.") for key in state if key.startswith("written."))
    return {key: state[f"kept.{key}"] for key in keys if key not in drawn and f"kept.{key}" in state}


def state_of(at: AppTest) -> Mapping[str, Any]:
    """The session's state by key."""
    found: Mapping[str, Any] = at.session_state._state.filtered_state
    return found


def options(element: Widget) -> list[Any]:
    """What a choice chooses from, as the app knows it: a mapping of the app makes the labels."""
    labels = list(element.options)  # type: ignore[attr-defined]
    mapping = getattr(element.format_func, "__self__", None)  # type: ignore[attr-defined]
    if not isinstance(mapping, Mapping):
        return labels
    return [option for option, label in mapping.items() if label in labels]


def others(element: Widget, rng: random.Random) -> Iterator[Any]:
    """Other values that the control takes, in random order; none for a choice without choice."""
    value = element.value
    if isinstance(element, CHOICES):
        found = options(element)
        rng.shuffle(found)
        if isinstance(value, list):
            yield from ([item for item in found if (item in value) != (item == each)] for each in found)
        else:
            yield from (option for option in found if option != value)
    elif isinstance(element, SWITCHES):
        yield not value
    elif isinstance(element, Pagination):
        yield from (page for page in (2, 1) if page != value and page <= element.proto.num_pages)
    elif isinstance(element, NUMBERS):
        yield from _numbers(element, rng)
    else:
        yield from _lines(str(value or ""))


def _numbers(element: Widget, rng: random.Random) -> Iterator[float]:
    """Numbers near the present one, on the control's steps."""
    kind, low, high = type(element.value), element.min, element.max  # type: ignore[attr-defined]
    step = element.step or (high - low) / 1000  # type: ignore[attr-defined]
    for factor in rng.sample((1, 2, 3, -1, -2, -3), 6):
        number = kind(round(element.value + factor * step, 6))
        if low <= number <= high and number != element.value:
            yield number


def _lines(text: str) -> Iterator[str]:
    """Lines of the same numbers in other orders, or all of them the last."""
    parts = text.split(", ")
    for line in (parts[::-1], parts[1:] + parts[:1], [*parts[:-1], "2"]):
        if line != parts:
            yield ", ".join(line)


def tabs(at: AppTest, page: str) -> dict[str, list[str]]:
    """The names of the panels behind each row of tabs that is on the page, by the key of the row."""
    words, shown = load(at.query_params["lang"], page), {tab.label for tab in at.tabs}
    rows = [
        key.removeprefix("kept.") for key in state_of(at) if key.startswith("kept.") and key.endswith(".open")
    ]
    found = {}
    for row in rows:
        prefix = row.removesuffix(".open").rpartition(".")[2] + "."
        found[row] = [
            key.removeprefix(prefix) for key in words if key.startswith(prefix) and words[key] in shown
        ]
    return found


def unfold(at: AppTest) -> AppTest:
    """Open every expander whose body runs only then, also inside another."""
    for _ in range(3):
        drawn = {element.key for element in at._tree if isinstance(element, Element)}  # else it is a button
        shut = [
            key for key, value in state_of(at).items() if value is False and key not in drawn and "." in key
        ]
        if not shut:
            break
        for key in shut:
            at.session_state[key] = True
        healthy(at.run())
    return at
