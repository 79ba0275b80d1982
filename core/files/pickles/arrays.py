"""Stand-ins for numpy while a pickle is read: arrays of numbers become views onto the bytes in the file.

The file never calls numpy's own functions. Names differ by version: numpy 1 wrote `numpy.core`, numpy 2
writes `numpy._core`; protocol 5 uses `_frombuffer`, and protocol 2 from Python 3 hides bytes in
`_codecs.encode(text, "latin1")`.
"""

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from core.files.pickles.reader import Allowed, StandIn

# Any other byte order is a KeyError, which refuses the pickle.
_BYTE_ORDERS = {"<": "<", ">": ">", "|": "|", "=": "="}
_CODES = ("u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8", "f2", "f4", "f8", "b1")


@dataclass(eq=False, slots=True)
class DtypeStandIn(StandIn):
    """Stand-in for numpy.dtype of a type of numbers; its state carries the byte order."""

    dtype: np.dtype[Any]

    def set_state(self, state: object) -> None:
        """Take the byte order. Raises ValueError or KeyError for any other state."""
        if not isinstance(state, tuple) or len(state) < 2:
            raise ValueError("state of a dtype")
        self.dtype = np.dtype(_BYTE_ORDERS[_text(state[1])] + self.dtype.str[1:])


@dataclass(eq=False, slots=True)
class ArrayStandIn(StandIn):
    """Stand-in for numpy.ndarray; `array` is read-only and shares the memory of the bytes that were read."""

    array: npt.NDArray[Any] = field(default_factory=lambda: np.empty(0, np.uint8))

    def set_state(self, state: object) -> None:
        """Build `array`. Raises ValueError for any other state."""
        if not isinstance(state, tuple):
            raise ValueError("state of an array")
        _version, shape, dtype, fortran, raw = state
        self.array = _view(raw, dtype, shape, "F" if fortran else "C")


def _view(raw: object, dtype: object, shape: object, order: str) -> npt.NDArray[Any]:
    if not (isinstance(raw, bytes) and isinstance(dtype, DtypeStandIn) and isinstance(shape, tuple)):
        raise ValueError("parts of an array")
    if len(shape) > 4 or any(type(size) is not int or size < 0 for size in shape):
        raise ValueError("shape of an array")
    if math.prod(shape) * dtype.dtype.itemsize != len(raw):
        raise ValueError("bytes of an array")
    flat = np.frombuffer(raw, dtype.dtype)
    return flat.reshape(shape, order="F" if order == "F" else "C")


def _text(value: object) -> str:
    return value.decode("ascii") if isinstance(value, bytes) else str(value) if isinstance(value, str) else ""


def _make_dtype(code: object, *_align_and_copy: object) -> DtypeStandIn:
    name = _text(code)
    if name not in _CODES:
        raise ValueError("dtype")
    return DtypeStandIn(np.dtype(name))


def _reconstruct(*_class_shape_code: object) -> ArrayStandIn:
    return ArrayStandIn()


def _frombuffer(
    raw: object, dtype: object, shape: object, order: object, *_axis_order: object
) -> ArrayStandIn:
    return ArrayStandIn(_view(raw, dtype, shape, _text(order)))


def _scalar(dtype: object, raw: object) -> object:
    return _view(raw, dtype, (), "C").item()


def _ndarray(*_arguments: object) -> object:
    raise ValueError("numpy.ndarray is only named, never called")


def _empty_bytes() -> bytes:
    return b""


class _Encoder:
    """Stand-in for `_codecs.encode`; a text that the file uses a million times is encoded once."""

    def __init__(self) -> None:
        self._done: dict[int, tuple[str, bytes]] = {}  # keeps each text alive, so its id stays unique

    def __call__(self, text: object, codec: object) -> bytes:
        if not isinstance(text, str) or codec != "latin1":
            raise ValueError("encode")
        if id(text) not in self._done:
            self._done[id(text)] = text, text.encode("latin1")
        return self._done[id(text)][1]


def numpy_globals() -> Allowed:
    """The names that a pickle with arrays of numbers may use; fresh for each file."""
    core = {
        (f"numpy.{package}.{module}", name): make
        for package in ("core", "_core")
        for module, name, make in (
            ("multiarray", "_reconstruct", _reconstruct),
            ("multiarray", "scalar", _scalar),
            ("numeric", "_frombuffer", _frombuffer),
        )
    }
    return core | {
        ("numpy", "ndarray"): _ndarray,
        ("numpy", "dtype"): _make_dtype,
        ("_codecs", "encode"): _Encoder(),
        ("__builtin__", "bytes"): _empty_bytes,
    }
