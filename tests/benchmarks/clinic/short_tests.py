"""The figures that the clinic's texts rest on, three seeds each.

    python -m tests.benchmarks.clinic.short_tests lr_range DATA

DATA is the folder of a data set, or its parent.

lr_range  the range that works and the suggested learning rate of five settings, and what becomes of LeNet
          when it trains for three epochs with the suggestion, with the upper end and with ten times that
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
from core.diagnosis.lr_range import range_test
from core.files import locations
from core.progress import Progress
from core.training.config import TrainConfig, recipe
from core.training.loop import EpochResult
from core.training.run import fit
from tests.benchmarks.report import Row, facts, table

SEEDS = (0, 1, 2)
EPOCHS = 3
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


PARTS: Mapping[str, Callable[[Splits], None]] = {"lr_range": lr_range}


if __name__ == "__main__":
    main()
