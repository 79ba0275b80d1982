"""A network small enough to show its whole file: a convolution, a BatchNorm with buffers, a linear layer."""

import torch.nn.functional as F
from torch import Tensor, nn


class TinyNet(nn.Module):
    """Small network: input float [N, 1, 8, 8], output logits [N, num_classes].

    159 parameters with three classes, and 9 numbers in buffers.
    """

    def __init__(self, num_classes: int = 3) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 4, kernel_size=3)
        self.norm = nn.BatchNorm2d(4)
        self.fc = nn.Linear(4 * 3 * 3, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        """Logits of a batch of images."""
        x = F.relu(self.norm(self.conv(x)))  # (N, 4, 6, 6)
        x = F.max_pool2d(x, 2)  # (N, 4, 3, 3)
        logits: Tensor = self.fc(x.flatten(1))  # (N, num_classes)
        return logits


class RenamedNet(nn.Module):
    """TinyNet after somebody gave two layers better names."""

    def __init__(self, num_classes: int = 3) -> None:
        super().__init__()
        self.features = nn.Conv2d(1, 4, kernel_size=3)
        self.norm = nn.BatchNorm2d(4)
        self.classifier = nn.Linear(4 * 3 * 3, num_classes)
