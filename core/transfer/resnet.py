"""torchvision's ResNet-18 for ten classes: its body, its input, and its cost."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchvision.models import resnet18

from core.dataset import CLASSES
from core.errors import InputError
from core.normalisations import NORMALISATIONS
from core.normalise import normalise

FEATURES = 512


def network(state_dict: dict[str, Tensor] | None, seed: int) -> nn.Module:
    """ResNet-18 with fc = Linear(512, 10), the body from `state_dict` or drawn from `seed`.

    `state_dict` is torchvision's; its fc of 1,000 is left out. Channels last: convolutions are about 1.4
    times as fast on a CPU.

    Raises InputError for a state_dict of another network.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model: nn.Module = resnet18(weights=None)
        model.fc = nn.Linear(FEATURES, len(CLASSES))
    if state_dict is not None:
        body = {name: value for name, value in state_dict.items() if not name.startswith("fc.")}
        own = {name: value for name, value in model.state_dict().items() if name.startswith("fc.")}
        try:
            model.load_state_dict(body | own)
        except RuntimeError as error:
            raise InputError("imagenet_damaged", path="resnet18") from error
    return model.to(memory_format=torch.channels_last)


def frozen_body(state_dict: dict[str, Tensor] | None, seed: int) -> nn.Module:
    """ResNet-18 without its last layer, [N, 3, size, size] to [N, 512], in eval mode and without gradients.

    requires_grad = False isn't enough: in training mode BatchNorm would keep moving its running statistics.
    """
    body = network(state_dict, seed)
    body.fc = nn.Identity()
    return body.requires_grad_(False).eval()


def fed(images: Tensor, size: int) -> Tensor:
    """Turn uint8 images [N, 3, 32, 32] into the network's input, float [N, 3, size, size].

    Normalised with ImageNet's statistics; bilinear, antialiased.
    """
    x = normalise(images, *NORMALISATIONS["imagenet"])
    if size != images.shape[-1]:
        x = F.interpolate(x, (size, size), mode="bilinear", antialias=True)
    return x.contiguous(memory_format=torch.channels_last)


@dataclass(frozen=True)
class Cost:
    """Cost of one image of size x size; `last` is the side of the last maps.

    `macs` are the multiply-accumulates of convolutions and linear layers.
    """

    macs: int
    parameters: int
    last: int


def cost(size: int) -> Cost:
    """Count the cost on the meta device, from the shapes of a real forward pass."""
    macs, last = 0, 0

    def count(layer: nn.Module, _: tuple[Tensor, ...], output: Tensor) -> None:
        nonlocal macs, last
        weight: Tensor = layer.weight  # type: ignore[assignment]
        macs += weight.numel() * (output.shape[-2] * output.shape[-1] if output.ndim == 4 else 1)
        last = output.shape[-1] if output.ndim == 4 else last

    with torch.device("meta"):
        model = resnet18(weights=None)
        model.fc = nn.Linear(FEATURES, len(CLASSES))
        handles = [
            layer.register_forward_hook(count)
            for layer in model.modules()
            if isinstance(layer, nn.Conv2d | nn.Linear)
        ]
        try:
            model.eval()(torch.empty(1, 3, size, size))
        finally:
            for handle in handles:
                handle.remove()
    return Cost(macs, sum(parameter.numel() for parameter in model.parameters()), last)
