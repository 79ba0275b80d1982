"""A number control bound to the link; a link's value out of range is reported, and the default stands."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from core.errors import InputError, shown
from pages.app.choice import as_filled, bound
from pages.app.page import show_error


def number(
    control: Callable[..., Any],
    label: str,
    low: float,
    high: float,
    default: float,
    *,
    key: str,
    name: str = "",
    **style: Any,
) -> Any:
    """Draw `control`, st.slider or st.number_input, with fixed bounds; the number has the type of `default`.

    `name` is what the error calls the number; `put` sets it from code.
    """
    say_if_outside(key, name or label, low, high)
    kind = type(default)
    bounds = kind(low), kind(high)
    return bound(control, label, *bounds, default, initial=default, key=key, **as_filled(key), **style)


def say_if_outside(key: str, name: str, low: float, high: float) -> None:
    """Report a number out of range in the link; the control itself would drop it without a word."""
    text = st.query_params.get(key)
    try:
        outside = text is not None and not low <= float(text) <= high
    except ValueError:
        outside = True
    if outside:
        show_error(InputError("setting_out_of_range", name=name, value=shown(text), low=low, high=high))
