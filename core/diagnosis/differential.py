"""What each fault must show in a run, so that a wrong diagnosis can be told from the run's own numbers."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.diagnosis.signs import Signs

_TINY = 1e-9


@dataclass(frozen=True)
class Expected:
    """A sign that lies between two bounds in each run with a fault."""

    sign: str
    low: float
    high: float

    def speaks_against(self, found: Signs) -> bool:
        """Whether the run's number lies elsewhere; one that was not reported speaks against nothing."""
        value = getattr(found, self.sign)
        return value is not None and not self.low <= value <= self.high


EXPECTED: Mapping[str, Sequence[Expected]] = {
    # The first loss is that of the fresh network: ln 10, whatever the learning rate.
    "lr_high": (Expected("first_loss", 2.2, 2.4), Expected("update", 0.05, math.inf)),
    "lr_low": (Expected("share", 0.0, 1e-6),),
    "no_zero_grad": (Expected("leftover", _TINY, math.inf),),
    "double_softmax": (Expected("high_sum", 0.999, 1.001),),
    "labels_shuffled": (
        Expected("highest_loss", 0.0, 2.5),
        Expected("train_accuracy", 0.0, 0.2),
        Expected("gradient", _TINY, math.inf),
        Expected("share", 1e-6, math.inf),
    ),
    "validation_raw": (Expected("narrower", 0.0, 0.5),),
    "weights_zero": (Expected("weight", 0.0, 0.0),),
    "dead_relus": (Expected("dead", 1.0, 1.0), Expected("activation", _TINY, math.inf)),
    "class_order": (Expected("classes", 1, 2),),
    "pixels_255": (Expected("std", 10.0, math.inf),),
}
"""The signs of each fault in trainings of the fast recipe on the sketches, by its name in FAULTS."""


def against(fault: str, found: Signs) -> str | None:
    """The first sign of a run that doesn't agree with a fault; None where all agree or are unknown."""
    return next((row.sign for row in EXPECTED[fault] if row.speaks_against(found)), None)
