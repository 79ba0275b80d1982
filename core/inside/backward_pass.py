"""Gradients of the loss or of one logit at every layer, and the pixels an answer depends on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.evaluation.eval_mode import eval_mode
from core.inside.forward_pass import forward_pass
from core.inside.stages import Stages
from core.normalise import normalise

Of = Literal["loss", "logit"]
SIDE = 32
COVERED = 256  # images at once, so that a wide network's maps take less than 100 MB


@dataclass(frozen=True, eq=False)
class BackwardPass:
    """Gradients of `value`, the loss or logit that was differentiated.

    `gradients` by stage, of the stage's shape without the batch; `norms` by layer, over its parameters.
    """

    value: float
    gradients: Mapping[str, Tensor]
    norms: Mapping[str, float]


def backward_pass(model: nn.Module, found: Stages, x: Tensor, label: int, of: Of) -> BackwardPass:
    """Differentiate the cross-entropy for class `label`, or its logit.

    x float [1, 3, 32, 32] is not touched, nor is any .grad of the model.
    """
    x = x.detach().clone().requires_grad_()
    passed = forward_pass(model, x)
    target = (
        F.cross_entropy(passed.logits, torch.tensor([label])) if of == "loss" else passed.logits[0, label]
    )
    names = [stage.name for stage in found.differentiated]
    parameters = dict(model.named_parameters())
    derivatives = torch.autograd.grad(
        target, [*(passed[name] for name in names), *parameters.values()], allow_unused=True
    )
    gradients = {name: gradient[0].detach() for name, gradient in zip(names, derivatives, strict=False)}
    by_name = dict(zip(parameters, derivatives[len(names) :], strict=True))
    layers = dict.fromkeys(name.partition(".")[0] for name in parameters)
    norms = {
        layer: _norm([g for name, g in by_name.items() if name.startswith(f"{layer}.") and g is not None])
        for layer in layers
    }
    return BackwardPass(float(target.detach()), gradients, norms)


def _norm(gradients: Sequence[Tensor]) -> float:
    return float(torch.cat([gradient.flatten() for gradient in gradients]).norm()) if gradients else 0.0


def saliency(gradient: Tensor) -> Tensor:
    """Largest absolute gradient over the channels: [3, H, W] in, [H, W] out.

    Source: Simonyan et al. 2013, section 3.1
    """
    return gradient.abs().amax(0)


def times_input(gradient: Tensor, x: Tensor) -> Tensor:
    """Gradient x input, summed over channels: what each pixel adds to first order.

    [3, H, W] and [3, H, W] in, [H, W] out.
    """
    return (gradient * x).sum(0)


def laid_over(image: Tensor, heat: Tensor) -> Tensor:
    """Darken an image uint8 [1, 3, H, W] except where `heat` [H, W] is large.

    The largest heat leaves a pixel as it is; 0 or less leaves a fifth of it.
    """
    share = heat.clamp(min=0) / heat.max().clamp(min=1e-12)
    return (image * (0.2 + 0.8 * share)).round().to(torch.uint8)


@torch.no_grad()
def occlusion(
    model: nn.Module, image: Tensor, label: int, mean: tuple[float, ...], std: tuple[float, ...], size: int
) -> Tensor:
    """Drop [32, 32] in the probability of `label` when the mean colour covers a square of `size` pixels.

    The square goes to all (33 - size)^2 places; a pixel gets the mean over all squares that cover it.
    image uint8 [1, 3, 32, 32]; size 1 to 32. The model's training mode is restored.

    Source: Zeiler & Fergus 2014, section 4.2
    """
    x = normalise(image, mean, std)
    places = SIDE + 1 - size
    covered = x.repeat(places * places, 1, 1, 1)
    for index in range(places * places):
        row, column = divmod(index, places)
        covered[index, :, row : row + size, column : column + size] = 0.0  # the mean, after Normalize
    with eval_mode(model):
        before = model(x).softmax(1)[0, label]
        after = torch.cat([model(part).softmax(1)[:, label] for part in torch.split(covered, COVERED)])
    drops = (before - after).view(1, 1, places, places)
    kernel = torch.ones(1, 1, size, size)
    return (F.conv_transpose2d(drops, kernel) / F.conv_transpose2d(torch.ones_like(drops), kernel))[0, 0]
