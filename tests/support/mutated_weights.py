"""Files of weights as chance and malice leave them, from a seed: bytes, zip, pickle, header, nesting changed.

Among the changes are calls that would make the folder `TRAP` wherever a pickle is executed.
"""

import gzip
import io
import json
import pickle
import pickletools
import random
import struct
import tempfile
import zipfile
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from torch import nn

from core.lenet import LeNet

TRAP = Path(tempfile.gettempdir(), "lenet-lab-trap")
Random = random.Random


def files(seed: int) -> Iterator[tuple[str, bytes]]:
    """Mutated files without end, each with the name of its mutation; the same ones for the same seed."""
    chance = Random(seed)
    while True:
        kind = chance.choice(list(KINDS))
        yield kind, KINDS[kind](chance)


def trap(folder: Path = TRAP) -> bytes:
    """Pickle instructions that call os.mkdir."""
    path = str(folder).encode()
    return b"cposix\nmkdir\nX" + struct.pack("<I", len(path)) + path + b"\x85R"


@cache
def sources() -> dict[str, bytes]:
    """Whole files of every kind that is read, and of some that are refused."""
    torch.manual_seed(0)
    model = LeNet()
    state = model.state_dict()
    optimizer = torch.optim.Adam(model.parameters())
    for parameter in model.parameters():
        parameter.grad = torch.ones_like(parameter)
    optimizer.step()
    schedule = torch.optim.lr_scheduler.MultiStepLR(optimizer, [2, 2])
    checkpoint = {
        "model": state,
        "optimizer": optimizer.state_dict(),
        "scheduler": schedule.state_dict(),
        "rest": [torch.Size([1]), torch.device("cpu"), torch.float16, {1, 2}, Counter("ab"), 1j, b"x"],
    }
    prefixed = {f"module._orig_mod.{name}": tensor for name, tensor in state.items()}
    return {
        "state_dict": _saved(state),
        "checkpoint": _saved(checkpoint),
        "wrapped": _saved({"a": {"b": [prefixed, {"c": prefixed}]}}),
        "parameters": _saved({name: nn.Parameter(tensor) for name, tensor in state.items()}),
        "protocol 4": _saved(checkpoint, pickle_protocol=4),
        "whole model": _saved(model),
        "old": _saved(state, _use_new_zipfile_serialization=False),
        "pickle": pickle.dumps(OrderedDict(a=[1], b="x")),
        "safetensors": safetensors.torch.save(state, {"format": "pt"}),
        "packed": gzip.compress(b"x" * 100),
    }


def _saved(value: object, **how: Any) -> bytes:
    buffer = io.BytesIO()
    torch.save(value, buffer, **how)
    return buffer.getvalue()


ZIPS = ("state_dict", "checkpoint", "wrapped", "parameters", "protocol 4", "whole model")
NUMBERS = (0, 1, -1, 127, 255, 2**15, 2**31 - 1, 2**32 - 1, 2**40, 2**63 - 1, 2**64 - 1)
GLOBALS = (
    b"cposix\nsystem\n",
    b"c__builtin__\neval\n",
    b"c__builtin__\ngetattr\n",
    b"c__builtin__\nbytearray\n",
    b"cnumpy.core.multiarray\nscalar\n",
    b"ccollections\nOrderedDict\n",
    b"ctorch._utils\n_rebuild_tensor_v2\n",
    b"ctorch._utils\n_rebuild_meta_tensor_no_storage\n",
    b"ctorch._tensor\n_rebuild_from_type_v2\n",
    b"ctorch\nFloatStorage\n",
    b"ctorch\nfloat32\n",
    b"ctorch\nSize\n",
)
PIECES = (
    *GLOBALS,
    b"\x8a\x05" + struct.pack("<Q", 10**12)[:5] + b"\x85R",  # the call of what lies before, with 10^12
    *(
        bytes([code])
        for code in b"(])}et01.abdehjlopqrstuQRb\x81\x85\x86\x87\x88\x89\x8f\x90\x91\x92\x93\x94"
    ),
    b"h\x00",
    b"h\x01",
    b"q\x00",
    b"r\xff\xff\xff\xff",
    b"B\xff\xff\xff\xff",
    b"\x8e" + b"\xff" * 8,
    b"X\x0a\x00\x00\x00state_dict",
    b"}" * 1000,
    b")" + b"\x85" * 500,
    b"]q\x00h\x00a",  # a list that holds itself
)


def _bytes(chance: Random) -> bytes:
    data = bytearray(chance.choice(list(sources().values())))
    for _ in range(chance.choice((1, 1, 2, 8, 64))):
        _change(data, chance)
    return bytes(data)


def _change(data: bytearray, chance: Random) -> None:
    """Change, cut out, repeat or insert some bytes, mostly near the beginning or the end."""
    near = chance.choice((64, 2000, len(data) or 1))
    at = chance.randrange(min(near, len(data) or 1))
    at = at if chance.random() < 0.6 else max(len(data) - 1 - at, 0)
    length = chance.choice((1, 1, 2, 4, 8, 100, 5000))
    match chance.randrange(5):
        case 0:
            data[at : at + length] = chance.randbytes(length)
        case 1:
            data[at : at + 1] = bytes([data[at] ^ 1 << chance.randrange(8)]) if data else b""
        case 2:
            del data[at : at + length]
        case 3:
            data[at:at] = data[at : at + length]
        case _:
            data[at : at + 8] = struct.pack("<Q", chance.choice(NUMBERS) % 2**64)


def _table(chance: Random) -> bytes:
    """Numbers in the table of contents at the end of a zip."""
    data = bytearray(sources()[chance.choice(ZIPS)])
    for _ in range(chance.randrange(1, 6)):
        at = data.index(b"PK\x01\x02") + chance.randrange(len(data) - data.index(b"PK\x01\x02"))
        size = chance.choice((1, 2, 4, 8))
        number = chance.choice((*NUMBERS, chance.randrange(2**64))) % 256**size
        data[at : at + size] = number.to_bytes(size, "little")
    return bytes(data)


def _cut(chance: Random) -> bytes:
    data = chance.choice(list(sources().values()))
    return data[: chance.randrange(len(data))]


def members(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {member.filename: archive.read(member) for member in archive.infolist()}


def _archived(found: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, content in found.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def _zip(chance: Random) -> bytes:
    """Members dropped, renamed, exchanged, added, compressed, or replaced by a whole other file."""
    found = members(sources()[chance.choice(ZIPS)])
    for _ in range(chance.randrange(1, 4)):
        name, other = chance.choice(list(found)), chance.choice(list(found))
        match chance.randrange(7):
            case 0:
                found = {key: found[key] for key in found if key != name} or found
            case 1:
                found[chance.choice(("archive/data/99", "data.pkl", "a/b/../c", "x", name + "/"))] = found[
                    name
                ]
            case 2:
                found[name], found[other] = found[other], found[name]
            case 3:
                found[name] = chance.choice(list(sources().values()))
            case 4:
                content = bytearray(found[name])
                _change(content, chance)
                found[name] = bytes(content)
            case 5:
                marker = chance.choice(("constants.pkl", "version", "a.npy", "archive_format"))
                found[f"{chance.choice(('archive', 'x'))}/{marker}"] = b""
            case _:
                found[name] = bytes(chance.choice((0, 10, 2**20)))
    return _archived(found, chance.choice((zipfile.ZIP_STORED,) * 4 + (zipfile.ZIP_DEFLATED,)))


def instructions(pickled: bytes) -> list[bytes]:
    """The pickle cut into its instructions."""
    starts = [at for _, _, at in pickletools.genops(pickled) if at is not None]
    return [pickled[start:end] for start, end in zip(starts, [*starts[1:], len(pickled)], strict=True)]


def _pickle(chance: Random) -> bytes:
    """Instructions of data.pkl taken out, repeated, exchanged, or replaced by others."""
    found = members(sources()[chance.choice(ZIPS)])
    parts = instructions(found["archive/data.pkl"])
    for _ in range(chance.choice((1, 1, 2, 5, 20))):
        at, other = chance.randrange(1, len(parts)), chance.randrange(1, len(parts))
        match chance.randrange(7):
            case 0:
                parts[at : at + 1] = []
            case 1:
                parts[at:at] = [parts[at]]
            case 2:
                parts[at], parts[other] = parts[other], parts[at]
            case 3:
                parts[at:at] = [chance.choice(PIECES)]
            case 4:
                parts[at] = chance.choice(PIECES)
            case 5:
                parts[at:at] = [trap()]
            case _:
                parts[at] = b"\x8a\x08" + struct.pack("<Q", chance.choice(NUMBERS) % 2**64)
    found["archive/data.pkl"] = b"".join(parts)
    return _archived(found)


def _bomb(chance: Random) -> bytes:
    """One instruction or object hundreds of thousands of times."""
    found = members(sources()["state_dict"])
    count = chance.choice((1000, 60_000, 300_000, 600_000))
    piece = chance.choice(
        (b"}", b"]", b")", b"N", b"h\x00", b"K\x01", b"h\x00h\x00\x86q\x00", b"(", b"\x85", b"]h\x00a")
    )
    body = b"}q\x00" + b"(" * chance.randrange(2) + piece * (count // len(piece))
    bomb = b"\x80\x02" + body + chance.choice((b".", b"t.", b"t\x85.", b"e.", b"u.", b"s."))
    if chance.random() < 0.3:
        return _beginning(chance.randrange(1, 4)) + bomb * chance.randrange(1, 4)
    found["archive/data.pkl"] = bomb
    return _archived(found)


def _beginning(parts: int) -> bytes:
    """The first of the pickles that a file from before PyTorch 1.6 is made of."""
    file = io.BytesIO(sources()["old"])
    for _ in range(parts):
        pickle.load(file)
    return file.getvalue()[: file.tell()]


def _nested(chance: Random) -> bytes:
    """The weights somewhere within dicts and lists, or not at all, in a file then changed a little."""
    value = _grown(chance, 0)
    data = bytearray(_saved(value))
    if chance.random() < 0.5:
        _change(data, chance)
    return bytes(data)


def _grown(chance: Random, depth: int) -> Any:
    model = LeNet().state_dict()
    name = chance.choice(
        ("module.", "", "net.model.", "a" * 400 + ".", "." * 50, "_orig_mod.", "ö", "\n`<b>")
    )
    leaves: list[Callable[[], Any]] = [
        lambda: {name + key: tensor for key, tensor in model.items()},
        lambda: dict(list(model.items())[: chance.randrange(10)]),
        lambda: {
            key: tensor.to(chance.choice((torch.float16, torch.int64))) for key, tensor in model.items()
        },
        lambda: {key: tensor.flatten() for key, tensor in model.items()},
        lambda: {key: tensor / 0 for key, tensor in model.items()},
        lambda: chance.choice(({}, [], (), None, 1.5, {1}, 2**80, torch.ones(2), torch.eye(2).to_sparse())),
    ]
    if depth > 9 or chance.random() < 0.3:
        return chance.choice(leaves)()
    keys: tuple[Any, ...] = ("state_dict", "model", 3, None, (1, "a"), "x" * 300, 2.5, True, "optimizer")
    inner = [_grown(chance, depth + 1) for _ in range(chance.randrange(1, 3))]
    if chance.random() < 0.3:
        return inner if chance.random() < 0.5 else tuple(inner)
    return {chance.choice(keys): value for value in inner}


def _header(chance: Random) -> bytes:
    """The header of a .safetensors file, its entries changed."""
    data = sources()["safetensors"]
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    values = (0, -1, 2**63, 2**64, 1.5, None, "x", [], {}, [[]], [0, 24], "F16", "F8_E4M3", "", True)
    for _ in range(chance.randrange(1, 4)):
        name = chance.choice(list(header))
        match chance.randrange(5):
            case 0:
                header[name] = chance.choice(values)
            case 1 if isinstance(header[name], dict) and header[name]:
                header[name][chance.choice(list(header[name]))] = chance.choice(values)
            case 2:
                header[chance.choice(("x", "__metadata__", "module." + name, "ö" * 100))] = header[name]
            case 3 if len(header) > 1:
                del header[name]
            case _:
                header["__metadata__"] = {
                    "lenet_lab": chance.choice(("", "{", "[1]", '{"config": {"mean": 3}}'))
                }
    written = json.dumps(header).encode() + b" " * chance.choice((0, 1, 300_000))
    size = len(written) if chance.random() < 0.8 else chance.choice(NUMBERS) % 2**64
    return struct.pack("<Q", size) + written + data[8 + length :]


KINDS: dict[str, Callable[[Random], bytes]] = {
    "bytes": _bytes,
    "table": _table,
    "cut": _cut,
    "zip": _zip,
    "pickle": _pickle,
    "bomb": _bomb,
    "nested": _nested,
    "header": _header,
}
