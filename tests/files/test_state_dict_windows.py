"""core.files.state_dict on pickles that torch.save would not write: windows onto storages are checked."""

import io
import pickle
import struct
from typing import Any

import pytest
import torch

from core.files.state_dict import load_state_dict
from tests.files.test_state_dict import STATE, refused
from tests.files.test_state_dict_hostile import archived, peak_of


class Storage:
    """The stand-in of torch.save's pickler for a storage."""

    def __init__(self, *identity: Any) -> None:
        self.identity = identity


class Rebuilt:
    def __init__(self, *arguments: Any) -> None:
        self.arguments = arguments

    def __reduce__(self) -> Any:
        return torch._utils._rebuild_tensor_v2, self.arguments


class Pickler(pickle.Pickler):
    def persistent_id(self, value: object) -> Any:
        return value.identity if isinstance(value, Storage) else None


def handmade(first: object) -> bytes:
    """LeNet's file with `first` as conv1.bias, six numbers in record 0; the others are zeros in record 1."""
    zeros = Storage("storage", torch.FloatStorage, "1", "cpu", 48_000)
    values: dict[str, object] = {}
    for name, tensor in STATE.items():
        values[name] = (
            first
            if name == "conv1.bias"
            else Rebuilt(zeros, 0, tuple(tensor.shape), tensor.stride(), False, {})
        )
    buffer = io.BytesIO()
    Pickler(buffer, 2).dump(values)
    return archived(
        [
            ("a/data.pkl", buffer.getvalue()),
            ("a/data/0", struct.pack("<6f", *range(6))),
            ("a/data/1", bytes(4 * 48_000)),
        ]
    )


def bias(offset: Any = 0, size: Any = (6,), stride: Any = (1,), *identity: Any) -> bytes:
    return handmade(
        Rebuilt(
            Storage(*(identity or ("storage", torch.FloatStorage, "0", "cpu", 6))),
            offset,
            size,
            stride,
            False,
            {},
        )
    )


def test_windows_on_a_storage() -> None:
    assert load_state_dict(bias())["conv1.bias"].tolist() == [0, 1, 2, 3, 4, 5]
    assert load_state_dict(bias(2, (6,), (0,)))["conv1.bias"].tolist() == [2] * 6


HUGE = (-1, 1, 2**31, 2**40, 2**63, 10**30, True, 1.0, None, "1")


@pytest.mark.parametrize("bad", HUGE)
def test_windows_beyond_the_storage_are_refused(bad: Any) -> None:
    for data in (
        bias(bad),
        bias(0, (bad,)),
        bias(0, (6, bad)),
        bias(0, (6,), (bad if bad != 1 or bad is True else 2,)),
        bias(0, bad),
        bias(0, (6,), bad),
    ):
        assert peak_of(lambda data=data: refused(data)) < 2 * 2**20  # type: ignore[misc]
    assert (
        refused(bias(0, (6,), (1,), "storage", torch.FloatStorage, "0", "cpu", bad)).key == "weights_damaged"
    )


FLOAT = torch.FloatStorage


@pytest.mark.parametrize(
    "identity",
    [
        ("storage", FLOAT, "0", "cpu"),
        ("module", FLOAT, "0", "cpu", 6),
        ("storage", "FloatStorage", "0", "cpu", 6),
        ("storage", FLOAT, 0, "cpu", 6),
        ("storage", FLOAT, "../data.pkl", "cpu", 6),
        ("storage", FLOAT, "", "cpu", 6),
    ],
)
def test_other_storages_are_refused(identity: tuple[Any, ...]) -> None:
    assert refused(bias(0, (6,), (1,), *identity)).key == "weights_damaged"


def test_a_tensor_that_is_none() -> None:
    for value in (None, 1, [0.0] * 6, "x", {}, Storage("storage", torch.FloatStorage, "0", "cpu", 6)):
        assert refused(handmade(value)).key == "weights_no_state_dict"
