"""core.pitfalls.losses and core.outcome: PyTorch's own words, and right lines that are right."""

import threading
import warnings

import pytest
import torch

from core.outcome import outcome
from core.pitfalls.losses import WRONG_LINES
from core.pitfalls.wrong_line import tried

SAID = {
    "out_of_range": "IndexError: Target 10 is out of bounds.",
    "float_indices": "RuntimeError: expected target dtype to be Long or Byte, but got Float",
    "one_hot": "RuntimeError: Expected floating point type for target with class probabilities, got Long",
    "column": "RuntimeError: 0D or 1D target tensor expected, multi-target not supported",
    "class_called": "RuntimeError: Boolean value of Tensor with more than one value is ambiguous",
    "backward": "RuntimeError: grad can be implicitly created only for scalar outputs",
}
SILENT = {
    "argmax": "tensor(18.0218)",
    "broadcast": "tensor(2.5000)",
    "nll": "tensor(-0.9647)",
    "log_softmax": "tensor(inf)",
}


@pytest.mark.parametrize("name", WRONG_LINES)
def test_a_wrong_line_says_what_the_texts_explain(name: str) -> None:
    wrong = tried(WRONG_LINES[name].wrong)
    assert (wrong.outcome.error, wrong.outcome.value) == (SAID.get(name), SILENT.get(name))
    assert bool(wrong.outcome.warnings) == (name == "broadcast")
    assert "type: ignore" not in wrong.code
    assert wrong.code.startswith(("logits = ", "prediction = "))


@pytest.mark.parametrize("name", WRONG_LINES)
def test_a_right_line_runs(name: str) -> None:
    right = tried(WRONG_LINES[name].right)
    assert right.outcome.error is None
    assert right.outcome.value is not None
    assert right.outcome.warnings == ()
    assert "inf" not in right.outcome.value
    assert "nan" not in right.outcome.value


def test_an_outcome_is_told_and_nothing_else_happens() -> None:
    def line() -> torch.Tensor:
        warnings.warn("watch out", stacklevel=1)
        return torch.ones(2)

    assert outcome(line) == outcome(line)
    assert outcome(line).value == "tensor([1., 1.])"
    assert outcome(line).warnings == ("watch out",)
    assert outcome(lambda: 1 / 0).error == "ZeroDivisionError: division by zero"


@pytest.mark.clock
def test_the_filters_of_the_process_survive_many_at_once() -> None:
    before = list(warnings.filters)
    threads = [threading.Thread(target=lambda: [outcome(lambda: None) for _ in range(50)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert warnings.filters == before
