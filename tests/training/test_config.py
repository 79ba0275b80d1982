"""core.training.config: refusals and their sentences, the recipes, the way to JSON and back."""

import json
import math
import pickle
import re
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.cifar10 import MEAN, STD
from core.errors import InputError
from core.optimizers import OPTIMIZERS
from core.text import LANGUAGES
from core.training.config import BOUNDS, RECIPES, SCHEDULES, TrainConfig, recipe

NESTED: list[Any] = []
for _ in range(100_000):
    NESTED = [NESTED]

NO_NUMBER = (None, True, "1", "", [], [1], {}, math.nan, math.inf, -math.inf, "9" * 100_000)
OUT = {
    "epochs": (0, -1, 1001, 10**9, 2.5, 1.0, 10**5000),
    "batch_size": (0, -16, 8193, 10**9, 2.5, 16.0),
    "lr": (0, -0.1, 1e9, 100.1, 10**400),
    "weight_decay": (-1e-9, 1.01),
    "crop": (-1, 9, 1.5),
    "seed": (-1, 2**31, 0.5),
    "train_size": (0, 9, 50_001, 100.0),
}
BAD: list[tuple[str, Any]] = [(name, value) for name, values in OUT.items() for value in values]
BAD += [(name, value) for name in OUT for value in NO_NUMBER if (name, value) != ("train_size", None)]
BAD += [("optimizer", value) for value in ("lion", "", "Adam", None, 1, True, [], ["adam"], "x" * 100_000)]
BAD += [("schedule", value) for value in ("linear", "one_cycle", None, 0)]
BAD += [("device", value) for value in ("tpu", "cuda:0", None, 0, False)]
BAD += [("flip", value) for value in (0, 1, "true", None, [])]
BAD += [
    (name, value)
    for name in ("mean", "std")
    for value in (
        0.5,
        None,
        "111",
        b"\1\1\1",
        [],
        (0.5, 0.5),
        [0.5] * 4,
        [0.5, 0.5, 1.01],
        [0.5, 0.5, -0.1],
        ["0.5"] * 3,
        [True] * 3,
    )
]
BAD += [
    (name, [0.5, 0.5, value])
    for name in ("mean", "std")
    for value in (math.nan, math.inf, None, [0.5], 10**400, 10**5000)
]
BAD += [
    ("std", [0.5, 0.5, 0.0]),
    ("std", [0.5, 0.5, 9e-4]),
    ("mean", NESTED),
    ("mean", {0.1: 1, 0.2: 2, 0.3: 3}),
]
BAD += [("hyper", value) for value in (None, 1, "momentum", [], [("momentum", 0.5)], NESTED)]
BAD += [
    ("hyper", {"momentum": value})
    for value in (1.0, -0.1, "0.5", None, True, math.nan, [0.5], 10**5000, "x" * 100_000)
]
BAD += [("hyper", {name: 0.5}) for name in ("beta1", "nesterov", "lr", "", "x" * 100_000)] + [
    ("hyper", {1: 0.5})
]
NAMES = {name for name, _ in BAD}


def refused(name: str, value: Any) -> InputError:
    with pytest.raises(InputError) as error:
        TrainConfig.from_json({name: value})
    return error.value


@pytest.mark.parametrize(
    ("name", "value"),
    BAD,
    ids=lambda value: value if isinstance(value, str) and value in NAMES else type(value).__name__,
)
def test_bad_values_are_refused_in_a_short_sentence_of_each_language(name: str, value: Any) -> None:
    error = refused(name, value)
    with pytest.raises(InputError):
        TrainConfig(**{name: value})
    for language in LANGUAGES:
        sentence = error.sentence(language)
        assert len(sentence) < 300 and "\n" not in sentence
        assert name in sentence or name == "hyper"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("name", "value", "parts"),
    [
        ("lr", 1e9, ("lr", "1000000000.0", "1e-08", "100.0")),
        ("batch_size", 0, ("batch_size", "0", "1", "8192")),
        ("epochs", 10**9, ("epochs", "1000000000", "1000")),
        ("lr", math.nan, ("nan",)),
        ("optimizer", "lion", ("lion", *OPTIMIZERS)),
        ("schedule", "linear", ("linear", *SCHEDULES)),
        ("mean", [0.5, 0.4], ("mean", "[0.5, 0.4]")),
        ("std", [0.5, 0.4, 0.0], ("std", "[0.5, 0.4, 0.0]", "0.001")),
        ("hyper", {"momentum": 1.5}, ("momentum", "1.5", "0.999")),
        ("hyper", {"beta1": 0.5}, ("beta1", "momentum")),
        ("learning_rate", 0.1, ("learning_rate", "lr", "epochs")),
    ],
)
def test_the_sentence_tells_the_value_and_what_is_allowed(
    name: str, value: Any, parts: tuple[str, ...], language: str
) -> None:
    sentence = refused(name, value).sentence(language)
    assert all(part in sentence for part in parts), sentence


@pytest.mark.parametrize("name", BOUNDS)
def test_both_ends_of_every_range_are_allowed_and_named(name: str) -> None:
    for end in (BOUNDS[name].low, BOUNDS[name].high):
        assert getattr(TrainConfig(**{name: end}), name) == end  # type: ignore[arg-type]
    error = refused(name, BOUNDS[name].high + 1)
    assert (error.key, error.values["low"], error.values["high"]) == (
        "setting_out_of_range",
        BOUNDS[name].low,
        BOUNDS[name].high,
    )


@pytest.mark.parametrize(
    "values", [None, [], "fast", 1, [["lr", 0.1]], NESTED, {"lr ": 0.1}, {1: 2}, {None: 1}, {"x" * 10**6: 1}]
)
def test_no_config_at_all(values: Any) -> None:
    with pytest.raises(InputError) as error:
        TrainConfig.from_json(values)
    assert len(str(error.value)) < 300


configs = st.fixed_dictionaries(
    {},
    optional={
        "epochs": st.integers(1, 1000),
        "lr": st.floats(1e-8, 100.0),
        "optimizer": st.sampled_from(list(OPTIMIZERS)),
        "schedule": st.sampled_from(SCHEDULES),
        "flip": st.booleans(),
        "mean": st.tuples(*[st.floats(0, 1)] * 3),
        "train_size": st.none() | st.integers(10, 50_000),
    },
)


@given(configs)
@settings(deadline=None, max_examples=60)
def test_to_json_and_back(values: dict[str, Any]) -> None:
    config = TrainConfig(**values)
    written = config.to_json()
    assert TrainConfig.from_json(json.loads(json.dumps(written))) == config == TrainConfig.from_json(written)


def test_to_json_is_a_copy_and_ints_become_floats() -> None:
    config = TrainConfig(lr=1, weight_decay=0, hyper={"momentum": 0.5}, mean=[0, 1, 0])  # type: ignore[arg-type]
    written = config.to_json()
    written["hyper"]["momentum"] = 9
    assert config.hyper == {"momentum": 0.5} and config.mean == (0.0, 1.0, 0.0)
    assert all(type(number) is float for number in (config.lr, config.weight_decay, *config.mean))


def test_the_config_keeps_its_own_hyper_parameters() -> None:
    given = {"momentum": 0.5}
    config = TrainConfig(hyper=given)
    given["momentum"] = 9.0
    assert config.hyper == {"momentum": 0.5}


def test_the_recipes() -> None:
    assert list(RECIPES) == ["tutorial", "fast"]
    tutorial, fast = RECIPES["tutorial"], RECIPES["fast"]
    assert (tutorial.batch_size, tutorial.optimizer, tutorial.lr, tutorial.schedule) == (
        16,
        "momentum",
        0.001,
        "constant",
    )
    assert (
        OPTIMIZERS["momentum"].hyper["momentum"].default
        == OPTIMIZERS["nesterov"].hyper["momentum"].default
        == 0.9
    )
    assert tutorial.mean == tutorial.std == (0.5, 0.5, 0.5) and tutorial.weight_decay == 0
    assert (fast.batch_size, fast.optimizer, fast.lr, fast.schedule) == (128, "nesterov", 0.08, "one-cycle")
    assert (fast.mean, fast.std, fast.weight_decay) == (MEAN, STD, 5e-4)
    assert MEAN == (0.4914, 0.4822, 0.4465) and STD == (0.2470, 0.2435, 0.2616)
    assert not any(
        setting for row in RECIPES.values() for setting in (row.flip, row.crop, row.hyper, row.train_size)
    )


def test_a_recipe_with_changes() -> None:
    config = recipe("fast", epochs=3, crop=2)
    assert (config.epochs, config.crop, config.lr) == (3, 2, 0.08) and RECIPES["fast"].crop == 0
    assert config.differences(RECIPES["fast"]) == ["epochs", "crop"]
    for name in ("slow", None, ["fast"]):
        with pytest.raises(InputError, match="recipe"):
            recipe(name)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="lr"):
        recipe("fast", lr=1e9)


def test_differences_come_in_the_order_of_the_fields() -> None:
    assert RECIPES["fast"].differences(RECIPES["fast"]) == []
    expected = ["batch_size", "optimizer", "lr", "weight_decay", "schedule", "mean", "std"]
    assert (
        RECIPES["tutorial"].differences(RECIPES["fast"])
        == expected
        == RECIPES["fast"].differences(RECIPES["tutorial"])
    )
    assert TrainConfig(hyper={"momentum": 0.5}).differences(TrainConfig()) == ["hyper"]


def test_a_config_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        TrainConfig().lr = 1.0  # type: ignore[misc]


def test_errors_survive_a_process_border() -> None:
    command = "import pickle, sys; from core.training.config import TrainConfig\ntry: TrainConfig(lr=1e9)\n"
    command += "except Exception as error: sys.stdout.buffer.write(pickle.dumps(error))"
    sent = subprocess.run([sys.executable, "-c", command], capture_output=True, check=True).stdout
    error = pickle.loads(sent)
    assert isinstance(error, InputError) and re.search("lr is 1000000000.0", str(error))
