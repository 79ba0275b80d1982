"""train() and eval(), and no_grad(): what each changes in Dropout, BatchNorm and whole networks."""

import copy
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.checks import Bounds, within
from core.lenet import LeNet
from core.outcome import Outcome, outcome

ROW = (1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0)
P, PASSES = Bounds(0.0, 0.9), Bounds(1, 50)
_SEED = 0
_ONE_AT_A_TIME = threading.Lock()  # Dropout draws from torch's generator, which all threads share


@dataclass(frozen=True, eq=False)
class Passes:
    """The row through Dropout and BatchNorm; all tensors are [8].

    In train() the last of some passes, in eval() one pass after them. `mean` and `variance` are the batch's,
    by n for normalising and by n - 1 for `running_var`, as BatchNorm has them.
    """

    dropout_train: Tensor
    dropout_eval: Tensor
    norm_train: Tensor
    norm_eval: Tensor
    mean: float
    variance: float
    unbiased: float
    momentum: float
    running_before: tuple[float, float]
    running: tuple[float, float]


def passes(count: int, p: float) -> Passes:
    """Send ROW `count` times through both layers in train(), then once in eval().

    Raises InputError for a count that is not 1 to 50 or a p that is not 0 to 0.9.
    """
    x = torch.tensor(ROW).unsqueeze(1)  # (8, 1): eight samples, one number each
    dropout, norm = nn.Dropout(within("p", p, P)), nn.BatchNorm1d(1)
    with _seeded():
        for _ in range(within("count", count, PASSES)):
            before = _running(norm)
            dropped, normalised = dropout(x), norm(x)
    after = _running(norm)
    dropout.eval()
    norm.eval()
    return Passes(
        dropped.squeeze(1),
        dropout(x).squeeze(1),
        normalised.detach().squeeze(1),
        norm(x).detach().squeeze(1),
        mean=x.mean().item(),
        variance=x.var(correction=0).item(),
        unbiased=x.var().item(),
        momentum=norm.momentum or 0.0,
        running_before=before,
        running=after,
    )


def kept_on_average(p: float, draws: int = 1000) -> float:
    """Mean of many rows of ones after Dropout in train(): the survivors' factor makes up for the rest."""
    with _seeded():
        return float(nn.Dropout(within("p", p, P))(torch.ones(draws, len(ROW))).mean())


def batch_of_one() -> Outcome:
    """BatchNorm in train() on a single sample: there is no variance to divide by."""
    return outcome(lambda: nn.BatchNorm1d(1)(torch.tensor([ROW[:1]])))


class LeNetWithModes(LeNet):
    """LeNet with two more layers, which work differently in train() and in eval()."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(6)
        self.dropout = nn.Dropout(0.5)

    def forward(self, x: Tensor) -> Tensor:
        """Compute the logits of a batch."""
        x = self.pool(F.relu(self.norm(self.conv1(x))))  # (N, 6, 14, 14)
        x = self.pool(F.relu(self.conv2(x)))  # (N, 16, 5, 5)
        x = F.relu(self.fc1(x.flatten(1)))  # (N, 120)
        x = F.relu(self.fc2(self.dropout(x)))  # (N, 84)
        logits: Tensor = self.fc3(x)  # (N, 10)
        return logits


def with_modes(lenet: LeNet) -> LeNetWithModes:
    """A LeNetWithModes with the weights of a LeNet; the two new layers are as torch makes them."""
    model = LeNetWithModes()
    model.load_state_dict(lenet.state_dict(), strict=False)
    return model


def noise(count: int = 8) -> tuple[Tensor, Tensor]:
    """Random images [count, 3, 32, 32] and labels [count], always the same."""
    images = torch.randn(count, 3, 32, 32, generator=torch.Generator().manual_seed(_SEED))
    return images, torch.arange(count) % 10


@dataclass(frozen=True, eq=False)
class Case:
    """One of the four combinations: the loss, and the outcome of backward() from it.

    `saved` counts the tensors that autograd kept for backward(); `moved` says whether running statistics did.
    """

    training: bool
    no_grad: bool
    loss: Tensor
    saved: int
    moved: bool
    backward: Outcome


def case(model: nn.Module, images: Tensor, labels: Tensor, *, training: bool, no_grad: bool) -> Case:
    """Compute the loss of a batch in one combination, then call backward(); `model` itself doesn't change."""
    model = copy.deepcopy(model).train(training)  # as model.train() or model.eval()
    before = [buffer.clone() for buffer in model.buffers()]
    saved: list[Tensor] = []

    def keep(tensor: Tensor) -> Tensor:
        saved.append(tensor)
        return tensor

    hooks = torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor)
    with _seeded(), hooks, torch.set_grad_enabled(not no_grad):  # False is what torch.no_grad() sets
        loss = F.cross_entropy(model(images), labels)
    moved = any(not torch.equal(old, new) for old, new in zip(before, model.buffers(), strict=True))
    return Case(training, no_grad, loss, len(saved), moved, outcome(loss.backward))


def cases(model: nn.Module, images: Tensor, labels: Tensor) -> tuple[Case, ...]:
    """The four combinations of train() or eval(), with and without no_grad()."""
    return tuple(
        case(model, images, labels, training=training, no_grad=no_grad)
        for training in (True, False)
        for no_grad in (False, True)
    )


def sensitive(model: nn.Module) -> tuple[str, ...]:
    """Names of the layers that work differently in train() and in eval()."""
    kinds = (nn.Dropout, nn.BatchNorm1d, nn.BatchNorm2d)
    return tuple(name for name, module in model.named_modules() if isinstance(module, kinds))


def difference(model: nn.Module, images: Tensor) -> float:
    """Largest difference between the logits of the same images in train() and in eval()."""
    model = copy.deepcopy(model)
    with _seeded(), torch.no_grad():
        return float((model.train()(images) - model.eval()(images)).abs().max())


def _running(norm: nn.BatchNorm1d) -> tuple[float, float]:
    assert norm.running_mean is not None
    assert norm.running_var is not None
    return norm.running_mean.item(), norm.running_var.item()


@contextmanager
def _seeded() -> Iterator[None]:
    with _ONE_AT_A_TIME, torch.random.fork_rng(devices=[]):
        torch.manual_seed(_SEED)
        yield
