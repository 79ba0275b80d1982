"""core.files.pickles.tensors: what torch's weights_only reader opens is read as data, all else is named."""

import argparse
import collections
import datetime
import io
import pathlib
import pickle
import random
import types
from collections import Counter
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch._weights_only_unpickler import _get_allowed_globals
from torch.optim import lr_scheduler as schedulers

from core.errors import InputError
from core.files.pickles import tensors as torch_pickles
from core.files.pickles.tensors import Announced
from core.files.state_dict import load_wrapped
from core.lenet import LeNet
from tests.files.test_state_dict import STATE, saved
from tests.files.test_state_dict_hostile import peak_of
from tests.support.sample_data import same


def pickled(value: object) -> bytes:
    return pickle.dumps(value, 2)


def test_the_names_are_those_that_torch_allows() -> None:
    ours = {f"{module}.{name}" for module, name in torch_pickles._allowed()}
    torchs = set(_get_allowed_globals())
    assert len(torchs) > 100 and torchs - ours == set()
    # As Python 2 wrote some, and of tensors and storages more kinds than there are on this machine.
    more = {name for name in ours - torchs if not name.endswith(("Tensor", "Storage"))}
    assert more == {"__builtin__.set", "__builtin__.bytearray", "__builtin__.complex"}


@pytest.mark.parametrize("name", sorted(_get_allowed_globals()))
def test_every_name_may_stand_in_a_checkpoint(name: str) -> None:
    module, _, own = name.rpartition(".")
    found = torch_pickles.read(b"\x80\x02}X\x01\x00\x00\x00ac" + f"{module}\n{own}\n".encode() + b"s.")
    assert isinstance(found, dict) and len(found) == 1


def noted(tensor: Any) -> Any:
    tensor.note = "mine"
    return tensor


OTHERS: dict[str, Any] = {
    "size": torch.Size([1, 2]),
    "device": torch.device("cuda:0"),
    "dtype": torch.bfloat16,
    "layout": torch.strided,
    "counter": Counter("aab"),
    "ordered": collections.OrderedDict(a=1),
    "set": {1, "a"},
    "complex": 1j,
    "bytes": b"abc",
    "bytearray": bytearray(b"abc"),
    "parameter": nn.Parameter(torch.ones(2)),
    "parameter with an attribute": noted(nn.Parameter(torch.ones(2))),
    "tensor with an attribute": noted(torch.ones(2)),
    "sparse": torch.eye(3).to_sparse(),
    "complex numbers": torch.zeros(2, dtype=torch.complex64),
    "uint16": torch.zeros(2, dtype=torch.uint16),
    "float8": torch.zeros(2).to(torch.float8_e4m3fn),
    "meta": torch.zeros(3, device="meta"),
    "storage": torch.zeros(3).untyped_storage(),
    "random state of torch": torch.get_rng_state(),
    "random state of Python": random.getstate(),
    "large number": 2**70,
    "tuples as keys": {(1, (2.5, None)): 3, True: 4},
    "losses": [0.5] * 30_000,
    "history": [{"epoch": i, "loss": 0.5} for i in range(1000)],
}


@pytest.mark.filterwarnings("ignore:Validating sparse tensor invariants")
@pytest.mark.parametrize("name", OTHERS)
def test_what_torch_opens_is_opened(name: str) -> None:
    data = saved({"net": STATE, "other": OTHERS[name]})
    assert same(dict(torch.load(io.BytesIO(data), weights_only=True)["net"]), dict(STATE))
    assert same(load_wrapped(data), dict(STATE))


STEP = torch.optim.SGD([nn.Parameter(torch.ones(1))], lr=0.1, momentum=0.9)
SCHEDULERS = {
    "StepLR": schedulers.StepLR(STEP, 2),
    "MultiStepLR": schedulers.MultiStepLR(STEP, [2, 2, 5]),
    "OneCycleLR": schedulers.OneCycleLR(STEP, 0.1, total_steps=10),
    "CosineAnnealingLR": schedulers.CosineAnnealingLR(STEP, 10),
    "ReduceLROnPlateau": schedulers.ReduceLROnPlateau(STEP),
    "LambdaLR": schedulers.LambdaLR(STEP, lambda epoch: 0.9**epoch),
    "CyclicLR": schedulers.CyclicLR(STEP, 0.1, 0.2),
}


@pytest.mark.parametrize("name", SCHEDULERS)
def test_the_state_of_a_scheduler_is_no_trouble(name: str) -> None:
    checkpoint = {
        "model": STATE,
        "optimizer": STEP.state_dict(),
        "scheduler": SCHEDULERS[name].state_dict(),
    }
    assert same(load_wrapped(saved(checkpoint)), dict(STATE))


def test_tensors_come_back_as_shape_and_type() -> None:
    tensors = {"f": torch.ones(2, 3), "h": torch.ones(2).half(), "u": torch.ones(4, dtype=torch.uint16)}
    tensors |= {"m": torch.ones(5, device="meta"), "p": nn.Parameter(torch.ones(1)), "c": torch.ones(2) * 1j}
    tensors |= {"a": noted(torch.ones(6))}
    import zipfile

    with zipfile.ZipFile(io.BytesIO(saved(tensors))) as archive:
        found = torch_pickles.read(archive.read("archive/data.pkl"))
    assert isinstance(found, dict)
    assert {
        name: (view.shape, view.dtype) for name, view in found.items() if isinstance(view, Announced)
    } == {
        "f": ((2, 3), "float32"),
        "h": ((2,), "float16"),
        "u": ((4,), "uint16"),
        "m": ((5,), "float32 (meta)"),
        "p": ((1,), "float32"),
        "c": ((2,), "complex64"),
        "a": ((6,), "float32"),
    }


# What torch.load refuses as well


REFUSED: dict[str, tuple[object, str, str]] = {
    "number of numpy": (np.float64(0.5), "weights_numpy", "float("),
    "truth of numpy": (np.bool_(True), "weights_numpy", "numpy"),
    "array": (np.zeros(3), "weights_numpy", "torch.from_numpy("),
    "random state": (np.random.get_state(), "weights_numpy", "numpy"),
    "Namespace": (argparse.Namespace(lr=0.1), "weights_namespace", "vars(args)"),
    "path": (pathlib.PurePosixPath("x"), "weights_object", "pathlib"),
    "date": (datetime.datetime(2026, 1, 1), "weights_object", "datetime.datetime"),
    "defaultdict": (collections.defaultdict(list), "weights_object", "collections.defaultdict"),
    "SimpleNamespace": (types.SimpleNamespace(a=1), "weights_object", "types.SimpleNamespace"),
    "whole model": (LeNet(), "weights_model", "core.lenet.LeNet"),
    "whole wrapped model": (nn.DataParallel(LeNet()), "weights_model", "DataParallel"),
    "loss": (nn.CrossEntropyLoss(), "weights_code", "CrossEntropyLoss"),
    "optimizer": (torch.optim.SGD(LeNet().parameters(), 0.1), "weights_code", "torch.optim.sgd.SGD"),
    "function": (nn.functional.relu, "weights_code", "relu"),
    "builtin": (print, "weights_code", "print"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_torch_refuses_is_named(name: str) -> None:
    value, key, word = REFUSED[name]
    data = saved({"net": STATE, "other": value})
    with pytest.raises(pickle.UnpicklingError):
        torch.load(io.BytesIO(data), weights_only=True)
    with pytest.raises(InputError) as error:
        load_wrapped(data)
    assert error.value.key == key and word in str(error.value) and word in error.value.sentence("zh")
    runs = key in ("weights_code", "weights_model")
    assert ("would run code" in str(error.value)) == runs == ("运行代码" in error.value.sentence("zh"))
    assert "model.state_dict()" in str(error.value)


@pytest.mark.parametrize(
    "body",
    [
        b"cnumpy.testing._private.utils\nrunstring\n",  # numpy can run a text
        b"cnumpy.f2py\ncompile\n",
        b"cpathlib\nos.system\n",
        b"cargparse\nNamespace.x\n",
        b"c__builtin__\neval\nX\x0b\x00\x00\x00_parametersX\x08\x00\x00\x00_modules",  # dressed up as a model
        b"ccollections\nOrderedDict.fromkeys\n",
        b"ctorch\nhub.load\n",
        b"ctorch._utils\n_import_dotted_name\n",
    ],
)
def test_what_would_run_is_never_called_harmless(body: bytes) -> None:
    with pytest.raises(InputError) as error:
        torch_pickles.read(b"\x80\x02" + body + b".")
    assert error.value.key == "weights_code"


def test_nothing_that_torch_allows_is_called() -> None:
    """Among its allowed calls are some that take as much memory as they are told to."""
    for name, argument in (("__builtin__\nbytearray", 10**12), ("torch\nTensor", 10**12)):
        number = argument.to_bytes(6, "little")
        data = b"\x80\x02c" + name.encode() + b"\n\x8a\x06" + number + b"\x85R."

        def read(data: bytes = data) -> None:
            try:
                torch_pickles.read(data)
            except InputError as error:
                assert error.key == "weights_code"

        assert peak_of(read) < 2**20


def deep_key(levels: int) -> bytes:
    """A tuple whose hash takes 2^levels steps."""
    return b")q\x00" + b"h\x00\x86q\x00" * levels


@pytest.mark.parametrize(
    "body",
    [
        b"}" + deep_key(60) + b"Ns.",  # a key of a dict
        b"ccollections\nOrderedDict\n](" + deep_key(60) + b"N\x86e\x85R.",  # of an OrderedDict of Python 2
        b"c__builtin__\nset\n](" + deep_key(60) + b"e\x85R.",
        b"ccollections\nCounter\n}" + deep_key(60) + b"Ns\x85R.",
    ],
)
def test_keys_that_are_slow_to_hash_are_never_hashed(body: bytes) -> None:
    torch_pickles.read(b"\x80\x02" + body)


def test_python_2_wrote_the_items_of_an_ordered_dict_as_an_argument() -> None:
    data = b"\x80\x02ccollections\nOrderedDict\n](](X\x01\x00\x00\x00aK\x01e](K\x02K\x03ee\x85R."
    assert torch_pickles.read(data) == {"a": 1}


def test_functions_that_build_tensors_don_t_build_without_end() -> None:
    function = b"ctorch._tensor\n_rebuild_from_type_v2\nq\x01"
    arguments = b")q\x02" + b"h\x01Nh\x02\x87q\x02" * 5000  # (function, None, (function, None, (...)))
    with pytest.raises(InputError, match="RecursionError"):
        torch_pickles.read(b"\x80\x02" + function + arguments + b"h\x01h\x02R.")


def test_too_much_beside_the_tensors_is_refused_by_size() -> None:
    for value in ([0.5] * 80_000, [[] for _ in range(200_000)]):
        data = pickled(value)
        with pytest.raises(InputError) as error:
            torch_pickles.read(data)
        assert error.value.key == "weights_index_large" and str(len(data)) in str(error.value)


# Before PyTorch 1.6


def old(value: object, **how: Any) -> bytes:
    return saved(value, _use_new_zipfile_serialization=False, **how)


OLD = old(STATE)


@pytest.mark.parametrize(
    "value",
    [
        STATE,
        dict(reversed(STATE.items())),
        {"epoch": 3, "state_dict": {f"module.{name}": tensor for name, tensor in STATE.items()}},
        {"net": STATE, "rng": torch.get_rng_state(), "half": torch.ones(3).half(), "on": torch.ones(2) > 0},
        {
            "net": {
                name: tensor.t().contiguous().t() if tensor.dim() == 2 else tensor
                for name, tensor in STATE.items()
            }
        },
        {name: nn.Parameter(tensor) for name, tensor in STATE.items()},
    ],
)
def test_the_format_before_1_6_is_read(value: Any) -> None:
    for data in (old(value), old(value, pickle_protocol=4)):
        assert same(load_wrapped(data), dict(STATE))
    assert torch.load(io.BytesIO(old(value)), weights_only=True)


@pytest.mark.parametrize("length", [*range(0, 600, 7), 5_000, len(OLD) - 200_000, len(OLD) - 5, len(OLD) - 1])
def test_a_cut_file_from_before_1_6_is_refused(length: int) -> None:
    with pytest.raises(InputError):
        load_wrapped(OLD[:length])


@pytest.mark.filterwarnings("ignore:torch.quantize_per_tensor")
def test_others_in_the_format_before_1_6_are_named() -> None:
    for value, key in (
        (LeNet(), "weights_model"),
        ({"net": STATE, "best": np.float64(1)}, "weights_numpy"),
        (
            {"net": STATE, "q": torch.quantize_per_tensor(torch.ones(3), 0.1, 0, torch.qint8)},
            "weights_legacy",
        ),
        ({"net": STATE, "call": print}, "weights_code"),
        (dict.fromkeys(STATE, torch.ones(3)), "weights_shape"),
    ):
        with pytest.raises(InputError) as error:
            load_wrapped(old(value))
        assert error.value.key == key


@pytest.mark.parametrize("count", [0, 1, 2**20, 2**31, 2**63, 2**64 - 1])
def test_a_storage_of_another_length_is_refused(count: int) -> None:
    """The last storage in the file, the first number of which is the count."""
    state = dict(STATE) | {"fc3.bias": torch.full((10,), 3.0)}
    data = old(state)
    at = data.index((10).to_bytes(8, "little") + torch.full((10,), 3.0).numpy().tobytes())
    changed = data[:at] + count.to_bytes(8, "little") + data[at + 8 :]

    def read() -> None:
        with pytest.raises(InputError):
            load_wrapped(changed)

    assert peak_of(read) < 4 * len(data)
