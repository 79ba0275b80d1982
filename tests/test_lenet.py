"""core.lenet: the network that DESIGN names, and nothing random at import."""

import torch
from torch import nn

from core.lenet import LeNet


def test_layers_and_parameters() -> None:
    model = LeNet()
    assert [name for name, _ in model.named_children()] == ["conv1", "conv2", "pool", "fc1", "fc2", "fc3"]
    assert sum(parameter.numel() for parameter in model.parameters()) == 62_006
    sizes = [list(parameter.shape) for name, parameter in model.named_parameters() if name.endswith("weight")]
    assert sizes == [[6, 3, 5, 5], [16, 6, 5, 5], [120, 400], [84, 120], [10, 84]]


def test_equals_the_same_layers_in_a_row() -> None:
    torch.manual_seed(0)
    model = LeNet(num_classes=7)
    row = nn.Sequential(
        model.conv1, nn.ReLU(), nn.MaxPool2d(2), model.conv2, nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        model.fc1, nn.ReLU(), model.fc2, nn.ReLU(), model.fc3,
    )  # fmt: skip
    x = torch.randn(4, 3, 32, 32)
    assert model(x).shape == (4, 7) and torch.equal(model(x), row(x))
