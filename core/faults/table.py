"""The faults that a training can be given: what each changes in it. Imports no torch, as settings do."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from core.normalisations import AS_IT_IS, Normalisation

if TYPE_CHECKING:
    from torch import Tensor, nn
    from torch.optim import Optimizer


def _as_it_is(value: Any) -> Any:
    return value


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What a fault changes; everything else stays as it is.

    settings: a new value of a setting, from the old one. labels: int64 [N] of the training images, in their
    order. network: changes the fresh network in place. optimizer: changes it in place, after a run was
    resumed too. validation: how validation images are normalised, None for like the training images.
    """

    settings: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict)
    labels: Callable[["Tensor"], "Tensor"] = _as_it_is
    network: Callable[["nn.Module"], Any] = _as_it_is
    optimizer: Callable[["Optimizer"], Any] = _as_it_is
    validation: Normalisation | None = None

    def applied(self, config: Any) -> Any:
        """The settings with this fault's own; `config` is a frozen dataclass."""
        return replace(config, **{name: new(getattr(config, name)) for name, new in self.settings.items()})


def _shuffled(labels: "Tensor") -> "Tensor":
    """The labels in another order than their images."""
    order = list(range(len(labels)))
    random.Random(0).shuffle(order)
    return labels[order]


def _softmax_at_the_end(model: "nn.Module") -> None:
    """Let the network return probabilities, on which cross-entropy computes its own softmax again."""
    model.register_forward_hook(lambda module, images, logits: logits.softmax(1))


def _zero(model: "nn.Module") -> None:
    """Set all weights and biases to 0."""
    for parameter in model.parameters():
        parameter.data.zero_()


def _negative_biases(model: "nn.Module") -> None:
    """Set the biases of all layers but the last so low that no sum behind them is positive."""
    biases = [parameter for name, parameter in model.named_parameters() if name.endswith("bias")]
    for bias in biases[:-1]:
        bias.data.fill_(-_LOW)


def _keep_gradients(optimizer: "Optimizer") -> None:
    """Leave out zero_grad: each gradient is added to all before; they are part of the optimizer's state."""
    kept = "gradients"

    def keep(optimizer: "Optimizer", args: Any, kwargs: Any) -> None:
        for parameter in _parameters(optimizer):
            if parameter.grad is not None:
                optimizer.state[parameter][kept] = parameter.grad

    def bring_back(set_to_none: bool = True) -> None:
        for parameter in _parameters(optimizer):
            if parameter.grad is None:
                parameter.grad = optimizer.state.get(parameter, {}).get(kept)

    optimizer.register_step_post_hook(keep)
    optimizer.zero_grad = bring_back  # type: ignore[method-assign]


def _parameters(optimizer: "Optimizer") -> list[Any]:
    return [parameter for group in optimizer.param_groups for parameter in group["params"]]


_LOW = 20.0  # no sum of LeNet's comes near it
_HIGH_LR, _LOW_LR = 1000.0, 1e-5  # times the lr that works
_LOWEST_LR, _HIGHEST_LR = 1e-8, 100.0  # what a training allows

FAULTS: Mapping[str, Fault] = {
    "none": Fault(),
    "lr_high": Fault(settings={"lr": lambda lr: min(_HIGH_LR * lr, _HIGHEST_LR)}),
    "lr_low": Fault(settings={"lr": lambda lr: max(_LOW_LR * lr, _LOWEST_LR)}),
    "no_zero_grad": Fault(optimizer=_keep_gradients),
    "double_softmax": Fault(network=_softmax_at_the_end),
    "labels_shuffled": Fault(labels=_shuffled),
    "validation_raw": Fault(validation=AS_IT_IS),
    "weights_zero": Fault(network=_zero),
    "dead_relus": Fault(network=_negative_biases),
    "class_order": Fault(settings={"shuffle": lambda shuffle: False}),
    "pixels_255": Fault(settings={"mean": lambda mean: (0.0,) * 3, "std": lambda std: (1 / 255,) * 3}),
}
