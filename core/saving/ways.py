"""Three ways to save a network, on a small one: what torch.save puts into each file, and what comes back."""

import io
import math
import pickletools
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.saving.tiny_net import TinyNet

LR, MOMENTUM = 0.1, 0.9
STEPS = 3  # enough for the momentum to hold something


@dataclass(frozen=True, eq=False)
class Work:
    """A training to be saved."""

    model: TinyNet
    optimizer: torch.optim.SGD
    epoch: int


def save_state_dict(work: Work, file: io.BytesIO) -> None:
    torch.save(work.model.state_dict(), file)


def load_state_dict(file: io.BytesIO) -> nn.Module:
    model = TinyNet()
    model.load_state_dict(torch.load(file, map_location="cpu"))
    return model.eval()


def save_model(work: Work, file: io.BytesIO) -> None:
    torch.save(work.model, file)


def load_model(file: io.BytesIO) -> nn.Module:
    # Runs what the file says: only for files you trust.
    model: TinyNet = torch.load(file, map_location="cpu", weights_only=False)
    return model.eval()


def save_checkpoint(work: Work, file: io.BytesIO) -> None:
    model, optimizer = work.model.state_dict(), work.optimizer.state_dict()
    torch.save(
        {"model": model, "optimizer": optimizer, "epoch": work.epoch, "rng": torch.get_rng_state()}, file
    )


def load_checkpoint(file: io.BytesIO) -> nn.Module:
    checkpoint = torch.load(file, map_location="cpu")
    model = TinyNet()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    model.load_state_dict(checkpoint["model"])
    optimizer.load_state_dict(checkpoint["optimizer"])
    torch.set_rng_state(checkpoint["rng"])
    return model.train()  # to go on from epoch checkpoint["epoch"]


@dataclass(frozen=True)
class Way:
    """A way to save a network, and to load it again."""

    save: Callable[[Work, io.BytesIO], None]
    load: Callable[[io.BytesIO], nn.Module]


WAYS: Mapping[str, Way] = {
    "state_dict": Way(save_state_dict, load_state_dict),
    "model": Way(save_model, load_model),
    "checkpoint": Way(save_checkpoint, load_checkpoint),
}


@dataclass(frozen=True)
class Member:
    """A member of the zip that torch.save writes."""

    name: str
    size: int  # bytes


@dataclass(frozen=True)
class Line:
    """A line of the tree in data.pkl: `record` is the member with a tensor's numbers, `size` their bytes."""

    depth: int
    name: str
    about: str
    size: int | None = None
    record: str = ""


@dataclass(frozen=True)
class SavedFile:
    """Contents of a file.

    `names` are the classes and functions that its pickle asks for; `difference` is the largest between the
    numbers of the saved network and of the one that came back; `optimizer` says whether the file holds an
    optimizer's state.
    """

    size: int
    members: tuple[Member, ...]
    names: tuple[str, ...]
    tree: tuple[Line, ...]
    difference: float
    optimizer: bool


def saved_file(way: str) -> SavedFile:
    """Train the small network for some steps, save it this way, take the file apart and load it."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        work = _work()
        file = io.BytesIO()
        WAYS[way].save(work, file)
        file.seek(0)
        back = WAYS[way].load(file)
    data = file.getvalue()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = tuple(
            Member(member.filename.partition("/")[2], member.file_size) for member in archive.infolist()
        )
        names = _names(
            archive.read(next(member for member in archive.namelist() if member.endswith("/data.pkl")))
        )
    content = torch.load(io.BytesIO(data), weights_only=False)  # our own bytes, written a few lines above
    tree = tuple(_lines(content, "", 0, iter(range(len(members)))))
    return SavedFile(
        len(data),
        members,
        names,
        tree,
        difference(work.model, back),
        any("momentum_buffer" in line.name for line in tree),
    )


def difference(model: nn.Module, other: nn.Module) -> float:
    """Largest difference over all parameters and buffers; both networks have the same names."""
    reference = other.state_dict()
    return max(
        float((tensor.double() - reference[name].double()).abs().max())
        for name, tensor in model.state_dict().items()
    )


def drawn(tree: tuple[Line, ...]) -> str:
    """The tree as text, indented by two spaces for each level."""
    return "\n".join(_drawn(line) for line in tree)


def _drawn(line: Line) -> str:
    size = f"{line.size:,} B → {line.record}" if line.size is not None else ""
    return " ".join(part for part in ("  " * line.depth + line.name, line.about, size) if part)


def _work() -> Work:
    model = TinyNet()
    optimizer = torch.optim.SGD(model.parameters(), lr=LR, momentum=MOMENTUM)
    for _ in range(STEPS):
        loss = F.cross_entropy(model(torch.randn(16, 1, 8, 8)), torch.randint(0, 3, (16,)))
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    return Work(model, optimizer, epoch=1)


def _names(pickled: bytes) -> tuple[str, ...]:
    """The globals of a pickle of protocol 2, by reading its instructions and running none."""
    return tuple(
        str(argument).replace(" ", ".")
        for opcode, argument, _ in pickletools.genops(pickled)
        if opcode.name == "GLOBAL"
    )


def _lines(value: object, name: str, depth: int, records: Iterator[int]) -> Iterator[Line]:
    if isinstance(value, Tensor):  # torch.save numbers the records in the order it meets the tensors
        size = value.element_size() * math.prod(value.shape)
        about = f"{str(value.dtype).removeprefix('torch.')} {list(value.shape)}"
        yield Line(depth, name, about, size, f"data/{next(records)}")
    elif isinstance(value, nn.Module):
        yield Line(depth, name, f"→ {type(value).__module__}.{type(value).__qualname__}")
        yield from _inside({**value._parameters, **value._buffers, **value._modules}, depth, records)
    elif isinstance(value, dict):
        yield Line(depth, name, "{ }" if value else "{}")
        yield from _inside(value, depth, records)
    elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
        yield Line(depth, name, "[ ]")
        yield from _inside(dict(enumerate(value)), depth, records)
    else:
        yield Line(depth, name, repr(value))


def _inside(
    values: Mapping[str, object] | Mapping[int, object], depth: int, records: Iterator[int]
) -> Iterator[Line]:
    for key, value in values.items():
        yield from _lines(value, str(key), depth + 1, records)
