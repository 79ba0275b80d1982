"""LeNet as this app teaches it: LeNet-5's layout for 32 x 32 colour images, with ReLU and max pooling."""

import torch.nn.functional as F
from torch import Tensor, nn


class LeNet(nn.Module):
    """Two convolutions and three linear layers, 62,006 parameters with ten classes.

    Input float [N, 3, 32, 32], output logits [N, num_classes] (no softmax: the loss does that).
    Source: LeCun et al. 1998, figure 2; the original has sigmoid-like units, average pooling and grey input.
    """

    def __init__(self, num_classes: int = 10) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 6, kernel_size=5)
        self.conv2 = nn.Conv2d(6, 16, kernel_size=5)
        self.pool = nn.MaxPool2d(kernel_size=2, stride=2)
        self.fc1 = nn.Linear(16 * 5 * 5, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        """Compute the logits of a batch."""
        x = self.pool(F.relu(self.conv1(x)))  # (N, 6, 28, 28) -> (N, 6, 14, 14)
        x = self.pool(F.relu(self.conv2(x)))  # (N, 16, 10, 10) -> (N, 16, 5, 5)
        x = x.flatten(1)  # (N, 400)
        x = F.relu(self.fc1(x))  # (N, 120)
        x = F.relu(self.fc2(x))  # (N, 84)
        logits: Tensor = self.fc3(x)  # (N, 10)
        return logits
