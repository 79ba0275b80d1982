"""core.files.state_dict reads what torch and safetensors write; test_state_dict_hostile.py has the rest."""

import io
from collections import OrderedDict
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch
from torch import Tensor, nn

from core.errors import InputError
from core.files.state_dict import MAX_BYTES, lenet_shapes, load_state_dict
from core.lenet import LeNet
from tests.support.sample_data import same

torch.manual_seed(0)
STATE = LeNet().state_dict()


def saved(value: object, **how: Any) -> bytes:
    buffer = io.BytesIO()
    torch.save(value, buffer, **how)
    return buffer.getvalue()


def changed(**tensors: Tensor) -> dict[str, Tensor]:
    return {name: tensors.get(name.replace(".", "_"), tensor) for name, tensor in STATE.items()}


def refused(data: bytes | str | Path) -> InputError:
    with pytest.raises(InputError) as error:
        load_state_dict(data)
    assert len(str(error.value)) < 700 and error.value.sentence("zh")
    return error.value


def test_shapes_are_those_of_the_network() -> None:
    assert lenet_shapes() == {name: tuple(tensor.shape) for name, tensor in STATE.items()}


def in_one_storage() -> dict[str, Tensor]:
    flat, views, at = torch.cat([tensor.flatten() for tensor in STATE.values()]), {}, 0
    for name, tensor in STATE.items():
        views[name] = flat[at : at + tensor.numel()].view(tensor.shape)
        at += tensor.numel()
    return views


def every_second() -> Tensor:
    return STATE["fc3.bias"].repeat_interleave(2)[::2]


FORMS: dict[str, bytes] = {
    "state_dict": saved(STATE),
    "plain dict": saved(dict(STATE)),
    "in another order": saved(dict(reversed(STATE.items()))),
    "ordered without metadata": saved(OrderedDict(STATE)),
    "parameters": saved(dict(LeNet().named_parameters()) | {n: nn.Parameter(t) for n, t in STATE.items()}),
    "requires grad": saved({name: tensor.clone().requires_grad_() for name, tensor in STATE.items()}),
    "one storage": saved(in_one_storage()),
    "transposed": saved(
        changed(fc1_weight=STATE["fc1.weight"].t().contiguous().t(), fc3_bias=every_second())
    ),
    "part of a larger one": saved(
        changed(fc2_bias=torch.cat([torch.zeros(5), STATE["fc2.bias"], torch.zeros(5)])[5:-5])
    ),
    "expanded": saved(changed(conv1_bias=STATE["conv1.bias"][:1].expand(6))),
    "protocol 4": saved(STATE, pickle_protocol=4),
    "safetensors": safetensors.torch.save(dict(STATE)),
    "safetensors with metadata": safetensors.torch.save(dict(STATE), {"format": "pt", "by": "somebody"}),
}


@pytest.mark.parametrize("form", FORMS)
def test_reads_the_same_bits(form: str, tmp_path: Path) -> None:
    expected = changed(conv1_bias=STATE["conv1.bias"][:1].expand(6)) if form == "expanded" else dict(STATE)
    found = load_state_dict(FORMS[form])
    assert list(found) == list(STATE) and same(found, expected)
    assert all(tensor.is_contiguous() and not tensor.requires_grad for tensor in found.values())
    LeNet().load_state_dict(found)
    path = tmp_path / "weights.txt"  # the content decides, not the name
    path.write_bytes(FORMS[form])
    assert same(load_state_dict(path), expected) and same(load_state_dict(str(path)), expected)


def test_what_comes_back_is_nobody_elses() -> None:
    first, second = (load_state_dict(FORMS["one storage"]) for _ in range(2))
    first["conv1.weight"].fill_(9.0)
    assert same(second, dict(STATE)) and torch.equal(first["conv1.bias"], STATE["conv1.bias"])


def test_another_network_when_asked() -> None:
    model = nn.Sequential(nn.Linear(3, 2), nn.Linear(2, 1, bias=False))
    shapes = {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}
    assert same(load_state_dict(saved(model.state_dict()), shapes), dict(model.state_dict()))
    with pytest.raises(InputError, match=r"conv1\.bias"):
        load_state_dict(FORMS["state_dict"], shapes)


both = pytest.mark.parametrize("write", [saved, safetensors.torch.save], ids=["pt", "safetensors"])


@both
@pytest.mark.parametrize("dtype", [torch.float64, torch.float16, torch.bfloat16, torch.int64])
def test_other_types_are_refused(write: Any, dtype: torch.dtype) -> None:
    error = refused(write(changed(fc1_bias=STATE["fc1.bias"].to(dtype))))
    assert error.key == "weights_dtype" and error.values["name"] == "fc1.bias"


@both
@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_one_number_that_is_none_is_refused(write: Any, value: float) -> None:
    broken = STATE["fc2.weight"].clone()
    broken[40, 7] = value
    error = refused(write(changed(fc2_weight=broken)))
    assert error.key == "weights_not_finite" and "fc2.weight" in str(error)


@both
def test_other_names_are_refused(write: Any) -> None:
    fewer = {name: tensor for name, tensor in STATE.items() if name != "fc1.bias"}
    error = refused(write(fewer))
    assert (error.key, error.values) == ("weights_names", {"missing": ("fc1.bias",), "extra": ()})
    error = refused(write(dict(STATE) | {"fc4.weight": torch.zeros(1)}))
    assert (error.key, error.values) == ("weights_names", {"missing": (), "extra": ("fc4.weight",)})
    error = refused(write({f"module.{name}": tensor for name, tensor in STATE.items()}))
    assert (
        error.key == "weights_names"
        and "module.conv1.bias" in error.values["extra"]
        and "conv1.bias" in error.values["missing"]
    )
    assert refused(write({})).key == "weights_names"
    assert refused(write({"x" * 10_000: torch.zeros(1)})).key == "weights_names"


@both
@pytest.mark.parametrize("shape", [(100, 10), (84, 10), (10, 84, 1), (840,), (0, 84), ()])
def test_other_shapes_are_refused(write: Any, shape: tuple[int, ...]) -> None:
    error = refused(write(changed(fc3_weight=torch.zeros(shape))))
    assert error.key == "weights_shape" and (error.values["shape"], error.values["expected"]) == (
        list(shape),
        [10, 84],
    )


@pytest.mark.parametrize(
    "value",
    [
        {"model": STATE, "epoch": 3},
        {"state_dict": STATE},
        [STATE],
        STATE["fc3.bias"],
        None,
        1,
        "text",
        {1: STATE["fc3.bias"]},
        dict(STATE, epoch=3),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_holds_a_state_dict_or_none_is_refused(value: object) -> None:
    assert refused(saved(value)).key == "weights_no_state_dict"


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    assert (
        refused(tmp_path).key
        == refused(tmp_path / "no.pt").key
        == refused(str(tmp_path / "no" / "no.pt")).key
        == "weights_missing"
    )
    assert refused("a\0b").key == "weights_missing"
    assert refused("x" * 5000).key in ("weights_missing", "weights_unreadable")


@pytest.mark.parametrize(
    "content",
    [b"", b"PK", b"{}", b"\x00" * 1000, b"x" * 1000, b"\x89PNG\r\n\x1a\n" + bytes(100), b"\x08" + bytes(7)],
)
def test_other_files(content: bytes) -> None:
    assert refused(content).key == "weights_no_format"


def test_too_large_by_one_byte() -> None:
    assert refused(bytes(MAX_BYTES + 1)).key == "weights_too_large"
    assert refused(bytes(MAX_BYTES)).key == "weights_no_format"
