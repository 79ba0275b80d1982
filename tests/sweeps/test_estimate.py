"""The estimate of a sweep's time follows its settings and the machine that was measured."""

from dataclasses import replace

import pytest

from core.shapes.network import PRESETS
from core.shapes.trace import trace
from core.sweeps import estimate
from core.sweeps.estimate import seconds
from core.training.config import recipe
from core.training.costs import Measured, macs

FAST = recipe("fast", epochs=5)


def test_as_many_epochs_and_images_as_long() -> None:
    alone = seconds([FAST], "sketches") - estimate._START
    assert seconds([FAST] * 6, "sketches", 2) - estimate._START == pytest.approx(3 * alone)
    assert seconds([FAST], "cifar-10") > 4 * alone
    assert seconds([replace(FAST, train_size=1000)], "sketches") < seconds([FAST], "sketches") / 1.5
    assert seconds([replace(FAST, batch_size=4)], "sketches") > seconds([FAST], "sketches") * 2
    wide = replace(FAST, network="Conv2d(3,64,3,padding=1),ReLU(),Flatten(),Linear(65536,10)")
    assert seconds([wide], "sketches") > 1.5 * seconds([FAST], "sketches")


def test_a_measured_epoch_says_how_fast_this_machine_is() -> None:
    slow = Measured(FAST, "sketches", 60.0)
    assert seconds([FAST], "sketches", measured=slow) - estimate._START == pytest.approx(5 * 60)


def test_lenets_size_is_what_the_calculator_says() -> None:
    assert sum(row.macs for row in trace(PRESETS["lenet"].layers, (3, 32, 32))) == macs("")
