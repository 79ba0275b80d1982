"""Networks of one's own: random lists train or are refused, and LeNet's list takes LeNet's time.

    python -m tests.benchmarks.own_networks [--lists 200] [--rounds 40]

Lists: each valid one takes a step and is judged, or is refused in PyTorch's words for in-place layers; each
with a fault is refused before anything is built. Steps: LeNet and its list in turn, on made-up images in
batches of 128; the median of the ratios.
"""

import argparse
import math
import statistics
import time
import warnings

import torch

from core.errors import InputError
from core.shapes.code import short
from core.shapes.network import PRESETS
from core.training.config import TrainConfig, recipe
from core.training.run import Training
from tests.benchmarks.report import Row, facts, table
from tests.support.own_networks import bad, good
from tests.support.sample_data import made_splits

STEPS = 20  # of each network a round
MOST_RATIO = 1.05


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--lists", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=40)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")  # of torch, about layers that it takes
    facts()
    lists = range(arguments.lists)
    trained, refused = sum(map(trains, lists)), sum(map(is_refused, lists))
    table(
        "random lists",
        [
            Row("valid ones trained a step", f"{trained} of {len(lists)}", str(len(lists))),
            Row("with a fault, refused", f"{refused} of {len(lists)}", str(len(lists))),
        ],
    )
    lenet, listed, ratio = paces(arguments.rounds)
    table(
        "a step",
        [
            Row("LeNet", f"{1000 * lenet:.2f} ms", ""),
            Row("its list", f"{1000 * listed:.2f} ms", ""),
            Row("median of the ratios", f"{ratio:.3f}", f"{MOST_RATIO}"),
        ],
    )


def trains(seed: int) -> bool:
    splits = made_splits(train=50, validation=20)
    config = TrainConfig(batch_size=16, network=short(good(seed)))
    try:
        training = Training(config, splits)
    except InputError as error:
        return error.key == "network_refused" and any(layer.params.get("inplace") for layer in good(seed))
    return math.isfinite(training.step().loss) and math.isfinite(training.judge().validation_loss)


def is_refused(seed: int) -> bool:
    try:
        TrainConfig(network=short(bad(seed)) or ",")
    except InputError as error:
        return bool(str(error) and error.sentence("zh"))
    return False


def paces(rounds: int) -> tuple[float, float, float]:
    """Median seconds of a step of LeNet and of its list, and the median of their ratios round by round."""
    splits = made_splits(train=1280, validation=20)
    settings = {"epochs": 1 + 2 * STEPS * rounds // 10, "batch_size": 128}
    lenet = Training(recipe("fast", **settings), splits)
    listed = Training(recipe("fast", network=PRESETS["lenet"].text, **settings), splits)
    times = [(seconds(lenet), seconds(listed)) for _ in range(rounds + 1)][1:]
    firsts, seconds_ = zip(*times, strict=True)
    return (
        statistics.median(firsts),
        statistics.median(seconds_),
        statistics.median(second / first for first, second in times),
    )


def seconds(training: Training) -> float:
    """Seconds of this process for a step, of STEPS of them."""
    began = time.process_time()
    for _ in range(STEPS):
        if training.epoch_ended:
            training.epochs_judged += 1  # nobody judges here
        training.step()
    return (time.process_time() - began) / STEPS


if __name__ == "__main__":
    main()
