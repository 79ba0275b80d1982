"""core.files.candidates: the weights are found under any key and behind any wrapper, and nothing else is."""

from collections.abc import Callable
from typing import Any

import pytest
import safetensors.torch
import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from core.errors import InputError
from core.files.candidates import DEEPEST, LONGEST, MOST_DICTS, MOST_OFFERED, candidates
from core.files.pickles.tensors import Announced
from core.files.state_dict import contents, lenet_shapes, load_state_dict, load_wrapped
from core.lenet import LeNet
from tests.files.test_state_dict import STATE, saved
from tests.support.sample_data import same

torch.manual_seed(1)
OTHER = LeNet().state_dict()


def behind(prefix: str, state: dict[str, Tensor] = STATE) -> dict[str, Tensor]:
    return {prefix + name: tensor for name, tensor in state.items()}


class Outer(nn.Module):
    """A network as a part of another module, as Lightning has it."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.loss = nn.BatchNorm1d(3)
        inner = LeNet()
        inner.load_state_dict(STATE)
        setattr(self, name, inner)


def lenet() -> LeNet:
    model = LeNet()
    model.load_state_dict(STATE)
    return model


WRAPPED: dict[str, tuple[Callable[[], Any], str, int]] = {
    "DataParallel": (lambda: nn.DataParallel(lenet()).state_dict(), "module.", 0),
    "AveragedModel": (lambda: AveragedModel(lenet()).state_dict(), "module.", 1),
    "Sequential": (lambda: nn.Sequential(nn.BatchNorm2d(3), lenet()).state_dict(), "1.", 5),
    "a part of another": (lambda: Outer("backbone").state_dict(), "backbone.", 5),
    "torch.compile": (lambda: behind("_orig_mod."), "_orig_mod.", 0),
    "torch.compile of layers": (
        lambda: {name.replace("fc1.", "fc1._orig_mod."): tensor for name, tensor in STATE.items()},
        "_orig_mod.",
        0,
    ),
    "FSDP of layers": (
        lambda: behind(
            "_fsdp_wrapped_module.",
            {name.replace("fc1.", "fc1._fsdp_wrapped_module."): tensor for name, tensor in STATE.items()},
        ),
        "_fsdp_wrapped_module.",
        0,
    ),
    "DeepSpeed": (lambda: behind("_forward_module.module."), "_forward_module.module.", 0),
    "many": (
        lambda: behind("module._orig_mod.model.net.module."),
        "module._orig_mod.model.net.module.",
        0,
    ),
}


@pytest.mark.parametrize("write", [saved, safetensors.torch.save], ids=["pt", "safetensors"])
@pytest.mark.parametrize("wrapper", WRAPPED)
def test_wrappers_are_named_and_taken_off(wrapper: str, write: Any) -> None:
    make, prefix, left_out = WRAPPED[wrapper]
    (found,) = contents(write(make()))
    assert (found.place, found.prefix, len(found.left_out)) == ((), prefix, left_out)
    assert [info.name for info in found.found] == sorted(make(), key=[*make()].index) or write is not saved
    assert {info.name: info.shape for info in found.tensors} == lenet_shapes()
    assert same(load_wrapped(write(make())), dict(STATE))
    with pytest.raises(InputError):
        load_state_dict(write(make()))


def test_a_wrapper_that_is_a_part_of_the_network_stays() -> None:
    shapes = {"module.weight": (1,), "other.module.weight": (1,)}
    state = {name: torch.ones(1) for name in shapes}
    assert same(load_wrapped(saved(state), shapes), state)
    assert same(load_wrapped(saved(behind("module.", state)), shapes), state)


def nested(depth: int) -> object:
    value: object = dict(STATE)
    for _ in range(depth):
        value = {"inner": value}
    return value


PLACES: dict[str, tuple[Any, tuple[str, ...]]] = {
    "another key": ({"my_weights": STATE, "epoch": 3}, ("my_weights",)),
    "nested": ({"checkpoint": {"run": {"state_dict": STATE}}}, ("checkpoint", "run", "state_dict")),
    "list": ([STATE], ("[0]",)),
    "tuple": ((3, STATE), ("[1]",)),
    "number as key": ({7: STATE}, ("[7]",)),
    "other keys": ({("a", 1.5): STATE, None: 1, True: 2, 2.5: 3, 2**70: 4}, ("…",)),
    "beside numbers": ({**STATE, "epoch": 3}, ()),
    "deep": (nested(DEEPEST), ("inner",) * DEEPEST),
    "behind a history": (
        {"history": [{"loss": [0.5]} for _ in range(5000)], "last": {"best": {"net": STATE}}},
        ("last", "best", "net"),
    ),
    "twice the same": ({"model": STATE, "best": STATE}, ("model",)),
}


@pytest.mark.parametrize("form", PLACES)
def test_any_place_is_found(form: str) -> None:
    value, place = PLACES[form]
    assert [found.place for found in contents(saved(value))] == [place]
    assert same(load_wrapped(saved(value)), dict(STATE))


SEVERAL: dict[str, tuple[Any, list[tuple[tuple[str, ...], str]]]] = {
    "keys": ({"ema": OTHER, "model": STATE}, [(("model",), ""), (("ema",), "")]),
    "prefixes": ({**behind("student."), **behind("teacher.", OTHER)}, [((), "student."), ((), "teacher.")]),
    "bare and prefix": ({**behind("ema.", OTHER), **STATE}, [((), ""), ((), "ema.")]),
    "list": ({"models": [STATE, OTHER]}, [(("models", "[0]"), ""), (("models", "[1]"), "")]),
    "the one that fits": (
        {"state_dict": LeNet(num_classes=7).state_dict(), "x": STATE, "y": OTHER},
        [(("x",), ""), (("y",), ""), (("state_dict",), "")],
    ),
    "gradients last": ({"grads": OTHER, "a": STATE}, [(("a",), ""), (("grads",), "")]),
}


@pytest.mark.parametrize("form", SEVERAL)
def test_several_are_offered_and_one_is_chosen(form: str) -> None:
    value, expected = SEVERAL[form]
    found = contents(saved(value))
    assert [(one.place, one.prefix) for one in found] == expected
    assert same(load_wrapped(saved(value)), dict(STATE))
    assert same(load_wrapped(saved(value), which=1), dict(OTHER))


def test_an_optimizer_is_no_candidate() -> None:
    model = LeNet()
    optimizer = torch.optim.Adam(model.parameters())
    for parameter in model.parameters():
        parameter.grad = torch.ones_like(parameter)
    optimizer.step()
    (found,) = contents(saved({"optimizer": optimizer.state_dict(), "net": STATE}))
    assert found.place == ("net",)
    with pytest.raises(InputError) as error:
        contents(saved(optimizer.state_dict()))
    assert error.value.key == "weights_no_state_dict"


def test_another_network_is_offered_as_it_is() -> None:
    other = {f"features.{i}.weight": torch.zeros(1) for i in range(5)}
    found = contents(saved({"a": {"x": torch.zeros(1)}, "b": other}))
    assert [(one.place, len(one.tensors)) for one in found] == [(("b",), 5)]
    with pytest.raises(InputError, match="another network"):
        load_wrapped(saved(other))


@pytest.mark.parametrize("value", [{}, [], None, 3, {"a": {}}, [STATE["fc3.bias"]], nested(DEEPEST + 1)])
def test_nothing_to_find(value: object) -> None:
    with pytest.raises(InputError) as error:
        load_wrapped(saved(value))
    assert error.value.key == "weights_no_state_dict"


BIAS = Announced((10,), "float32")


def test_what_holds_itself_comes_to_an_end() -> None:
    state = dict.fromkeys(STATE, BIAS)
    loop: dict[str, object] = {"model": state}
    loop["again"] = [loop, (loop, {"loop": loop})]
    (found,) = candidates(loop, lenet_shapes())
    assert found.place == ("model",)


def test_what_is_large_costs_a_few_walks_over_it() -> None:
    """3,000 prefixes: the names with each of them taken off would be 90 million."""
    names = [f"{i}.{name}" for i in range(3000) for name in STATE]
    found = candidates(dict.fromkeys(names, BIAS), lenet_shapes())
    assert len(found) == MOST_OFFERED and {len(one.tensors) for one in found} == {10}
    assert [one.prefix for one in found] == [f"{i}." for i in range(MOST_OFFERED)]
    many = [{"conv1.bias": BIAS} for _ in range(2 * MOST_DICTS)]
    assert len(candidates(many, lenet_shapes())) == MOST_OFFERED


def test_names_too_long_to_be_shown_are_left_as_they_are() -> None:
    long = {("x." * LONGEST) + name: tensor for name, tensor in STATE.items()}
    (found,) = contents(saved(long))
    assert found.names == tuple(long) and found.prefix == ""
