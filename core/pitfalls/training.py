"""The wrong line behind each fault of a training, beside the right one; both are run."""

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim import SGD
from torch.utils.data import DataLoader, TensorDataset

from core.cifar10 import MEAN, STD
from core.lenet import LeNet
from core.pitfalls.wrong_line import WrongLine


def lr_of_80() -> list[float]:
    weight, seen = nn.Parameter(torch.ones(1)), []
    optimizer = SGD([weight], lr=80.0)
    for _ in range(4):
        optimizer.zero_grad()
        loss = (weight**2).sum()  # least at 0
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        seen.append(round(weight.item(), 3))
    return seen


def lr_of_0_08() -> list[float]:
    weight, seen = nn.Parameter(torch.ones(1)), []
    optimizer = SGD([weight], lr=0.08)
    for _ in range(4):
        optimizer.zero_grad()
        loss = (weight**2).sum()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        seen.append(round(weight.item(), 3))
    return seen


def lr_of_8e_7() -> list[float]:
    weight, seen = nn.Parameter(torch.ones(1)), []
    optimizer = SGD([weight], lr=8e-7)
    for _ in range(4):
        optimizer.zero_grad()
        loss = (weight**2).sum()  # least at 0
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        seen.append(round(weight.item(), 3))
    return seen


def gradients_kept() -> list[float]:
    layer, norms = nn.Linear(4, 1), []
    optimizer = SGD(layer.parameters(), lr=0.01)
    for _ in range(3):
        layer(torch.ones(1, 4)).sum().backward()
        gradient = layer.weight.grad
        norms.append(float(gradient.norm()))  # type: ignore[union-attr]
        optimizer.step()
    return norms


def gradients_emptied() -> list[float]:
    layer, norms = nn.Linear(4, 1), []
    optimizer = SGD(layer.parameters(), lr=0.01)
    for _ in range(3):
        optimizer.zero_grad()
        layer(torch.ones(1, 4)).sum().backward()
        gradient = layer.weight.grad
        norms.append(float(gradient.norm()))  # type: ignore[union-attr]
        optimizer.step()
    return norms


def softmax_before_the_loss() -> Tensor:
    logits = 9.0 * F.one_hot(torch.tensor([0]), 10)
    return F.cross_entropy(logits.softmax(1), torch.tensor([0]))


def logits_to_the_loss() -> Tensor:
    logits = 9.0 * F.one_hot(torch.tensor([0]), 10)
    return F.cross_entropy(logits, torch.tensor([0]))


def two_permutations() -> tuple[list[int], list[int]]:
    images, labels = torch.arange(6), torch.arange(6)
    images = images[torch.randperm(6)]
    labels = labels[torch.randperm(6)]
    return images.tolist(), labels.tolist()


def one_permutation() -> tuple[list[int], list[int]]:
    images, labels = torch.arange(6), torch.arange(6)
    order = torch.randperm(6)
    images, labels = images[order], labels[order]
    return images.tolist(), labels.tolist()


def validation_in_0_to_1() -> Tensor:
    images = torch.full((1, 3, 32, 32), 128, dtype=torch.uint8)
    x = images / 255
    return x[0, :, 0, 0]


def validation_as_in_training() -> Tensor:
    images = torch.full((1, 3, 32, 32), 128, dtype=torch.uint8)
    mean = torch.tensor(MEAN).view(3, 1, 1)
    std = torch.tensor(STD).view(3, 1, 1)
    x = (images / 255 - mean) / std
    return x[0, :, 0, 0]


def weights_of_0() -> list[float]:
    model = LeNet()
    for parameter in model.parameters():
        nn.init.zeros_(parameter)
    x, label = torch.ones(1, 3, 32, 32), torch.tensor([3])
    loss = F.cross_entropy(model(x), label)
    loss.backward()  # type: ignore[no-untyped-call]
    norms = [p.grad.norm() for p in model.parameters()]  # type: ignore[union-attr]
    return [round(float(norm), 3) for norm in norms]


def weights_by_default() -> list[float]:
    model = LeNet()
    x, label = torch.ones(1, 3, 32, 32), torch.tensor([3])
    loss = F.cross_entropy(model(x), label)
    loss.backward()  # type: ignore[no-untyped-call]
    norms = [p.grad.norm() for p in model.parameters()]  # type: ignore[union-attr]
    return [round(float(norm), 3) for norm in norms]


def bias_of_minus_20() -> float:
    layer = nn.Linear(120, 84)
    nn.init.constant_(layer.bias, -20.0)
    sums = layer(torch.randn(128, 120))
    return float((sums > 0).float().mean())


def bias_of_0() -> float:
    layer = nn.Linear(120, 84)
    nn.init.zeros_(layer.bias)
    sums = layer(torch.randn(128, 120))
    return round(float((sums > 0).float().mean()), 1)


def sorted_by_class() -> list[int]:
    labels = torch.arange(10).repeat_interleave(128)
    loader = DataLoader(
        TensorDataset(labels),
        batch_size=128,
        shuffle=False,
    )
    return [len(batch.unique()) for (batch,) in loader]


def shuffled_each_epoch() -> list[int]:
    labels = torch.arange(10).repeat_interleave(128)
    loader = DataLoader(
        TensorDataset(labels),
        batch_size=128,
        shuffle=True,
    )
    return [len(batch.unique()) for (batch,) in loader]


def pixels_as_stored() -> Tensor:
    images = torch.full((1, 3, 32, 32), 128, dtype=torch.uint8)
    x = images.float()
    return x[0, :, 0, 0]


TRAINING_LINES: Mapping[str, WrongLine] = {
    "lr_high": WrongLine(lr_of_80, lr_of_0_08),
    "lr_low": WrongLine(lr_of_8e_7, lr_of_0_08),
    "no_zero_grad": WrongLine(gradients_kept, gradients_emptied),
    "double_softmax": WrongLine(softmax_before_the_loss, logits_to_the_loss),
    "labels_shuffled": WrongLine(two_permutations, one_permutation),
    "validation_raw": WrongLine(validation_in_0_to_1, validation_as_in_training),
    "weights_zero": WrongLine(weights_of_0, weights_by_default),
    "dead_relus": WrongLine(bias_of_minus_20, bias_of_0),
    "class_order": WrongLine(sorted_by_class, shuffled_each_epoch),
    "pixels_255": WrongLine(pixels_as_stored, validation_as_in_training),
}
"""The lines by the fault's name in core.faults.table.FAULTS."""
