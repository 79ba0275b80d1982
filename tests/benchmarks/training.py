"""Our training beside the source tutorial's own loop and beside a bare loop, on CIFAR-10.

    python -m tests.benchmarks.training DATA [--threads 1 2] [--parts a b c d e] [--race 5 128 0.08] [--quick]

DATA is the folder cifar-10-batches-py or its parent. Each pair of figures is taken side by side in this
process, A B A B, on the same images and the same number of threads. --threads are those of the training
process; the tutorial's four loader workers come on top, as the tutorial is written. On two cores, c takes
about 15 minutes for each thread count, the other parts about 2 each; --quick (2,000 images, 2 epochs, one
seed) half a minute in all, to see that everything works: its ratios mean nothing, since starting loader
workers dominates.

a  one epoch over 50,000 images; steps only, nothing is judged
b  our `Training.step` against a bare loop over float tensors that were normalised beforehand: batch, forward,
   backward, optimizer and, where the recipe has one, schedule, on the same batches; no loss is read, nothing
   is counted. Both sides do the same sums in another order, so their weights differ by rounding, about 1e-8
   after a few steps; a learning rate at the edge of what is stable may magnify that as far as it likes
c  seconds of training steps until the tutorial's accuracy after its 10 epochs; the test split is judged off
   the clock after each epoch
d  test accuracy of the fast recipe on the app's own split of 45,000 / 5,000
e  share of a whole run, as a worker does it with judging and checkpoints, that goes into the kernels and the
   confusion matrices it reports for the page's pictures
"""

import argparse
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.dataset import ImageSet, Splits, load_split, splits
from core.dataset.splits import SPLIT_SEED
from core.evaluation import evaluate
from core.jobs.events import EventWriter
from core.jobs.tasks.train import TrainingAttempt
from core.jobs.worker.job import Job
from core.lenet import LeNet
from core.normalisations import NORMALISATIONS
from core.normalise import normalise
from core.optimizers import OPTIMIZERS
from core.training import loop, run, schedules
from core.training.config import TrainConfig, recipe
from core.training.run import Training
from core.training.snapshots import Snapshots
from tests.benchmarks.report import Row, facts, seconds, table, times
from tests.benchmarks.tutorial import Tutorial

SEEDS = (0, 1, 2)
ROUNDING = 1e-5  # more than rounding makes of two weights in a twentieth of an epoch
BLOCKS = 20  # of an epoch; part b changes sides this often, so that a disturbance meets both


@dataclass(frozen=True)
class Plan:
    """The data and settings of one measurement."""

    data: Splits  # all 50,000 images as train
    root: Path
    threads: int
    epochs: int  # of the tutorial in part c
    race: tuple[int, int, float]  # our epochs, batch size and peak lr in part c
    quick: bool

    @property
    def seeds(self) -> tuple[int, ...]:
        return SEEDS[:1] if self.quick else SEEDS


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--parts", nargs="+", choices=list(PARTS), default=list(PARTS))
    parser.add_argument(
        "--race",
        nargs=3,
        metavar=("EPOCHS", "BATCH", "LR"),
        default=("5", "128", "0.08"),
        help="our side of part c",
    )
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    # Four workers on two cores are the tutorial's choice.
    warnings.filterwarnings("ignore", message="This DataLoader will create")
    train, test = all_images(arguments.data, 2_000 if arguments.quick else None)
    facts(images=f"{len(train):,}")
    epochs, batch_size, lr = arguments.race
    race = (2 if arguments.quick else int(epochs), int(batch_size), float(lr))
    for threads in arguments.threads:
        torch.set_num_threads(threads)
        plan = Plan(
            Splits(train, test, test),
            arguments.data,
            threads,
            2 if arguments.quick else 10,
            race,
            arguments.quick,
        )
        warm_up(plan.data)
        for part in arguments.parts:
            PARTS[part](plan)


def all_images(root: Path, count: int | None) -> tuple[ImageSet, ImageSet]:
    """The whole training files as train, and the test files as test; at most `count` images of each."""
    sets = []
    for name in ("train", "test"):
        images, labels = load_split(root, train=name == "train")
        sets.append(ImageSet(images[:count], labels[:count], name))
    return sets[0], sets[1]


def warm_up(data: Splits) -> None:
    """Run a few batches of both sides: what torch and torchvision set up at first use belongs to neither."""
    few = ImageSet(data.train.images[:256], data.train.labels[:256], "train")
    Tutorial(few.images, few.labels, 0).epoch()
    for name in ("tutorial", "fast"):
        for _ in run.fit(recipe(name, epochs=1), Splits(few, few, few)):
            pass


def clock(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def epoch(training: Training) -> None:
    """Take all steps of one epoch, without judging it."""
    while not training.epoch_ended:
        training.step()


def ratio(slow: list[float], quick: list[float]) -> str:
    """Median of the ratios of the pairs."""
    return times(statistics.median(a / b for a, b in zip(slow, quick, strict=True)))


def part_a(plan: Plan) -> None:
    taken: dict[str, list[float]] = {"tutorial 16": [], "ours 16": [], "tutorial 128": [], "ours 128": []}
    for seed in plan.seeds:
        for batch_size in (16, 128):
            theirs = Tutorial(plan.data.train.images, plan.data.train.labels, seed, batch_size)
            taken[f"tutorial {batch_size}"].append(clock(theirs.epoch))
            ours = Training(recipe("tutorial", epochs=1, batch_size=batch_size, seed=seed), plan.data)
            taken[f"ours {batch_size}"].append(clock(lambda ours=ours: epoch(ours)))
    rows = [
        Row(f"{name.replace(' ', ', batch ')}: one epoch", seconds(values)) for name, values in taken.items()
    ]
    rows += [
        Row("batch 16, ours against the tutorial", ratio(taken["tutorial 16"], taken["ours 16"]), "3x"),
        Row(
            "ours at 128 against the tutorial as written (16)",
            ratio(taken["tutorial 16"], taken["ours 128"]),
            "7x",
        ),
        Row(
            "ours at 128 against the tutorial's loop at 128", ratio(taken["tutorial 128"], taken["ours 128"])
        ),
    ]
    table(
        f"a. one epoch, {len(plan.data.train):,} images, {plan.threads} thread(s), the tutorial's optimizer",
        rows,
    )


class Bare:
    """The barest training loop: float images [N, 3, 32, 32] in memory and the order of one epoch."""

    def __init__(
        self, config: TrainConfig, images: Tensor, labels: Tensor, order: Tensor, total_steps: int
    ) -> None:
        torch.manual_seed(config.seed)
        self.model = LeNet()
        self.images, self.labels = images, labels
        self.batches = order.split(config.batch_size)
        self.optimizer = OPTIMIZERS[config.optimizer].build(
            self.model.parameters(), config.lr, config.weight_decay
        )
        changing = config.schedule != "constant"
        self.schedule = (
            schedules.build(config.schedule, self.optimizer, config.lr, total_steps) if changing else None
        )

    def run(self, first: int, last: int) -> None:
        for chosen in self.batches[first:last]:
            loss = F.cross_entropy(self.model(self.images[chosen]), self.labels[chosen])
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
            if self.schedule:
                self.schedule.step()


def part_b(plan: Plan) -> None:
    rows = []
    for name in ("tutorial", "fast"):
        images = floats(plan.data.train.images, recipe(name))
        for batch_size in (16, 128):
            pairs, drifts = [], []
            for seed in plan.seeds:
                # Two epochs, since ours leaves out the very last schedule step.
                config = recipe(name, epochs=2, batch_size=batch_size, seed=seed)
                ours, bare, drift = side_by_side(config, plan.data, images)
                pairs.append((ours, bare))
                drifts.append(drift)
            label = f"{name}, batch {batch_size}"
            rows.append(Row(f"{label}: ours", seconds([ours for ours, _ in pairs])))
            rows.append(Row(f"{label}: bare loop", seconds([bare for _, bare in pairs])))
            rows.append(
                Row(f"{label}: ours / bare", ratio(*map(list, zip(*pairs, strict=True))), "at most 1.10x")
            )
            rows += difference(label, drifts)
    table(
        f"b. our epoch against a bare loop, {len(plan.data.train):,} images, {plan.threads} thread(s)", rows
    )


@dataclass(frozen=True)
class Drift:
    """Largest difference of the two sets of weights after the first few steps and after the epoch."""

    steps: int
    early: float
    late: float


def difference(label: str, drifts: list[Drift]) -> list[Row]:
    """Rows on the largest difference of the two sets of weights, and how to read it."""
    early, late = max(drift.early for drift in drifts), max(drift.late for drift in drifts)
    if early > ROUNDING:
        reading = "NOT the same work"
    elif late > ROUNDING:
        reading = "the rounding above, magnified by the high learning rate"
    else:
        reading = ""
    return [
        Row(
            f"{label}: weights differ after the first steps ({drifts[0].steps}) by at most",
            f"{early:.1g}",
            "rounding",
        ),
        Row(f"{label}: weights differ after the epoch by at most", f"{late:.1g}", reading),
    ]


def floats(images: Tensor, config: TrainConfig) -> Tensor:
    """Normalise all images as the config says; 0.6 GB for 50,000."""
    result = torch.empty(images.shape)
    for start in range(0, len(images), 1000):
        result[start : start + 1000] = normalise(images[start : start + 1000], config.mean, config.std)
    return result


def side_by_side(config: TrainConfig, data: Splits, images: Tensor) -> tuple[float, float, Drift]:
    """Seconds of the first epoch, ours and bare, taken in turns, and how far their weights drift apart."""
    training = Training(config, data)
    order = torch.randperm(len(images), generator=loop.generator(config.seed, 0))
    bare = Bare(config, images, data.train.labels, order, training.total_steps)
    steps = training.steps_per_epoch
    blocks = min(BLOCKS, steps)
    bounds = [steps * k // blocks for k in range(blocks + 1)]
    ours_taken = bare_taken = 0.0
    apart = []
    for first, last in pairwise(bounds):
        ours_taken += clock(lambda count=last - first: [training.step() for _ in range(count)])
        bare_taken += clock(lambda first=first, last=last: bare.run(first, last))
        apart.append(distance(training.model, bare.model))
    return ours_taken, bare_taken, Drift(bounds[1], apart[0], apart[-1])


def distance(first: nn.Module, other: nn.Module) -> float:
    """Largest difference of any weight."""
    pairs = zip(first.parameters(), other.parameters(), strict=True)
    return max(float((a - b).detach().abs().max()) for a, b in pairs)


def part_c(plan: Plan) -> None:
    rows, ratios = [], []
    epochs, batch_size, lr = plan.race
    for seed in plan.seeds:
        theirs, goal = tutorial_time(plan, seed)
        config = recipe("fast", epochs=epochs, batch_size=batch_size, lr=lr, seed=seed)
        ours, reached, crossing = our_time(config, plan.data, goal)
        rows.append(
            Row(
                f"seed {seed}: tutorial, {plan.epochs} epochs",
                f"{theirs:.1f} s, {100 * goal:.2f}%",
                "62.9%",
            )
        )
        outcome = (
            f"crossed in epoch {crossing} of {epochs}" if crossing else f"not reached in {epochs} epochs"
        )
        rows.append(Row(f"seed {seed}: ours, {outcome}", f"{ours:.1f} s, {100 * reached:.2f}%"))
        ratios.append(theirs / ours if crossing else 0.0)
    by_seed = ", ".join(times(ratio_of_seed) for ratio_of_seed in ratios)
    rows.append(
        Row(
            "time to the tutorial's accuracy, median (0: not reached)",
            f"{times(statistics.median(ratios))} ({by_seed})",
            "15x",
        )
    )
    size = f"{len(plan.data.train):,} images, {plan.threads} thread(s)"
    table(
        f"c. time to the tutorial's final test accuracy, {size}, "
        f"ours: fast, batch {batch_size}, peak lr {lr:g}",
        rows,
    )


def tutorial_time(plan: Plan, seed: int) -> tuple[float, float]:
    """Seconds of all the tutorial's epochs, and the test accuracy at the end."""
    theirs = Tutorial(plan.data.train.images, plan.data.train.labels, seed)
    taken = sum(clock(theirs.epoch) for _ in range(plan.epochs))
    test = plan.data.test
    return taken, evaluate(
        theirs.model, test.images, test.labels, **NORMALISATIONS["half"]._asdict()
    ).accuracy


def our_time(config: TrainConfig, data: Splits, goal: float) -> tuple[float, float, int | None]:
    """Seconds of our steps up to the epoch that reaches `goal` on the test split, its accuracy, its number.

    The validation split of `data` is its test split, so that judging an epoch, off the clock, gives the test
    accuracy.
    """
    training, taken, accuracy = Training(config, data), 0.0, 0.0
    while not training.done:
        taken += clock(lambda: epoch(training))
        accuracy = training.judge().validation_accuracy
        if accuracy >= goal:
            return taken, accuracy, training.epochs_judged
    return taken, accuracy, None


def part_d(plan: Plan) -> None:
    data = plan.data if plan.quick else splits(plan.root, SPLIT_SEED)
    short, long = (2, 2) if plan.quick else (6, 20)
    scores = [trained(recipe("fast", epochs=short, seed=seed), data) for seed in plan.seeds]
    rows = [
        Row(f"{short} epochs, seed {seed}", summary(score))
        for seed, score in zip(plan.seeds, scores, strict=True)
    ]
    rows.append(
        Row(
            f"{short} epochs, median test accuracy",
            f"{100 * statistics.median(test for test, _, _ in scores):.2f}%",
            "63%",
        )
    )
    longest = trained(recipe("fast", epochs=long, flip=True, crop=2), data)
    rows.append(Row(f"{long} epochs with flip and crop 2, seed 0", summary(longest), "72%"))
    table(
        f"d. the fast recipe, {len(data.train):,} training images, {plan.threads} thread(s); "
        "seconds of steps and validation",
        rows,
    )


def trained(config: TrainConfig, data: Splits) -> tuple[float, float, float]:
    """Test accuracy, validation accuracy, seconds."""
    training = Training(config, data)
    taken = clock(lambda: list(training))
    test, validation = (
        evaluate(training.model, part.images, part.labels, mean=config.mean, std=config.std).accuracy
        for part in (data.test, data.validation)
    )
    return test, validation, taken


def summary(score: tuple[float, float, float]) -> str:
    test, validation, taken = score
    return f"test {100 * test:.2f}%, validation {100 * validation:.2f}%, {taken:.1f} s"


class TimedWriter(EventWriter):
    """Writer that counts the reports for pictures, their bytes, and the seconds that writing them takes."""

    spent, count = 0.0, 0

    def write(self, kind: str, **fields: Any) -> None:
        began = time.perf_counter()
        super().write(kind, **fields)
        if kind in ("kernels", "confusion"):
            self.spent += time.perf_counter() - began
            self.count += 1


class TimedAttempt(TrainingAttempt):
    """Attempt that also counts the seconds in which the kernels become images."""

    making = 0.0

    def _report_kernels(self) -> None:
        assert isinstance(self.job.events, TimedWriter)
        began, written = time.perf_counter(), self.job.events.spent
        super()._report_kernels()
        self.making += time.perf_counter() - began - (self.job.events.spent - written)


def part_e(plan: Plan) -> None:
    rows = []
    nobody: Any = SimpleNamespace(wanted=None)  # gives no orders
    for name in ("tutorial", "fast"):
        config = recipe(name, epochs=plan.epochs if name == "fast" else 2)
        training = Training(config, plan.data)
        with tempfile.TemporaryDirectory() as folder, TimedWriter(Path(folder, "events.jsonl"), 1) as events:
            job = Job(Path(folder), {}, 1, None, events, nobody)
            attempt = TimedAttempt(job, training, Snapshots(Path(folder), config, "cifar-10"))
            taken = clock(attempt.run)
        share = (events.spent + attempt.making) / taken
        rows.append(Row(f"{name}: {events.count} reports in {taken:.1f} s", f"{100 * share:.3f}%", "1%"))
    table(f"e. reports for pictures, {len(plan.data.train):,} images, {plan.threads} thread(s)", rows)


PARTS = {"a": part_a, "b": part_b, "c": part_c, "d": part_d, "e": part_e}

if __name__ == "__main__":
    main()
