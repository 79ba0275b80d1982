"""Reader of state_dicts from unknown sources, in .pt, .pth or .safetensors, as data.

torch.load(weights_only=True) runs no code but lets a file allocate what it likes (bytearray(10**12) is on its
list of allowed calls), so the zip that torch.save writes is read here: its pickle by core.files.pickles, each
tensor from its own record, and only after name, type and shape have been compared with those of the
expected network.
"""

import io
import json
import math
import struct
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, deserialize
from torch import Tensor

from core.errors import InputError, shown
from core.files import file_kinds
from core.files.candidates import Candidate, Shapes, TensorInfo, bare, candidates
from core.files.pickles import tensors as torch_pickles
from core.files.pickles.tensors import Announced, View
from core.lenet import LeNet

MAX_BYTES = 20 * 2**20  # LeNet's file has a quarter of a megabyte, the largest of one's own 20
MAX_RECORDS = 1000  # in a zip; LeNet's has 16
# Bytes of a safetensors header; LeNet's has about 1,500. Each may make 100 in memory.
MAX_HEADER = 2**18
_NAMES = 10  # of tensors, as many as LeNet has, are named in a refusal


def load_state_dict(path_or_bytes: Path | str | bytes, shapes: Shapes | None = None) -> dict[str, Tensor]:
    """Load a state_dict with exactly the names and `shapes` of the expected network, float32 and finite.

    `shapes` are LeNet's by default. Reads .pt and .pth as torch.save has written them since PyTorch 1.6 (a
    zip), and .safetensors; the content decides, not the name. Nothing in the file is executed, and no more is
    allocated than its own size.

    Raises InputError for everything else, saying what differs.
    """
    data = path_or_bytes if isinstance(path_or_bytes, bytes) else read(Path(path_or_bytes))
    if file_kinds.is_old(data):
        raise InputError("weights_legacy")
    expected = lenet_shapes() if shapes is None else shapes
    with _opened(data) as file:
        views = bare(file.root)
        if views is None:
            raise InputError("weights_no_state_dict")
        _compare([TensorInfo(name, view.shape, view.dtype) for name, view in views.items()], expected)
        return _finite({name: file.tensor(name, views[name]) for name in expected})


def load_wrapped(data: bytes, shapes: Shapes | None = None, which: int = 0) -> dict[str, Tensor]:
    """Load as `load_state_dict` does, also from a checkpoint, from before PyTorch 1.6, and behind a prefix.

    `which` is the place among `contents`, of which the first fits best.
    """
    expected = lenet_shapes() if shapes is None else shapes
    with _opened(data) as file:
        found = _candidates(file, expected)
        chosen = found[min(which, len(found) - 1)]
        _compare(chosen.tensors, expected)
        return _finite({name: file.tensor(name, chosen.view(name)) for name in expected})


def contents(data: bytes, shapes: Shapes | None = None) -> tuple[Candidate, ...]:
    """The state_dicts that a file holds, bare or within a checkpoint, the one closest to `shapes` first.

    No tensor is read. Raises InputError for a file that holds none.
    """
    with _opened(data) as file:
        return _candidates(file, lenet_shapes() if shapes is None else shapes)


def about(data: bytes) -> Mapping[object, object]:
    """What a file says beside its tensors: metadata of a .safetensors file, entries of a checkpoint.

    Written by anybody: check what you use. Raises InputError as `contents` does.
    """
    with _opened(data) as file:
        return file.about


def lenet_shapes() -> dict[str, tuple[int, ...]]:
    """Shapes of LeNet's state_dict by name."""
    with torch.device("meta"):
        return {name: tuple(tensor.shape) for name, tensor in LeNet().state_dict().items()}


def read(path: Path) -> bytes:
    """The bytes of a file, of one that is too large only the beginning.

    Raises InputError when it is missing or can't be read.
    """
    try:
        if not path.is_file():
            raise InputError("weights_missing", path=str(path)[:200])
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise InputError(
            "weights_unreadable", path=str(path)[:200], reason=error.strerror or type(error).__name__
        ) from error


@dataclass(frozen=True)
class _File:
    """An open file: what it holds, a reader of its checked float32 tensors, and what else it says."""

    root: object
    tensor: Callable[[str, Any], Tensor]
    about: Mapping[object, object]


def _candidates(file: _File, shapes: Shapes) -> tuple[Candidate, ...]:
    found = candidates(file.root, shapes)
    if not found:
        raise InputError("weights_no_state_dict")
    return found


def _finite(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    for name, tensor in tensors.items():
        if not tensor.isfinite().all():
            raise InputError("weights_not_finite", name=name)
    return tensors


@contextmanager
def _opened(data: bytes) -> Iterator[_File]:
    if len(data) > MAX_BYTES:
        raise InputError("weights_too_large", size=len(data), most=MAX_BYTES)
    if file_kinds.is_old(data):
        yield _from_old(data)
        return
    if data[:4] != b"PK\x03\x04":
        yield _from_safetensors(data)
        return
    end = data.rfind(b"PK\x05\x06")  # begins the last 22 bytes of a zip
    if end < 0 or end + 22 > len(data):
        raise InputError("weights_cut_off", size=len(data))
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
        OverflowError,  # of an offset
        struct.error,
        ValueError,
    ) as error:
        if isinstance(error, InputError):
            raise
        raise InputError("weights_damaged", reason=str(error)[:120]) from error


def _from_safetensors(data: bytes) -> _File:
    length = int.from_bytes(data[:8], "little")
    if len(data) < 10 or length > len(data) - 8 or data[8:9] != b"{":
        raise file_kinds.refusal(data)
    if length > MAX_HEADER:
        raise InputError("weights_damaged", reason=f"the header has {length} bytes")
    try:
        entries: dict[str, Any] = dict(deserialize(data))  # type: ignore[no-untyped-call]
    except SafetensorError as error:
        if "not fully covered" in str(error) and _end(data, length) > len(data):
            raise InputError("weights_cut_off", size=len(data)) from error
        raise InputError("weights_damaged", reason=str(error)[:120]) from error
    views = {
        name: _Entry(tuple(entry["shape"]), torch_pickles.dtype_name(entry["dtype"]), entry["data"])
        for name, entry in entries.items()
    }

    def tensor(_: str, entry: _Entry) -> Tensor:
        return torch.frombuffer(bytearray(entry.data), dtype=torch.float32).view(entry.shape)

    return _File(views, tensor, _header(data, length).get("__metadata__") or {})


def _header(data: bytes, length: int) -> dict[str, Any]:
    return dict(json.loads(data[8 : 8 + length]))


def _end(data: bytes, length: int) -> int:
    """Bytes that a .safetensors file has by its header, which is well-formed."""
    entries = (entry for name, entry in _header(data, length).items() if name != "__metadata__")
    return 8 + length + max((entry["data_offsets"][1] for entry in entries), default=0)


@dataclass(frozen=True)
class _Entry(Announced):
    """A tensor of a .safetensors file."""

    data: bytes


def _from_zip(archive: zipfile.ZipFile) -> _File:
    if refusal := file_kinds.zip_refusal(archive.namelist()):
        raise refusal
    records = _records(archive)
    root = torch_pickles.read(_record(archive, records, "data.pkl"))
    if "byteorder" in records and _record(archive, records, "byteorder") != b"little":
        raise InputError("weights_damaged", reason="byteorder")

    def tensor(name: str, view: View) -> Tensor:
        return _tensor(_record(archive, records, f"data/{view.storage.key}"), name, view)

    return _File(root, tensor, root if isinstance(root, dict) else {})


def _from_old(data: bytes) -> _File:
    root, records = torch_pickles.read_old(data)

    def tensor(name: str, view: View) -> Tensor:
        return _tensor(records.get(view.storage.key, b""), name, view)

    return _File(root, tensor, root if isinstance(root, dict) else {})


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


def _first(names: list[str]) -> tuple[str, ...]:
    """As many of the names as a sentence holds."""
    return (*map(shown, names[:_NAMES]), *(["…"] if len(names) > _NAMES else []))


def _compare(tensors: Iterable[TensorInfo], shapes: Shapes) -> None:
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


def _tensor(data: bytes | memoryview, name: str, view: View) -> Tensor:
    """The tensor in a record of float32 numbers."""
    if len(data) != 4 * view.storage.count or view.end > view.storage.count or math.prod(view.shape) == 0:
        raise InputError("weights_damaged", reason=f"{name} has {len(data)} bytes")
    window = bytearray(memoryview(data)[4 * view.offset : 4 * view.end])
    flat = torch.frombuffer(window, dtype=torch.float32)
    return flat.as_strided(view.shape, view.stride).clone(memory_format=torch.contiguous_format)
