"""The accuracies that the shape calculator gives of its presets, on CIFAR-10.

    python -m tests.benchmarks.presets DATA [--presets lenet vgg]

DATA is the folder cifar-10-batches-py or its parent. Each preset that can be trained is trained once by the
fast recipe for 6 epochs, seed 0, on the app's own 45,000 training images, and judged once on the 10,000 test
images. On one core all of them take about ten minutes. The page quotes the test accuracies from MEASURED in
core/shapes/network.py, which stands here as the target.
"""

import argparse
import time
from pathlib import Path

import torch

from core.dataset import Splits, splits
from core.dataset.splits import SPLIT_SEED
from core.evaluation import evaluate
from core.shapes import trace
from core.shapes.network import MEASURED, MEASURED_EPOCHS, PRESETS
from core.training.config import recipe
from core.training.run import Training
from tests.benchmarks.report import Row, facts, table


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--presets", nargs="+", choices=list(MEASURED), default=list(MEASURED))
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    data = splits(arguments.data, SPLIT_SEED)
    facts(threads=1, epochs=MEASURED_EPOCHS, seed=0)
    for name in arguments.presets:
        table(name, measured(name, data))


def measured(name: str, data: Splits) -> list[Row]:
    """Train one preset and judge it on the test images."""
    config = recipe("fast", epochs=MEASURED_EPOCHS, network=PRESETS[name].text)
    training = Training(config, data)
    began = time.process_time()
    for _ in training:
        pass
    taken = time.process_time() - began
    verdict = evaluate(training.model, data.test.images, data.test.labels, mean=config.mean, std=config.std)
    rows = trace(PRESETS[name].layers, PRESETS[name].input_shape)
    return [
        Row("parameters", f"{sum(row.parameters for row in rows):,}"),
        Row("multiply-adds", f"{sum(row.macs for row in rows):,}"),
        Row("an epoch with judging", f"{taken / MEASURED_EPOCHS:.0f} s"),
        Row("test accuracy", f"{100 * verdict.accuracy:.1f}%", f"{MEASURED[name]}%"),
    ]


if __name__ == "__main__":
    main()
