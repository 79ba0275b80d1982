"""What a file is that holds no state_dict: formats told by their first bytes, or by the names in a zip."""

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from core.errors import InputError, shown
from core.files.pickles.reader import PickleRefused, loads
from core.files.pickles.tensors import RUNS

_OLD = b"\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."  # a pickled number that torch.save began with until PyTorch 1.6
_HEAD = 4096  # bytes that tell a page of HTML
_NAMES = 5  # of members of a zip are named


class _Mark(NamedTuple):
    """Bytes that a format has at this place, and how it is refused."""

    at: int
    magic: bytes
    key: str
    values: Mapping[str, str] = {}


_MARKS = (
    _Mark(0, b"version https://git-lfs.github.com/spec/", "weights_lfs"),
    _Mark(0, b"\x93NUMPY", "weights_numpy_file"),
    _Mark(0, b"\x89HDF\r\n\x1a\n", "weights_elsewhere", {"library": "Keras (HDF5)"}),
    _Mark(4, b"TFL3", "weights_elsewhere", {"library": "TensorFlow Lite"}),
    _Mark(4, b"ET12", "weights_elsewhere", {"library": "ExecuTorch"}),
    _Mark(0, b"GGUF", "weights_elsewhere", {"library": "llama.cpp (GGUF)"}),
    _Mark(0, b"MATLAB 5.0 MAT-file", "weights_elsewhere", {"library": "MATLAB"}),
    _Mark(0, b"model_checkpoint_path:", "weights_elsewhere", {"library": "TensorFlow"}),
    _Mark(0, b"\x1f\x8b", "weights_packed", {"kind": "gzip"}),
    _Mark(0, b"BZh", "weights_packed", {"kind": "bzip2"}),
    _Mark(0, b"\xfd7zXZ\x00", "weights_packed", {"kind": "xz"}),
    _Mark(0, b"\x28\xb5\x2f\xfd", "weights_packed", {"kind": "zstd"}),
    _Mark(0, b"7z\xbc\xaf\x27\x1c", "weights_packed", {"kind": "7-Zip"}),
    _Mark(0, b"Rar!\x1a\x07", "weights_packed", {"kind": "RAR"}),
)
_TABLE_END = b"\x57\xfb\x80\x8b\x24\x75\x47\xdb"  # of a LevelDB table, which a TensorFlow .index file is
# The first fields of a protobuf: a version, then ONNX's producer or graph, or the graphs of a SavedModel.
_ONNX = re.compile(rb"\x08[\x03-\x1e](\x12.[ -~]|[\x3a\x42])", re.DOTALL)
_SAVED_MODEL = b"\x08\x01\x12"
_HTML = re.compile(
    rb"(\xef\xbb\xbf)?\s*(<!--.*?-->\s*)?<(!doctype html|html|head|\?xml)", re.IGNORECASE | re.DOTALL
)
_TAR_MEMBERS = {b"sys_info", b"pickle", b"storages", b"tensors"}
# A pickle without torch.save around it, of protocol 2 to 5, or of protocol 0 (text) as Python 2 wrote it.
_PICKLE = re.compile(rb"\x80[\x02-\x05]|\([dl]p\d+\n|c[A-Za-z_][\w.]*\n\w+\n")


def is_old(data: bytes) -> bool:
    """Whether torch.save wrote this file before PyTorch 1.6, or as it did then."""
    return _OLD in data[:64]


def refusal(data: bytes) -> InputError:
    """The sentence for a file that is neither a zip nor a .safetensors file."""
    if _PICKLE.match(data):
        name = _asked_for(data)
        return InputError("weights_code" if RUNS.match(name) else "weights_pickle", name=name)
    if _HTML.match(data[:_HEAD]):
        return InputError("weights_html")
    for mark in _MARKS:
        if data.startswith(mark.magic, mark.at):
            return InputError(mark.key, **mark.values)
    if data[257:262] == b"ustar":
        return _tar(data)
    if data.endswith(_TABLE_END) or data.startswith(_SAVED_MODEL):
        return InputError("weights_elsewhere", library="TensorFlow")
    if _ONNX.match(data):
        return InputError("weights_elsewhere", library="ONNX")
    return InputError("weights_no_format")


def zip_refusal(names: Iterable[str]) -> InputError | None:
    """The sentence for a zip with members of these names; None for one that torch.save may have written."""
    paths = [name for name in names if not name.endswith("/") and not name.startswith("__MACOSX/")]
    inner = {path.partition("/")[2] for path in paths}
    if not paths:
        return None
    if "constants.pkl" in inner:
        return InputError("weights_torchscript")
    if inner & {"archive_format", "models/model.json"} or "serialized_exported_program.json" in paths:
        return InputError("weights_exported")
    if any(path.endswith(".data/extern_modules") for path in paths):
        return InputError("weights_package")
    if all(path.endswith(".npy") for path in paths):
        return InputError("weights_numpy_file")
    if "model.weights.h5" in paths:
        return InputError("weights_elsewhere", library="Keras")
    if inner & {"data.pkl", "version", "byteorder"}:
        return None
    return InputError(
        "weights_zip", names=(*map(shown, paths[:_NAMES]), *(["…"] if len(paths) > _NAMES else []))
    )


def _tar(data: bytes) -> InputError:
    """A tar: torch.save's own before PyTorch 0.4, or one that somebody packed."""
    blocks = (at for at in range(0, len(data), 512) if data[at + 257 : at + 262] == b"ustar")
    names = {data[at : at + 100].rstrip(b"\0").removeprefix(b"./").rstrip(b"/") for at in blocks}
    return InputError("weights_tar") if names >= _TAR_MEMBERS else InputError("weights_packed", kind="tar")


def _asked_for(data: bytes) -> str:
    """The first name that a pickle asks for, or its protocol; nothing is imported."""
    try:
        loads(data, {}, most_reads=1000)
    except PickleRefused as error:
        if error.name:
            return error.name
    if found := re.match(rb"c([\w.]+)\n(\w+)\n", data[:200]):
        return ".".join(part.decode("ascii") for part in found.groups())
    return f"protocol {data[1] if data[0] == 0x80 else 0}"
