"""core.reading.tables: functions and lazy layers take their arguments as in PyTorch."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from core.reading import tables
from core.reading.tables import FUNCTION_DEFAULTS, FUNCTIONS, IGNORED, LAZY
from core.shapes import LAYERS
from core.shapes.layers import REQUIRED

# Functions that torch builds in C++: their signatures as its documentation gives them.
DOCUMENTED: Mapping[str, str] = {
    "avg_pool2d": "input, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True, "
    "divisor_override=None",
    "flatten": "input, start_dim=0, end_dim=-1",
}


def signature(name: str) -> dict[str, Any]:
    """Parameters of a function of torch behind its input, with their defaults."""
    if name in DOCUMENTED:
        made: dict[str, Any] = {}
        exec(f"def function({DOCUMENTED[name]}): pass", made)
        function: Callable[..., Any] = made["function"]
    else:
        hidden = {"max_pool2d": "_max_pool2d", "adaptive_max_pool2d": "_adaptive_max_pool2d"}
        function = getattr(F, hidden.get(name, name))
    parameters = list(inspect.signature(function).parameters.values())[1:]
    return {each.name: each.default for each in parameters}


def written(name: str) -> list[str]:
    """The parameters of a built-in function as its docstring lists them."""
    text = (getattr(F, name, None) or getattr(torch, name)).__doc__ or ""
    inside = text.partition("(")[2].partition(")")[0]
    return [part.partition("=")[0].strip() for part in inside.split(",")][1:]


SIGNED = [name for name in FUNCTIONS if name in DOCUMENTED or not inspect.isbuiltin(getattr(F, name))]


@pytest.mark.parametrize("name", SIGNED)
def test_a_function_takes_its_arguments_in_pytorchs_order(name: str) -> None:
    kind, order = FUNCTIONS[name]
    assert list(order) == list(signature(name))
    if kind not in LAYERS:
        return
    own = {param.name: param.default for param in LAYERS[kind].params}
    for parameter, default in signature(name).items():
        if parameter in own and parameter not in IGNORED and default is not inspect.Parameter.empty:
            ours = FUNCTION_DEFAULTS.get(name, {}).get(parameter, own[parameter])
            assert ours is REQUIRED or ours == default, parameter


@pytest.mark.parametrize("name", sorted(set(FUNCTIONS) - set(SIGNED)))
def test_a_function_built_in_c_takes_what_its_docstring_lists(name: str) -> None:
    assert list(FUNCTIONS[name][1]) == written(name)


@pytest.mark.parametrize("name", sorted(set(DOCUMENTED) & {"avg_pool2d", "flatten"}))
def test_the_signatures_written_down_here_are_those_of_the_docstrings(name: str) -> None:
    assert written(name) == list(signature(name))


@pytest.mark.parametrize("name", LAZY)
def test_a_lazy_layer_becomes_its_kind_without_the_argument_that_a_batch_fills_in(name: str) -> None:
    kind, filled = LAZY[name]
    own = list(inspect.signature(getattr(nn, name)).parameters)
    full = list(inspect.signature(getattr(nn, kind)).parameters)
    assert own == [parameter for parameter in full if parameter != filled]


def test_every_name_of_the_tables_is_one_of_torch() -> None:
    tensor = torch.zeros(1)
    for name in tables.ELEMENTWISE | tables.REDUCTIONS:
        assert any(hasattr(owner, name) for owner in (torch, F, tensor)), name
    for name in tables.CONTAINERS:
        assert hasattr(nn, name)
