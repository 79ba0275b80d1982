"""The figures that the clinic's texts rest on, three seeds each.

    python -m tests.benchmarks.clinic.short_tests lr_range DATA
    python -m tests.benchmarks.clinic.short_tests initialisation DATA

DATA is the folder of a data set, or its parent.

lr_range  the range that works and the suggested learning rate of five settings, and what becomes of LeNet
          when it trains for three epochs with the suggestion, with the upper end and with ten times that
initialisation  LeNet from each of the initial weights: the loss at step 0 and after 50 steps, the accuracy
          then, how many units differ, and by layer the activations and gradients; and the accuracy after
          the whole fast recipe from each of those that learn
"""

import argparse
import math
from collections.abc import Callable, Generator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import torch

from core.dataset import Splits, splits
from core.dataset.splits import SPLIT_SEED
from core.diagnosis.beginnings import STEPS, beginnings
from core.diagnosis.initialisation import initialise
from core.diagnosis.lr_range import range_test
from core.files import locations
from core.progress import Progress
from core.training.config import TrainConfig, recipe
from core.training.loop import EpochResult
from core.training.run import Training, fit
from tests.benchmarks.report import Row, facts, table

SEEDS = (0, 1, 2)
EPOCHS = 3
RANDOM = ("default", "xavier", "kaiming")
BATCH_NORM = (
    "Conv2d(3,6,5),BatchNorm2d(6),ReLU(),MaxPool2d(2),Conv2d(6,16,5),BatchNorm2d(16),ReLU(),MaxPool2d(2),"
    "Flatten(),Linear(400,120),ReLU(),Linear(120,84),ReLU(),Linear(84,10)"
)
CASES: Mapping[str, TrainConfig] = {
    "fast": recipe("fast"),
    "fast, batch 16": recipe("fast", batch_size=16),
    "fast, Adam": recipe("fast", optimizer="adam"),
    "fast, BatchNorm": recipe("fast", network=BATCH_NORM),
    "tutorial": recipe("tutorial"),
}
Result = TypeVar("Result")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("part", choices=list(PARTS))
    parser.add_argument("data", type=Path)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    data = splits(locations.batches_folder(arguments.data), SPLIT_SEED)
    facts(threads=1, images=f"{len(data.train):,}")
    PARTS[arguments.part](data)


def lr_range(data: Splits) -> None:
    for name, config in CASES.items():
        rows = []
        for seed in SEEDS:
            seeded = replace(config, seed=seed)
            found = result_of(range_test(seeded, data))
            working = found.working
            if working is None:
                rows.append(Row(f"seed {seed}", "no range"))
                continue
            ends = f"{working.low:.2g} to {working.high:.2g}, suggested {working.suggested:g}"
            rows.append(Row(f"seed {seed}: loss {found.losses[0]:.3f} to {min(found.smoothed):.3f}", ends))
            for schedule in ("constant", "one-cycle"):
                accuracies = [
                    accuracy(replace(seeded, lr=lr, schedule=schedule), data)
                    for lr in (working.suggested, working.high, min(10 * working.high, 100.0))
                ]
                rows.append(Row(f"  {schedule}: suggested, upper end, 10 x", "  ".join(accuracies)))
        table(f"lr range test, {name}; validation accuracy after {EPOCHS} epochs", rows)


def accuracy(config: TrainConfig, data: Splits) -> str:
    last = math.nan
    for result in fit(replace(config, epochs=EPOCHS), data):
        if isinstance(result, EpochResult):
            last = result.validation_accuracy
        elif result.diverged:
            return "NaN"
    return f"{100 * last:.1f}%"


def result_of(work: Generator[Progress, None, Result]) -> Result:
    while True:
        try:
            next(work)
        except StopIteration as stop:
            result: Result = stop.value
            return result


def initialisation(data: Splits) -> None:
    for seed in SEEDS:
        rows = []
        for row in result_of(beginnings(data, seed)):
            what = f"{row.name}: loss {row.before.loss:.4g}"
            if row.after is None or row.accuracy is None or row.distinct is None:
                rows.append(Row(what, f"NaN at step {row.diverged}"))
            else:
                units = " ".join(map(str, row.distinct.values()))
                rows.append(Row(what, f"{row.after.loss:.4g}, {100 * row.accuracy:.1f}%, units {units}"))
            for step, signs in (("0", row.before), (str(STEPS), row.after)):
                if signs is not None:
                    activations, gradients = (
                        "  ".join(f"{value:.2g}" for value in values.values())
                        for values in (signs.activations, signs.gradients)
                    )
                    rows.append(Row(f"  step {step}: std by layer, norm of gradient", activations, gradients))
        rows += [Row(f"{name}: the whole fast recipe", whole(name, seed, data)) for name in RANDOM]
        table(f"Initial weights, seed {seed}; after {STEPS} steps", rows)


def whole(name: str, seed: int, data: Splits) -> str:
    training = Training(recipe("fast", seed=seed), data)
    initialise(training.model, name, seed)
    results = [result for result in training if isinstance(result, EpochResult)]
    return f"{100 * results[-1].validation_accuracy:.1f}%"


PARTS: Mapping[str, Callable[[Splits], None]] = {"lr_range": lr_range, "initialisation": initialisation}


if __name__ == "__main__":
    main()
