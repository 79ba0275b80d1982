"""Common wrong lines that save or load a network, beside the right ones; all are run, on files in memory."""

import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.pitfalls.wrong_line import WrongLine
from core.saving.tiny_net import RenamedNet, TinyNet
from core.saving.ways import difference


def renamed_layer() -> object:
    file = io.BytesIO()
    torch.save(TinyNet().state_dict(), file)
    file.seek(0)
    model = RenamedNet()  # conv is features now
    return model.load_state_dict(torch.load(file))


def names_mapped() -> object:
    file = io.BytesIO()
    torch.save(TinyNet().state_dict(), file)
    file.seek(0)
    model = RenamedNet()
    state = torch.load(file)
    for kind in ("weight", "bias"):
        state[f"features.{kind}"] = state.pop(f"conv.{kind}")
        state[f"classifier.{kind}"] = state.pop(f"fc.{kind}")
    return model.load_state_dict(state)


def not_strict() -> object:
    file = io.BytesIO()
    torch.save(TinyNet().state_dict(), file)
    file.seek(0)
    model = RenamedNet()
    return model.load_state_dict(torch.load(file), strict=False)  # no error, and two layers stay at random


def answer_read() -> object:
    file = io.BytesIO()
    torch.save(TinyNet().state_dict(), file)
    file.seek(0)
    model = TinyNet()
    answer = model.load_state_dict(torch.load(file), strict=False)
    assert not answer.missing_keys
    assert not answer.unexpected_keys
    return answer


def other_size() -> object:
    file = io.BytesIO()
    torch.save(TinyNet(num_classes=3).state_dict(), file)
    file.seek(0)
    model = TinyNet(num_classes=10)
    return model.load_state_dict(torch.load(file))


def same_size_first() -> object:
    file = io.BytesIO()
    torch.save(TinyNet(num_classes=3).state_dict(), file)
    file.seek(0)
    model = TinyNet(num_classes=3)  # as it was saved
    answer = model.load_state_dict(torch.load(file))
    model.fc = nn.Linear(36, 10)  # then a new head
    return answer


def class_deleted() -> object:
    with module_of_yours() as my_network:  # stands for a file my_network.py
        file = io.BytesIO()
        torch.save(my_network.Net(), file)
        file.seek(0)
        del my_network.Net  # renamed, moved, or another project
        return torch.load(file, weights_only=False)


def weights_into_the_class() -> object:
    with module_of_yours() as my_network:
        file = io.BytesIO()
        torch.save(my_network.Net().state_dict(), file)
        file.seek(0)
        my_network.BetterName = my_network.Net
        del my_network.Net
        model = my_network.BetterName()
        return model.load_state_dict(torch.load(file))


def whole_model_by_default() -> object:
    file = io.BytesIO()
    torch.save(TinyNet(), file)
    file.seek(0)
    return torch.load(file)


def whole_model_trusted() -> object:
    file = io.BytesIO()
    torch.save(TinyNet(), file)
    file.seek(0)
    return torch.load(file, weights_only=False)  # only for files you trust


def model_called() -> object:
    file = io.BytesIO()
    model = TinyNet()
    torch.save(model(), file)
    return f"{len(file.getvalue())} bytes"


def model_itself() -> object:
    file = io.BytesIO()
    model = TinyNet()
    torch.save(model, file)
    return f"{len(file.getvalue())} bytes"


def weights_as_input() -> object:
    file = io.BytesIO()
    torch.save(TinyNet().state_dict(), file)
    file.seek(0)
    model = TinyNet()
    return model(torch.load(file))


def weights_loaded() -> object:
    file = io.BytesIO()
    torch.save(TinyNet().state_dict(), file)
    file.seek(0)
    model = TinyNet()
    return model.load_state_dict(torch.load(file))


def file_not_loaded() -> object:
    model = TinyNet()
    return model.load_state_dict("tiny.pt")  # type: ignore[arg-type]


def optimizer_forgotten() -> object:
    model, optimizer = trained()
    file = io.BytesIO()
    torch.save({"model": model.state_dict()}, file)
    file.seek(0)
    other = TinyNet()
    fresh = torch.optim.SGD(other.parameters(), lr=0.1, momentum=0.9)
    other.load_state_dict(torch.load(file)["model"])
    one_step(model, optimizer)
    one_step(other, fresh)
    return difference(model, other)


def optimizer_too() -> object:
    model, optimizer = trained()
    file = io.BytesIO()
    torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict()}, file)
    file.seek(0)
    checkpoint = torch.load(file)
    other = TinyNet()
    fresh = torch.optim.SGD(other.parameters(), lr=0.1, momentum=0.9)
    other.load_state_dict(checkpoint["model"])
    fresh.load_state_dict(checkpoint["optimizer"])
    one_step(model, optimizer)
    one_step(other, fresh)
    return difference(model, other)


LOAD_ERRORS = {
    "renamed": WrongLine(renamed_layer, names_mapped),
    "strict": WrongLine(not_strict, answer_read),
    "size": WrongLine(other_size, same_size_first),
    "class": WrongLine(class_deleted, weights_into_the_class),
    "weights_only": WrongLine(whole_model_by_default, whole_model_trusted),
    "called": WrongLine(model_called, model_itself),
    "input": WrongLine(weights_as_input, weights_loaded),
    "path": WrongLine(file_not_loaded, weights_loaded),
    "optimizer": WrongLine(optimizer_forgotten, optimizer_too),
}


@contextmanager
def module_of_yours() -> Iterator[Any]:
    """A module my_network with a class Net, which exists inside the `with` block only."""
    assert "my_network" not in sys.modules
    module = ModuleType("my_network")
    # Made here, so that its name refers to that module and nowhere else.
    module.Net = type("Net", (TinyNet,), {"__module__": "my_network"})  # type: ignore[attr-defined]
    sys.modules["my_network"] = module
    try:
        yield module
    finally:
        del sys.modules["my_network"]


def trained() -> tuple[TinyNet, torch.optim.SGD]:
    """A network after two steps with momentum, and its optimizer."""
    model = TinyNet()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    for _ in range(2):
        one_step(model, optimizer)
    return model, optimizer


def one_step(model: TinyNet, optimizer: torch.optim.Optimizer) -> None:
    """Take one step on the same made-up images and labels."""
    images = torch.linspace(-1, 1, 16 * 64).view(16, 1, 8, 8)
    labels: Tensor = torch.arange(16) % 3
    optimizer.zero_grad()
    F.cross_entropy(model(images), labels).backward()  # type: ignore[no-untyped-call]
    optimizer.step()
