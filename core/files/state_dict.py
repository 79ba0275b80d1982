"""Reader of state_dicts from unknown sources, in .pt, .pth or .safetensors, as data.

torch.load(weights_only=True) runs no code but lets a file allocate what it likes (bytearray(10**12) is on its
list of allowed calls), so the zip that torch.save writes is read here: its pickle by core.files.pickles, each
tensor from its own record, and only after name, type and shape have been compared with those of the expected
network.
"""

import io
import math
import struct
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, deserialize
from torch import Tensor

from core.errors import InputError, shown
from core.files.pickles import Global, Make, PickleRefused, StandIn, loads
from core.lenet import LeNet

MAX_BYTES = 16 * 2**20  # LeNet's file has a quarter of a megabyte
MAX_RECORDS = 1000  # in a zip; LeNet's has 16
# Bytes of data.pkl or of a safetensors header; LeNet's have about 1,500. Each may make 100 in memory.
MAX_INDEX = 2**18
_NAMES = 10  # of tensors, as many as LeNet has, are named in a refusal
DATA_PARALLEL = "module."  # put before every name by torch.nn.DataParallel
Shapes = Mapping[str, tuple[int, ...]]
# Keys under which full checkpoints keep the state_dict: common ones, then this app's own.
_PLACES = (("state_dict",), ("model_state_dict",), ("model",), ("net",), ("weights",), ("state", "model"))
_DTYPES = {  # torch.save's storage type and safetensors' code, by torch's name of the type
    "float32": ("FloatStorage", "F32"),
    "float64": ("DoubleStorage", "F64"),
    "float16": ("HalfStorage", "F16"),
    "bfloat16": ("BFloat16Storage", "BF16"),
    "int64": ("LongStorage", "I64"),
    "int32": ("IntStorage", "I32"),
    "int16": ("ShortStorage", "I16"),
    "int8": ("CharStorage", "I8"),
    "uint8": ("ByteStorage", "U8"),
    "bool": ("BoolStorage", "BOOL"),
}
_NAME_OF = {code: name for name, codes in _DTYPES.items() for code in codes}


@dataclass(frozen=True)
class TensorInfo:
    """A tensor as its file announces it, not yet read; `dtype` is torch's name, such as "float32"."""

    name: str
    shape: tuple[int, ...]
    dtype: str


@dataclass(frozen=True)
class Contents:
    """Tensors that a weights file announces; `place` holds the keys to the state_dict, () for a bare one."""

    tensors: tuple[TensorInfo, ...]
    place: tuple[str, ...] = ()

    @property
    def prefixed(self) -> bool:
        """Whether every name has the prefix of torch.nn.DataParallel."""
        return bool(self.tensors) and all(tensor.name.startswith(DATA_PARALLEL) for tensor in self.tensors)

    def without_prefix(self) -> "Contents":
        """The same contents without the prefix of torch.nn.DataParallel."""
        if not self.prefixed:
            return self
        return Contents(
            tuple(
                TensorInfo(tensor.name.removeprefix(DATA_PARALLEL), tensor.shape, tensor.dtype)
                for tensor in self.tensors
            ),
            self.place,
        )


def load_state_dict(path_or_bytes: Path | str | bytes, shapes: Shapes | None = None) -> dict[str, Tensor]:
    """Load a state_dict with exactly the names and `shapes` of the expected network, float32 and finite.

    `shapes` are LeNet's by default. Reads .pt and .pth as torch.save has written them since PyTorch 1.6 (a
    zip), and .safetensors; the content decides, not the name. Nothing in the file is executed, and no more is
    allocated than its own size.

    Raises InputError for everything else, saying what differs.
    """
    data = path_or_bytes if isinstance(path_or_bytes, bytes) else _read(Path(path_or_bytes))
    return _load(data, lenet_shapes() if shapes is None else shapes, False)


def load_wrapped(data: bytes, shapes: Shapes | None = None) -> dict[str, Tensor]:
    """Load as `load_state_dict` does, also from a full checkpoint or with DataParallel's prefix on names."""
    return _load(data, lenet_shapes() if shapes is None else shapes, True)


def contents(data: bytes) -> Contents:
    """Names, shapes and types of all tensors in any network's state_dict, bare or within a checkpoint.

    No tensor is read. Raises InputError for any other file.
    """
    with _opened(data) as file:
        return file.contents


def lenet_shapes() -> dict[str, tuple[int, ...]]:
    """Shapes of LeNet's state_dict by name."""
    with torch.device("meta"):
        return {name: tuple(tensor.shape) for name, tensor in LeNet().state_dict().items()}


def _read(path: Path) -> bytes:
    try:
        if not path.is_file():
            raise InputError("weights_missing", path=str(path)[:200])
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise InputError(
            "weights_unreadable", path=str(path)[:200], reason=error.strerror or type(error).__name__
        ) from error


def _load(data: bytes, shapes: Shapes, wrapped: bool) -> dict[str, Tensor]:
    with _opened(data) as file:
        found = file.contents
        if found.place and not wrapped:
            raise InputError("weights_no_state_dict")
        prefix = DATA_PARALLEL if wrapped and found.prefixed else ""
        _compare((found.without_prefix() if prefix else found).tensors, shapes)
        tensors = {name: file.tensor(prefix + name).view(shapes[name]) for name in shapes}
    for name, tensor in tensors.items():
        if not tensor.isfinite().all():
            raise InputError("weights_not_finite", name=name)
    return tensors


@contextmanager
def _opened(data: bytes) -> Iterator["_File"]:
    if len(data) > MAX_BYTES:
        raise InputError("weights_too_large", size=len(data), most=MAX_BYTES)
    if data[:4] != b"PK\x03\x04":
        yield _from_safetensors(data)
        return
    # zipfile makes an object for each before it can be asked how many there are.
    if data.count(b"PK\x01\x02") > MAX_RECORDS:
        raise InputError("weights_damaged", reason=f"more than {MAX_RECORDS} members")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            yield _from_zip(archive)
    except (
        zipfile.BadZipFile,
        NotImplementedError,
        RuntimeError,
        EOFError,
        OSError,
        struct.error,
        ValueError,
    ) as error:
        if isinstance(error, InputError):
            raise
        raise InputError("weights_damaged", reason=str(error)[:120]) from error


@dataclass(frozen=True)
class _File:
    """An open file: its announced contents, and a reader by name of its checked float32 tensors."""

    contents: Contents
    tensor: Callable[[str], Tensor]


def _from_safetensors(data: bytes) -> _File:
    if data[:2] == b"\x80\x02" or data[:10].startswith(b"\x80\x02\x8a\n"):
        raise InputError("weights_legacy")
    length = int.from_bytes(data[:8], "little")
    if len(data) < 10 or length > len(data) - 8 or data[8:9] != b"{":
        raise InputError("weights_no_format")
    if length > MAX_INDEX:
        raise InputError("weights_damaged", reason=f"the header has {length} bytes")
    try:
        entries: dict[str, Any] = dict(deserialize(data))  # type: ignore[no-untyped-call]
    except SafetensorError as error:
        raise InputError("weights_damaged", reason=str(error)[:120]) from error
    infos = tuple(
        TensorInfo(name, tuple(entry["shape"]), _dtype(entry["dtype"])) for name, entry in entries.items()
    )

    def tensor(name: str) -> Tensor:
        return torch.frombuffer(bytearray(entries[name]["data"]), dtype=torch.float32)

    return _File(Contents(infos), tensor)


def _dtype(code: str) -> str:
    return _NAME_OF.get(code, str(code)[:20])


@dataclass(frozen=True)
class _Storage:
    """A record of the zip: `count` numbers of torch's storage type `dtype`."""

    dtype: str
    key: str
    count: int


@dataclass(frozen=True)
class _View:
    """A tensor as the pickle describes it: a window onto a storage."""

    storage: _Storage
    offset: int
    size: tuple[int, ...]
    stride: tuple[int, ...]

    @property
    def end(self) -> int:
        """Index just past the last element that the window reads."""
        return (
            self.offset
            + sum((size - 1) * step for size, step in zip(self.size, self.stride, strict=True))
            + 1
        )


class _Names(dict[object, object], StandIn):
    """Stand-in for collections.OrderedDict; drops its state, torch's _metadata, which isn't needed."""

    def set_state(self, state: object) -> None:
        return


def _from_zip(archive: zipfile.ZipFile) -> _File:
    records = _records(archive)
    views, place = _views(_record(archive, records, "data.pkl"))
    if "byteorder" in records and _record(archive, records, "byteorder") != b"little":
        raise InputError("weights_damaged", reason="byteorder")
    infos = tuple(TensorInfo(name, view.size, _dtype(view.storage.dtype)) for name, view in views.items())
    return _File(Contents(infos, place), lambda name: _tensor(archive, records, name, views[name]))


def _records(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """Members by name below the folder that torch.save puts them in; none compressed, as torch never does."""
    members = archive.infolist()
    for member in members:
        if (
            member.compress_type != zipfile.ZIP_STORED
            or member.flag_bits & 1
            or member.file_size != member.compress_size
        ):
            raise InputError("weights_damaged", reason="compressed or encrypted")
    records = {member.filename.partition("/")[2]: member for member in members}
    if len(records) != len(members):
        raise InputError("weights_damaged", reason="two members of one name")
    return records


def _record(archive: zipfile.ZipFile, records: Mapping[str, zipfile.ZipInfo], name: str) -> bytes:
    if name not in records:
        raise InputError("weights_damaged", reason=f"{name} is missing")
    # Stored, so at most as long as the file; the zip's own CRC notices a flipped bit.
    return archive.read(records[name])


def _views(pickled: bytes) -> tuple[dict[str, _View], tuple[str, ...]]:
    if len(pickled) > MAX_INDEX:
        raise InputError("weights_damaged", reason=f"data.pkl has {len(pickled)} bytes")
    allowed: dict[tuple[str, str], Make] = {("torch", storage): _no_call for storage, _ in _DTYPES.values()}
    allowed["collections", "OrderedDict"] = _Names
    allowed["torch._utils", "_rebuild_tensor_v2"] = _rebuild_tensor
    allowed["torch._utils", "_rebuild_parameter"] = _rebuild_parameter
    try:
        found = loads(pickled, allowed, persistent_load=_storage, encoding="utf-8")
    except PickleRefused as error:
        if error.name:
            raise InputError("weights_code", name=error.name[:100]) from error
        raise InputError("weights_damaged", reason=error.reason[:120]) from error
    for place in ((), *_PLACES):
        if (views := _state_dict(found, place)) is not None:
            return views, place
    raise InputError("weights_no_state_dict")


def _state_dict(found: object, place: tuple[str, ...]) -> dict[str, _View] | None:
    """The state_dict at `place`, if there is one; within another dict it may not be empty."""
    for key in place:
        found = found.get(key) if isinstance(found, dict) else None
    if not isinstance(found, dict) or (place and not found):
        return None
    return (
        found
        if all(isinstance(name, str) and isinstance(view, _View) for name, view in found.items())
        else None
    )


def _no_call(*_: object) -> object:
    raise PickleRefused("a storage type is named, never called")


def _storage(persistent_id: object) -> _Storage:
    parts: tuple[Any, ...] = (
        persistent_id if isinstance(persistent_id, tuple) and len(persistent_id) == 5 else (None,) * 5
    )
    kind, dtype, key, _, count = parts
    if kind != "storage" or not isinstance(dtype, Global) or not isinstance(key, str) or not _natural(count):
        raise PickleRefused("a storage that torch.save doesn't write")
    return _Storage(dtype.name, key, count)


def _rebuild_tensor(storage: object, offset: object, size: object, stride: object, *_: object) -> _View:
    numbers = size if isinstance(size, tuple) else (None,)
    steps = stride if isinstance(stride, tuple) else (None,)
    if (
        not isinstance(storage, _Storage)
        or len(numbers) != len(steps)
        or not all(map(_natural, (offset, *numbers, *steps)))
    ):
        raise PickleRefused("a tensor that torch.save doesn't write")
    return _View(storage, offset, numbers, steps)  # type: ignore[arg-type]


def _rebuild_parameter(data: object, *_: object) -> object:
    return data


def _natural(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**40


def _first(names: list[str]) -> tuple[str, ...]:
    """As many of the names as a sentence holds."""
    return (*map(shown, names[:_NAMES]), *(["…"] if len(names) > _NAMES else []))


def _compare(tensors: tuple[TensorInfo, ...], shapes: Shapes) -> None:
    """Compare with the expected network. Raises InputError for the first difference."""
    found = {tensor.name: tensor for tensor in tensors}
    missing, extra = sorted(shapes.keys() - found.keys()), sorted(found.keys() - shapes.keys())
    if missing or extra:
        raise InputError("weights_names", missing=_first(missing), extra=_first(extra))
    for name, shape in shapes.items():
        if found[name].shape != shape:
            raise InputError(
                "weights_shape", name=name, shape=list(found[name].shape)[:8], expected=list(shape)
            )
        if found[name].dtype != "float32":
            raise InputError("weights_dtype", name=name, dtype=found[name].dtype)


def _tensor(
    archive: zipfile.ZipFile, records: Mapping[str, zipfile.ZipInfo], name: str, view: _View
) -> Tensor:
    data = _record(archive, records, f"data/{view.storage.key}")
    if len(data) != 4 * view.storage.count or view.end > view.storage.count or math.prod(view.size) == 0:
        raise InputError("weights_damaged", reason=f"{name} has {len(data)} bytes")
    flat = torch.frombuffer(bytearray(data), dtype=torch.float32)
    return flat.as_strided(view.size, view.stride, view.offset).clone(memory_format=torch.contiguous_format)
