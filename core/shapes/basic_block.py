"""The block of a small ResNet, with the names and the meaning of torchvision.models.resnet.BasicBlock."""

import torch
from torch import nn


class BasicBlock(nn.Module):
    """Two 3 x 3 convolutions f and a shortcut around them: relu(f(x) + x).

    Where f changes the shape, a 1 x 1 convolution takes x to the same one.
    Source: He, Zhang, Ren & Sun 2016, "Deep Residual Learning for Image Recognition", figure 5 and option B.
    """

    def __init__(self, inplanes: int, planes: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inplanes, planes, kernel_size=3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.relu = nn.ReLU()
        self.conv2 = nn.Conv2d(planes, planes, kernel_size=3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(planes)
        self.downsample = None
        if stride != 1 or inplanes != planes:
            self.downsample = nn.Sequential(
                nn.Conv2d(inplanes, planes, kernel_size=1, stride=stride, bias=False),
                nn.BatchNorm2d(planes),
            )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        shortcut = x if self.downsample is None else self.downsample(x)
        output: torch.Tensor = self.relu(out + shortcut)
        return output
