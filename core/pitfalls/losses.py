"""Common wrong lines with a loss, beside the right ones; both are run, and PyTorch answers for itself."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.pitfalls.wrong_line import WrongLine


def class_out_of_range() -> Tensor:
    logits = torch.zeros(4, 10)
    target = torch.tensor([0, 3, 9, 10])
    return F.cross_entropy(logits, target)


def class_in_range() -> Tensor:
    logits = torch.zeros(4, 10)
    target = torch.tensor([0, 3, 9, 9])  # 0 to 9
    return F.cross_entropy(logits, target)


def float_indices() -> Tensor:
    logits = torch.zeros(4, 10)
    target = torch.tensor([0.0, 3.0, 9.0, 1.0])
    return F.cross_entropy(logits, target)


def long_indices() -> Tensor:
    logits = torch.zeros(4, 10)
    target = torch.tensor([0.0, 3.0, 9.0, 1.0])
    return F.cross_entropy(logits, target.long())


def integer_one_hot() -> Tensor:
    logits = torch.zeros(4, 10)
    target = F.one_hot(torch.tensor([0, 3, 9, 1]), 10)
    return F.cross_entropy(logits, target)


def float_one_hot() -> Tensor:
    logits = torch.zeros(4, 10)
    target = F.one_hot(torch.tensor([0, 3, 9, 1]), 10)
    return F.cross_entropy(logits, target.float())


def target_as_column() -> Tensor:
    logits = torch.zeros(4, 10)
    target = torch.tensor([[0], [3], [9], [1]])
    return F.cross_entropy(logits, target)


def target_as_row() -> Tensor:
    logits = torch.zeros(4, 10)
    target = torch.tensor([[0], [3], [9], [1]])
    return F.cross_entropy(logits, target.squeeze(1))  # (4, 1) -> (4,)


def argmax_first() -> Tensor:
    logits = torch.zeros(4, 10)
    target = torch.tensor([0, 3, 9, 1])
    return F.cross_entropy(logits.argmax(dim=1).float(), target.float())


def logits_as_they_are() -> Tensor:
    logits = torch.zeros(4, 10)
    target = torch.tensor([0, 3, 9, 1])
    return F.cross_entropy(logits, target)


def class_called() -> Tensor:
    logits = torch.zeros(4, 10)
    target = torch.tensor([0, 3, 9, 1])
    return nn.CrossEntropyLoss(logits, target)  # type: ignore[return-value]


def class_made_then_called() -> Tensor:
    logits = torch.zeros(4, 10)
    target = torch.tensor([0, 3, 9, 1])
    criterion = nn.CrossEntropyLoss()
    loss: Tensor = criterion(logits, target)
    return loss


def backward_of_many() -> Tensor:
    prediction = torch.zeros(4, requires_grad=True)
    target = torch.ones(4)
    loss = F.mse_loss(prediction, target, reduction="none")
    loss.backward()  # type: ignore[no-untyped-call]
    return loss


def backward_of_one() -> Tensor:
    prediction = torch.zeros(4, requires_grad=True)
    target = torch.ones(4)
    loss = F.mse_loss(prediction, target, reduction="none").mean()
    loss.backward()  # type: ignore[no-untyped-call]
    return loss


def shapes_differ() -> Tensor:
    prediction = torch.tensor([[1.0], [2.0], [3.0], [4.0]])
    target = torch.tensor([1.0, 2.0, 3.0, 4.0])
    return F.mse_loss(prediction, target)


def shapes_agree() -> Tensor:
    prediction = torch.tensor([[1.0], [2.0], [3.0], [4.0]])
    target = torch.tensor([1.0, 2.0, 3.0, 4.0])
    return F.mse_loss(prediction.squeeze(1), target)


def nll_of_softmax() -> Tensor:
    logits = torch.tensor([[4.0, 0.0, 0.0]])
    target = torch.tensor([0])
    return F.nll_loss(torch.softmax(logits, dim=1), target)


def nll_of_log_softmax() -> Tensor:
    logits = torch.tensor([[4.0, 0.0, 0.0]])
    target = torch.tensor([0])
    return F.nll_loss(torch.log_softmax(logits, dim=1), target)


def log_of_softmax() -> Tensor:
    logits = torch.tensor([[120.0, 0.0, 0.0]])
    target = torch.tensor([1])
    return F.nll_loss(torch.log(torch.softmax(logits, dim=1)), target)


def log_softmax() -> Tensor:
    logits = torch.tensor([[120.0, 0.0, 0.0]])
    target = torch.tensor([1])
    return F.cross_entropy(logits, target)


WRONG_LINES = {
    "out_of_range": WrongLine(class_out_of_range, class_in_range),
    "float_indices": WrongLine(float_indices, long_indices),
    "one_hot": WrongLine(integer_one_hot, float_one_hot),
    "column": WrongLine(target_as_column, target_as_row),
    "argmax": WrongLine(argmax_first, logits_as_they_are),
    "class_called": WrongLine(class_called, class_made_then_called),
    "backward": WrongLine(backward_of_many, backward_of_one),
    "broadcast": WrongLine(shapes_differ, shapes_agree),
    "nll": WrongLine(nll_of_softmax, nll_of_log_softmax),
    "log_softmax": WrongLine(log_of_softmax, log_softmax),
}
