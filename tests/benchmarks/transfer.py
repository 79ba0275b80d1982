"""ResNet-18 on one thread: the cost of the pass over the features by size, and of an epoch of the last layer.

    python -m tests.benchmarks.transfer [--batches 3]

Random weights: the cost is the same. The seconds for 5,000 images are those of a few chunks, multiplied.
Takes a minute.
"""

import argparse
import statistics
import tempfile
import time
from pathlib import Path
from unittest.mock import patch

import torch

from core.training.loop import EpochResult
from core.transfer import features as cache
from core.transfer.config import TransferConfig
from core.transfer.resnet import FEATURES, frozen_body
from core.transfer.run import HeadTraining
from tests.benchmarks.report import facts

IMAGES = 5000


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--batches", type=int, default=3)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    facts()
    body = frozen_body(None, 0)
    for size in (32, 64, 128, 224):
        seconds = statistics.median(_pass(body, size, seed) for seed in range(arguments.batches))
        rate = cache.CHUNK / seconds
        print(
            f"{size:3d} px: {rate:7.0f} images a second, "
            f"{IMAGES / rate:6.1f} s for {IMAGES:,} (extrapolated)",
            flush=True,
        )
    epochs = 10
    data = torch.randn(IMAGES, FEATURES), torch.randint(0, 10, (IMAGES,))
    training = HeadTraining(TransferConfig(epochs=epochs), data, (data[0][:1000], data[1][:1000]))
    began = time.perf_counter()
    judged = sum(isinstance(result, EpochResult) for result in training)
    print(
        f"an epoch of the last layer, {IMAGES:,} features, judged on 1,000: "
        f"{(time.perf_counter() - began) / judged:.3f} s"
    )


def _pass(body: torch.nn.Module, size: int, seed: int) -> float:
    """Seconds for one chunk that nobody has computed yet, written to disk."""
    images = torch.randint(
        0, 256, (cache.CHUNK, 3, 32, 32), dtype=torch.uint8, generator=torch.Generator().manual_seed(seed)
    )
    with tempfile.TemporaryDirectory() as folder, patch.object(cache, "cache_home", lambda: Path(folder)):
        began = time.perf_counter()
        for _ in cache.features(body, "random", images, size):
            pass
        return time.perf_counter() - began


if __name__ == "__main__":
    main()
