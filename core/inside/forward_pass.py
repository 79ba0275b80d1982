"""One forward pass that keeps everything between the layers of a network."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from torch import Tensor, nn

from core.evaluation.eval_mode import eval_mode
from core.inside.stages import stage_names
from core.lenet import LeNet


@dataclass(frozen=True, eq=False)
class ForwardPass:
    """The values of N images at each stage, and at "softmax"; the first dimension is N."""

    values: Mapping[str, Tensor]

    def __getitem__(self, stage: str) -> Tensor:
        return self.softmax if stage == "softmax" else self.values[stage]

    @property
    def logits(self) -> Tensor:
        """What the network answers (N, 10)."""
        return list(self.values.values())[-1]

    @property
    def softmax(self) -> Tensor:
        """Class probabilities (N, 10)."""
        return self.logits.softmax(1)


def chain(model: nn.Module) -> dict[str, nn.Module]:
    """The modules of an nn.Sequential by stage; of LeNet those that its `forward` calls in turn."""
    if not isinstance(model, LeNet):
        modules = dict(model.named_children())
        return dict(zip(stage_names(list(modules)), modules.values(), strict=True))
    return {
        "conv1": model.conv1, "relu1": nn.ReLU(), "pool1": model.pool,
        "conv2": model.conv2, "relu2": nn.ReLU(), "pool2": model.pool, "flat": nn.Flatten(),
        "fc1": model.fc1, "relu3": nn.ReLU(), "fc2": model.fc2, "relu4": nn.ReLU(), "logits": model.fc3,
    }  # fmt: skip


def walk(model: nn.Module, x: Tensor) -> Iterator[tuple[str, Tensor]]:
    """Compute stage after stage of x float [N, 3, 32, 32], the input first; nothing is kept.

    In eval mode; the model's training mode is restored. Gradients flow unless the caller disables them.
    """
    with eval_mode(model):
        yield "input", x
        for stage, module in chain(model).items():
            # what a layer changes in place has been handed out before
            x = module(x.clone() if getattr(module, "inplace", False) else x)
            yield stage, x


def forward_pass(model: nn.Module, x: Tensor) -> ForwardPass:
    """Compute and keep all stages, as `walk` does."""
    return ForwardPass(dict(walk(model, x)))
