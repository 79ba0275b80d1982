"""The vital signs of a training, measured around one of its steps without changing a bit of it."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from core.jobs.vitals import LayerVitals, Vitals
from core.normalise import normalise
from core.training.run import Training

_IMAGES = 128  # that units are called dead on, at least: fewer may all miss a unit by chance
_RELUS = (F.relu, torch.relu, torch.relu_, Tensor.relu, Tensor.relu_)


class Probe:
    """Measure the step that a training is about to take: create it before the step, `vitals` after it."""

    def __init__(self, training: Training) -> None:
        self._training = training
        self._layers = parameters_by_layer(training.model)
        self._before = {name: _flat(own) for name, own in self._layers.items()}
        with _untouched(training.model):
            self._measure()

    def _measure(self) -> None:
        training = self._training
        epoch, index = divmod(training.steps_done, training.steps_per_epoch)
        images, labels = training.batch(epoch, index)
        training.optimizer.zero_grad()  # as the step itself does first
        self._leftover = _norm([p.grad for p in training.model.parameters() if p.grad is not None])
        with Activations(training.model) as self._activations:
            logits = training.model(images)
        self._logits = logits.detach()
        loss = F.cross_entropy(logits, labels)
        gradients = torch.autograd.grad(
            loss, [p for own in self._layers.values() for p in own], allow_unused=True
        )
        found = iter(gradients)
        self._gradients = {
            name: _norm([g for _, g in zip(own, found, strict=False) if g is not None])
            for name, own in self._layers.items()
        }
        self._loss, self._images, self._labels = loss.item(), images, labels
        self._lr = float(training.optimizer.param_groups[0]["lr"])
        if len(images) < _IMAGES:
            self._look_at_more(epoch, index)

    @torch.no_grad()
    def _look_at_more(self, epoch: int, index: int) -> None:
        """Take activations and outputs of this batch and the next ones, until there are _IMAGES."""
        training, more = self._training, [self._images]
        while sum(map(len, more)) < _IMAGES and (index := index + 1) < training.steps_per_epoch:
            more.append(training.batch(epoch, index)[0])
        with Activations(training.model) as self._activations:
            self._logits = training.model(torch.cat(more))

    def vitals(self) -> Vitals:
        """The vital signs, once the step has been taken."""
        training, logits = self._training, self._logits
        epoch = (training.steps_done - 1) // training.steps_per_epoch + 1
        sums = logits.sum(1)
        shown = normalise(training.validation.images[:_IMAGES], **training.judged_with._asdict())
        return Vitals(
            step=training.steps_done,
            epoch=epoch,
            lr=self._lr,
            loss=self._loss,
            images=len(self._labels),
            classes=len(set(self._labels.tolist())),
            inputs=_mean_and_std(self._images),
            validation=_mean_and_std(shown),
            lowest=float(logits.min()),
            sums=(float(sums.min()), float(sums.max())),
            spread=float(logits.std(0, correction=0).mean()),
            leftover=self._leftover,
            layers=[self._layer(name) for name in self._layers],
        )

    def _layer(self, name: str) -> LayerVitals:
        before, after = self._before[name], _flat(self._layers[name])
        return LayerVitals(
            name,
            self._activations.std.get(name),
            self._activations.dead.get(name),
            self._gradients[name],
            float(before.norm()),
            float((after - before).norm()),
        )


class Activations(TorchFunctionMode):
    """What the layers of a model return while this context is open.

    std: standard deviation by layer, of the last call. dead: share of a layer's units whose ReLU, whoever
    called it, returned 0 for all images.
    """

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.std: dict[str, float] = {}
        self.dead: dict[str, float] = {}
        self._latest = ""
        self._hooks = [
            getattr(model, name).register_forward_hook(self._hook(name))
            for name in parameters_by_layer(model)
        ]

    def __exit__(self, *error: Any) -> None:
        for hook in self._hooks:
            hook.remove()
        super().__exit__(*error)  # type: ignore[no-untyped-call]

    def _hook(self, name: str) -> Any:
        def record(module: nn.Module, inputs: Any, output: Tensor) -> None:
            self.std[name] = float(output.detach().std(correction=0))
            self._latest = name

        return record

    def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = function(*args, **(kwargs or {}))
        if function in _RELUS and self._latest:
            silent = (result.detach() == 0).transpose(0, 1).flatten(1).all(1)  # (units)
            self.dead[self._latest] = float(silent.double().mean())
        return result


def parameters_by_layer(model: nn.Module) -> dict[str, list[nn.Parameter]]:
    """The layers that have parameters, by name, with these."""
    layers = {name: list(layer.parameters()) for name, layer in model.named_children()}
    return {name: own for name, own in layers.items() if own}


@contextmanager
def _untouched(model: nn.Module) -> Iterator[None]:
    """Restore random state and buffers such as BatchNorm's running statistics."""
    buffers = [(buffer, buffer.clone()) for buffer in model.buffers()]
    with torch.random.fork_rng(devices=[]):
        yield
    for buffer, value in buffers:
        buffer.copy_(value)


def _flat(parameters: list[nn.Parameter]) -> Tensor:
    return torch.cat([parameter.detach().flatten() for parameter in parameters])


def _norm(tensors: list[Tensor]) -> float:
    return math.sqrt(sum(float(tensor.double().square().sum()) for tensor in tensors))


def _mean_and_std(images: Tensor) -> tuple[float, float]:
    return float(images.mean()), float(images.std(correction=0))
