"""A number as a control that is in the link; what a link asks too much of is said, and the default stands."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from core.errors import InputError, shown
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
    """`control` is st.slider or st.number_input, its bounds fixed; of the type of `default`. `name` is what the sentence calls it."""
    say_if_outside(key, name or label, low, high)
    kind = type(default)
    return control(label, kind(low), kind(high), default, key=key, bind="query-params", **style)


def say_if_outside(key: str, name: str, low: float, high: float) -> None:
    """A control itself drops such a number in a link without a word."""
    said = st.query_params.get(key)
    try:
        outside = said is not None and not low <= float(said) <= high
    except ValueError:
        outside = True
    if outside:
        show_error(InputError("setting_out_of_range", name=name, value=shown(said), low=low, high=high))
