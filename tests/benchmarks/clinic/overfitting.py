"""What the clinic says of overfitting and its cures, on the sketches.

    python -m tests.benchmarks.clinic.overfitting [--seeds 3]

Trains the run that overfits and each cure of core/diagnosis/cures.py with the app's own sketches (drawn first
where they are missing), on one thread, and prints for each the gap and the training accuracy after the last
epoch, the best validation accuracy and its epoch, the validation loss at the end, and seconds of processor
time.
MEASURED of that module, which stands here as the target, and the page's sentences are from here.
"""

import argparse
import time
from dataclasses import replace

import torch

from core.dataset import Splits
from core.dataset.source import data_set
from core.diagnosis.cures import BETWEEN_SEEDS, CURES, MEASURED, UNTREATED, training
from core.training.loop import EpochResult
from core.training.run import fit
from tests.benchmarks.report import Row, facts, table


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    torch.set_num_threads(1)
    overfitting(options.seeds)


def overfitting(seeds: int) -> None:
    """Gap and validation accuracy without and with each cure."""
    data = data_set("sketches")
    facts(threads=1, seeds=seeds, epochs=training(UNTREATED).epochs)
    ranges = []
    for cure in (UNTREATED, *CURES):
        rows = [trained(cure, seed, data) for seed in range(seeds)]
        bests = [best.validation_accuracy for best, _, _ in rows]
        ranges.append(max(bests) - min(bests))
        table(cure, [_written(cure, seed, *found) for seed, found in enumerate(rows)])
    table("seeds", [Row("largest range of the best accuracy", f"{max(ranges):.3f}", f"{BETWEEN_SEEDS}")])
    hasty = replace(training("early_stopping", seed=1), patience=3)
    last = [result for result in fit(hasty, data) if isinstance(result, EpochResult)][-1]
    found = f"ends after epoch {last.epoch} at {100 * last.validation_accuracy:.1f}%"
    table("too little patience", [Row("seed 1, patience 3", found, "epoch 5, 10%")])


def trained(cure: str, seed: int, data: Splits) -> tuple[EpochResult, EpochResult, float]:
    """The best and the last epoch of one run, and the processor's seconds."""
    began = time.process_time()
    epochs = [result for result in fit(training(cure, seed=seed), data) if isinstance(result, EpochResult)]
    best = max(epochs, key=lambda row: row.validation_accuracy)
    return best, epochs[-1], time.process_time() - began


def _written(cure: str, seed: int, best: EpochResult, last: EpochResult, seconds: float) -> Row:
    gap = last.train_accuracy - last.validation_accuracy
    known = MEASURED[cure][seed] if seed < len(MEASURED[cure]) else ()
    return Row(
        f"seed {seed}",
        f"gap {100 * gap:.1f}, best {100 * best.validation_accuracy:.1f}% at epoch {best.epoch}; "
        f"train {100 * last.train_accuracy:.1f}%, validation {100 * last.validation_accuracy:.1f}%, "
        f"loss {last.validation_loss:.2f} after epoch {last.epoch}; {seconds:.0f} s",
        ", ".join(map(str, known)),
    )


if __name__ == "__main__":
    main()
