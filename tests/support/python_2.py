"""Pickles as Python 2 wrote them by default."""

from collections import OrderedDict

import numpy as np


def python_2(value: object) -> bytes:
    """What Python 2's cPickle.dump(value, file) writes: protocol 0."""
    if isinstance(value, OrderedDict):
        return b"ccollections\nOrderedDict\n(" + python_2([list(item) for item in value.items()]) + b"tR"
    if isinstance(value, dict):
        return b"(d" + b"".join(python_2(key) + python_2(entry) + b"s" for key, entry in value.items())
    if isinstance(value, list):
        return b"(l" + b"".join(python_2(entry) + b"a" for entry in value)
    if isinstance(value, np.ndarray):
        empty = b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntS'b'\ntR"
        dtype = b"cnumpy\ndtype\n(S'u1'\nI0\nI1\ntR(I3\nS'|'\nNNNI-1\nI-1\nI0\ntb"
        shape = b"".join(b"I%d\n" % size for size in value.shape)
        return empty + b"(I1\n(" + shape + b"t" + dtype + b"I00\n" + python_2(value.tobytes()) + b"tb"
    if isinstance(value, bytes):
        return b"S" + repr(value)[1:].encode() + b"\n"
    return b"I%d\n" % value if isinstance(value, int) else b"L%dL\n" % value  # type: ignore[str-format]
