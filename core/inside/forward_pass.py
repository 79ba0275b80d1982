"""One forward pass of LeNet that keeps everything between its layers."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from torch import Tensor, nn

from core.evaluation.eval_mode import eval_mode
from core.lenet import LeNet


@dataclass(frozen=True, eq=False)
class ForwardPass:
    """Every stage of N images; the two poolings read relu1 and relu2, fc2 and fc3 read relu3 and relu4."""

    input: Tensor  # (N, 3, 32, 32), normalised
    conv1: Tensor  # (N, 6, 28, 28), before ReLU
    relu1: Tensor  # (N, 6, 28, 28)
    pool1: Tensor  # (N, 6, 14, 14)
    conv2: Tensor  # (N, 16, 10, 10), before ReLU
    relu2: Tensor  # (N, 16, 10, 10)
    pool2: Tensor  # (N, 16, 5, 5)
    flat: Tensor  # (N, 400)
    fc1: Tensor  # (N, 120), before ReLU
    relu3: Tensor  # (N, 120)
    fc2: Tensor  # (N, 84), before ReLU
    relu4: Tensor  # (N, 84)
    logits: Tensor  # (N, 10)

    @property
    def softmax(self) -> Tensor:
        """Class probabilities (N, 10)."""
        return self.logits.softmax(1)

    def __getitem__(self, stage: str) -> Tensor:
        values: Tensor = getattr(self, stage)
        return values


@dataclass(frozen=True, eq=False)
class Call:
    """Input and output of one call of a layer."""

    input: Tensor
    output: Tensor


@contextmanager
def recorded(model: nn.Module) -> Iterator[list[Call]]:
    """Record the calls of the model's layers, in order, while the `with` block runs.

    LeNet's single pooling layer is called twice, so it appears twice. The hooks are removed when the block is
    left, also by an exception.
    """
    calls: list[Call] = []

    def keep(_: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        calls.append(Call(inputs[0], output))

    handles = [layer.register_forward_hook(keep) for layer in model.children()]
    try:
        yield calls
    finally:
        for handle in handles:
            handle.remove()


def forward_pass(model: LeNet, x: Tensor) -> ForwardPass:
    """Compute all stages of x float [N, 3, 32, 32] in eval mode; the model's training mode is restored.

    Gradients flow unless the caller disables them.
    """
    with eval_mode(model), recorded(model) as calls:
        model(x)
    conv1, pool1, conv2, pool2, fc1, fc2, fc3 = calls
    return ForwardPass(
        input=x, conv1=conv1.output, relu1=pool1.input, pool1=pool1.output,
        conv2=conv2.output, relu2=pool2.input, pool2=pool2.output, flat=fc1.input,
        fc1=fc1.output, relu3=fc2.input, fc2=fc2.output, relu4=fc3.input, logits=fc3.output,
    )  # fmt: skip
