"""core.checks: numbers, choices of a few values and known names, accepted and refused."""

import math
from typing import Any

import numpy as np
import pytest

from core.checks import SEED, Bounds, Number, Option, known, one_of, settings, short, within
from core.errors import InputError

WHOLE, REAL = Bounds(0, 8), Bounds(0.0, 1.0)


@pytest.mark.parametrize(
    ("value", "bounds"),
    [(0, WHOLE), (8, WHOLE), (np.int64(3), WHOLE), (1, REAL), (0.5, REAL), (np.float32(0.5), REAL)],
)
def test_a_number_comes_back_in_the_type_of_its_bounds(value: Any, bounds: Bounds) -> None:
    found = within("x", value, bounds)
    assert found == value and type(found) is type(bounds.low)


@pytest.mark.parametrize("value", [-1, 9, 3.0, True, None, "3", math.nan, math.inf, 10**400, [3], 3j])
def test_no_whole_number_within_bounds(value: Any) -> None:
    with pytest.raises(InputError) as refused:
        within("crop", value, WHOLE)
    assert refused.value.key == "setting_out_of_range" and refused.value.values["name"] == "crop"
    assert "crop" in str(refused.value) and "8" in str(refused.value)


@pytest.mark.parametrize("value", [-0.1, 1.1, False, None, "0.5", math.nan, -math.inf, 0.5j])
def test_no_number_within_bounds(value: Any) -> None:
    with pytest.raises(InputError):
        within("p", value, REAL)


def test_one_of_a_few() -> None:
    assert (
        one_of("mode", "zeros", ("zeros", "reflect")) == "zeros"
        and one_of("flag", True, (True, False)) is True
    )
    for value in (1, 1.0, "True", None, [True], np.zeros(3)):
        with pytest.raises(InputError, match="True, False"):
            one_of("flag", value, (True, False))
    with pytest.raises(InputError, match="'zeros', 'reflect'"):
        one_of("mode", "x", ("zeros", "reflect"), repr)


def test_known_names() -> None:
    known(["a"], ["a", "b"])
    with pytest.raises(InputError, match="c"):
        known(["a", "c"], ["a", "b"])
    assert settings({"a": 1}, ["a", "b"]) == {"a": 1}
    for values in ({"c": 1}, [("a", 1)], None, "a"):
        with pytest.raises(InputError):
            settings(values, ["a", "b"])


@pytest.mark.parametrize(
    ("row", "value"),
    [
        (Number(15, 0, 180), 20),
        (Number(0.5, 0.0, 1.0), 0.25),
        (Option(True, (True, False)), False),
        (Option("a", ("a", "b")), "b"),
    ],
)
def test_a_value_comes_back_from_a_link(row: Number | Option, value: Any) -> None:
    found = row.read(short(value))
    assert row.checked("x", found) == value and type(found) is type(value)
    with pytest.raises(InputError):
        row.checked("x", row.read("<script>"))


def test_every_seed_that_torch_takes_in_32_bits() -> None:
    assert within("seed", 2**31 - 1, SEED) == 2**31 - 1
    with pytest.raises(InputError):
        within("seed", 2**31, SEED)
