"""Wrong lines that people copy, as functions to run."""

import torch
from torch import Tensor, nn


def relu_as_a_function() -> tuple[int, ...]:
    x = torch.randn(1, 6, 28, 28)
    output = nn.ReLU(x)  # makes a layer and takes x for one of its settings
    return tuple(output.shape)


def linear_without_flatten() -> Tensor:
    maps = torch.randn(2, 16, 5, 5)
    return nn.Linear(16 * 5 * 5, 120)(maps)


def view_with_the_wrong_size() -> Tensor:
    maps = torch.randn(16, 16, 5, 5)  # 16 images
    return maps.view(-1, 16 * 6 * 6)


def view_that_mixes_images() -> tuple[int, ...]:
    maps = torch.randn(36, 16, 5, 5)  # 36 images
    return tuple(maps.view(-1, 16 * 6 * 6).shape)
