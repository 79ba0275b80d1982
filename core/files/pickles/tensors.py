"""Pickles of torch.save as data: a tensor is a window onto a record, everything else stays unread.

What may stand in one is what torch's own weights_only reader allows (`torch._weights_only_unpickler`), and
nothing of it is called: a stand-in takes the place of each, so that `bytearray(10**12)` costs nothing.
"""

import io
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

from core.errors import InputError
from core.files.pickles.reader import Allowed, Global, Make, PickleRefused, StandIn, TooManyParts, load, loads

# LeNet's pickle has 1,500 bytes; two numbers for each of 30,000 steps beside it, 540,000.
MAX_BYTES = 700_000
MAX_READS = 150_000  # instructions and their arguments, 0.2 s at most; a loss takes two
DTYPES = {  # torch.save's storage type and safetensors' code, by torch's name of the type
    "float32": ("FloatStorage", "F32"),
    "float64": ("DoubleStorage", "F64"),
    "float16": ("HalfStorage", "F16"),
    "bfloat16": ("BFloat16Storage", "BF16"),
    "complex64": ("ComplexFloatStorage", "C64"),
    "complex128": ("ComplexDoubleStorage", "C128"),
    "int64": ("LongStorage", "I64"),
    "int32": ("IntStorage", "I32"),
    "int16": ("ShortStorage", "I16"),
    "int8": ("CharStorage", "I8"),
    "uint8": ("ByteStorage", "U8"),
    "bool": ("BoolStorage", "BOOL"),
}
# Bytes of one number of each.
_SIZES = dict(zip(DTYPES, (4, 8, 2, 2, 8, 16, 8, 4, 2, 1, 1, 1), strict=True))
_NAME_OF = {code: name for name, codes in DTYPES.items() for code in codes}
_QUANTIZED = ("QInt8", "QUInt8", "QInt32", "QUInt4x2", "QUInt2x4")
# Names that torch.load refuses as well, and what they mean. Exact ones: numpy can run a text as code too.
_REFUSALS: Mapping[str, str] = {
    "weights_numpy": r"numpy\.(_?core\.(multiarray\.(scalar|_reconstruct)|numeric\._frombuffer)|dtype|ndarray"
    r"|dtypes\.\w+|random\._pickle\.\w+)",
    "weights_code": r"torch\.nn\.modules\.loss\.\w+",  # a module, but no model
    "weights_namespace": r"argparse\.Namespace",
    "weights_object": r"pathlib\.(_local\.)?\w*Path|datetime\.(datetime|date|time|timedelta|timezone)"
    r"|decimal\.Decimal|fractions\.Fraction|uuid\.UUID|types\.SimpleNamespace|collections\.(defaultdict|deque)"
    r"|(builtins|__builtin__)\.(frozenset|slice|x?range|bytes|object)",
}
RUNS = re.compile(r"(builtins|__builtin__|os|posix|nt|sys|subprocess|shutil|importlib|runpy|pty|socket)\.")
_MODULE = (b"_parameters", b"_modules")  # every torch.nn.Module has these attributes


@dataclass(frozen=True)
class Announced:
    """A tensor as its file announces it, not yet read; `dtype` is torch's name, such as "float32"."""

    shape: tuple[int, ...]
    dtype: str


@dataclass(frozen=True)
class Storage:
    """A record: `count` numbers of torch's storage type `dtype`."""

    dtype: str
    key: str
    count: int


@dataclass(frozen=True)
class View(Announced, StandIn):
    """A tensor as the pickle describes it: a window onto a storage."""

    storage: Storage
    offset: int
    stride: tuple[int, ...]

    @property
    def end(self) -> int:
        """Index just past the last element that the window reads."""
        return (
            self.offset
            + sum((size - 1) * step for size, step in zip(self.shape, self.stride, strict=True))
            + 1
        )

    def set_state(self, state: object) -> None:
        """Drop the state: a parameter's own attributes aren't needed."""


class Inert(StandIn):
    """Stand-in for what a checkpoint holds beside tensors."""

    def set_state(self, state: object) -> None:
        """Drop the state."""


class Names(dict[object, object], StandIn):
    """Stand-in for collections.OrderedDict; drops its state, torch's _metadata, which isn't needed."""

    def set_state(self, state: object) -> None:
        """Drop the state."""


_INERT = Inert()


def read(pickled: bytes) -> object:
    """Read a pickle of torch.save; its tensors come back as `View`, its dicts and lists as they are.

    Raises InputError for any other pickle, saying what is in it.
    """
    if len(pickled) > MAX_BYTES:
        raise InputError("weights_index_large", size=len(pickled))
    with _refusing(pickled):
        return loads(pickled, _allowed(), _storage, "utf-8", _inert_key, MAX_READS)


def read_old(data: bytes) -> tuple[object, Mapping[str, memoryview]]:
    """Read a file as torch.save wrote it before PyTorch 1.6: five pickles, then the storages one by one.

    Returns the object in it and the bytes of each storage by key. Raises InputError as `read` does.
    """
    pickled = data[:MAX_BYTES]
    file, storages = io.BytesIO(pickled), dict[object, Storage]()

    def storage(persistent_id: object) -> Storage:
        found = _storage(persistent_id[:5] if isinstance(persistent_id, tuple) else None)
        storages[found.key] = found
        return found

    def part(most_reads: int) -> object:
        return load(file, _allowed(), storage, "utf-8", _inert_key, most_reads, more=True)

    with _refusing(pickled):
        _magic, _version, system, root, keys = map(part, (100, 100, 100, MAX_READS, MAX_READS // 10))
    if not isinstance(system, dict) or system.get("little_endian") is not True or not isinstance(keys, list):
        raise InputError("weights_damaged", reason="byteorder")
    return root, _records(data, file.tell(), [storages.get(key) for key in keys if isinstance(key, str)])


def _records(data: bytes, start: int, storages: Iterable[Storage | None]) -> Mapping[str, memoryview]:
    """The bytes of each storage, which follow a count of its numbers."""
    found = {}
    for storage in storages:
        if storage is None or (size := _SIZES.get(dtype_name(storage.dtype))) is None:
            raise InputError("weights_legacy")
        end = start + 8 + size * int.from_bytes(data[start : start + 8], "little")
        if end > len(data):
            raise InputError("weights_cut_off", size=len(data))
        found[storage.key] = memoryview(data)[start + 8 : end]
        start = end
    return found


@contextmanager
def _refusing(pickled: bytes) -> Iterator[None]:
    """Turn the refusal of a pickle into its sentence."""
    try:
        yield
    except TooManyParts as error:
        raise InputError("weights_index_large", size=len(pickled)) from error
    except PickleRefused as error:
        if error.name:
            raise _refusal(error.name, pickled) from error
        raise InputError("weights_damaged", reason=error.reason[:120]) from error


def dtype_name(code: object) -> str:
    """torch's name of a type, from torch.save's or safetensors' code; the code itself where there is none."""
    return _NAME_OF.get(str(code), str(code)[:20])


def _refusal(name: str, pickled: bytes) -> InputError:
    for key, pattern in _REFUSALS.items():
        if re.fullmatch(pattern, name):
            return InputError(key, name=name)
    if all(attribute in pickled for attribute in _MODULE) and not RUNS.match(name):
        return InputError("weights_model", name=name[:100])
    return InputError("weights_code", name=name[:100])


@cache
def _allowed() -> Allowed:
    """torch's own list, with a stand-in for each name."""
    import torch  # late: this room is loaded where nothing else needs torch

    storages = [storage.removesuffix("Storage") for storage, _ in DTYPES.values()] + [*_QUANTIZED]
    qschemes = ("per_tensor_affine", "per_tensor_symmetric", "per_channel_affine", "per_channel_symmetric")
    named_only = {
        *((module, f"{kind}Storage") for kind in storages for module in ("torch", "torch.cuda")),
        *(("torch.storage", name) for name in ("TypedStorage", "UntypedStorage")),
        *(
            ("torch", str(value).removeprefix("torch."))
            for value in tuple(vars(torch).values())  # another thread may be importing
            if isinstance(value, torch.dtype)
        ),
        *(("torch", name) for name in (*qschemes, "per_channel_affine_float_qparams")),
    }
    inert = {
        *((module, f"{kind}Tensor") for kind in storages for module in _TENSOR_MODULES),
        *(("torch", name) for name in ("Tensor", "Size", "device")),
        *((module, name) for name in ("set", "complex") for module in ("builtins", "__builtin__")),
        ("torch.nn.parameter", "Parameter"),
        ("torch.serialization", "_get_layout"),
        ("collections", "Counter"),
        ("_codecs", "encode"),
    }
    allowed: dict[tuple[str, str], Make] = dict.fromkeys(named_only, _no_call) | dict.fromkeys(inert, _inert)
    allowed |= {(module, "bytearray"): _byte_array for module in ("builtins", "__builtin__")}
    allowed |= {("torch._utils", name): make for name, make in _REBUILD.items()}
    allowed["collections", "OrderedDict"] = _names
    allowed["torch._tensor", "_rebuild_from_type_v2"] = _rebuild_from_type
    return allowed


_TENSOR_MODULES = ("torch", "torch.cuda", "torch.sparse", "torch.cuda.sparse")


def _no_call(*_: object) -> object:
    raise PickleRefused("a type is named, never called")


def _inert(*_: object) -> Inert:
    return _INERT


def _inert_key(_: object) -> Inert:
    return Inert()  # each one is another key


def _byte_array(first: object = b"", *_: object) -> Inert:
    if isinstance(first, int):  # a length, which Python would fill with zeros
        raise PickleRefused("a byte array of a length", "builtins.bytearray")
    return _INERT


def _names(pairs: object = (), *_: object) -> Names:
    """An OrderedDict, which Python 2 wrote with its items as an argument."""
    names = Names()
    for pair in pairs if isinstance(pairs, list) else ():
        if isinstance(pair, list | tuple) and len(pair) == 2 and type(pair[0]) is str:
            names[pair[0]] = pair[1]
    return names


def _storage(persistent_id: object) -> Storage:
    parts: tuple[Any, ...] = (
        persistent_id if isinstance(persistent_id, tuple) and len(persistent_id) == 5 else (None,) * 5
    )
    kind, dtype, key, _, count = parts
    if kind != "storage" or not isinstance(dtype, Global) or not isinstance(key, str) or not _natural(count):
        raise PickleRefused("a storage that torch.save doesn't write")
    return Storage(dtype.name, key, count)


def _rebuild_tensor(storage: object, offset: object, size: object, stride: object, *_: object) -> View:
    numbers = size if isinstance(size, tuple) else (None,)
    steps = stride if isinstance(stride, tuple) else (None,)
    if (
        not isinstance(storage, Storage)
        or len(numbers) != len(steps)
        or not all(map(_natural, (offset, *numbers, *steps)))
    ):
        raise PickleRefused("a tensor that torch.save doesn't write")
    return View(numbers, dtype_name(storage.dtype), storage, offset, steps)  # type: ignore[arg-type]


def _rebuild_of_dtype(*arguments: object) -> object:
    """A tensor of a type without a storage class of its own: the seventh argument names it."""
    view, dtype = _rebuild_tensor(*arguments[:4]), arguments[6]
    return View(view.shape, _of(dtype), view.storage, view.offset, view.stride)


def _rebuild_meta(dtype: object, size: object, *_: object) -> Announced | Inert:
    """A tensor without numbers, of the device "meta"."""
    known = isinstance(size, tuple) and all(map(_natural, size))
    return Announced(size, f"{_of(dtype)} (meta)") if known else _INERT  # type: ignore[arg-type]


def _of(dtype: object) -> str:
    return dtype.name[:20] if isinstance(dtype, Global) else "?"


def _rebuild_from_type(function: object, _type: object, arguments: object, *_: object) -> object:
    """A tensor with attributes of its own: the function that builds it, and its arguments."""
    if not isinstance(function, Global) or not isinstance(arguments, tuple):
        raise PickleRefused("a tensor that torch.save doesn't write")
    return function.make(*arguments)


def _first(data: object, *_: object) -> object:
    return data


_REBUILD: Mapping[str, Make] = {
    "_rebuild_tensor": _rebuild_tensor,
    "_rebuild_tensor_v2": _rebuild_tensor,
    "_rebuild_tensor_v3": _rebuild_of_dtype,
    "_rebuild_qtensor": _rebuild_tensor,
    "_rebuild_parameter": _first,
    "_rebuild_parameter_with_state": _first,
    "_rebuild_device_tensor_from_cpu_tensor": _first,
    "_rebuild_meta_tensor_no_storage": _rebuild_meta,
    "_rebuild_sparse_tensor": _inert,
    "_rebuild_wrapper_subclass": _inert,
    "_rebuild_device_tensor_from_numpy": _inert,
}


def _natural(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**40
