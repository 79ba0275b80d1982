"""The lr range test: loss against learning rate in one short run, and the range that works."""

import statistics
from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace

from core.dataset import Splits
from core.errors import InputError
from core.files.locations import DataSet
from core.progress import Progress
from core.training.config import TrainConfig
from core.training.costs import epoch_seconds, training_images
from core.training.run import Training

# The same for all optimizers, so that their curves can be laid side by side: torch's defaults of all ten lie
# inside, Adam's 0.001 as well as Adadelta's 1.
LOW, HIGH = 1e-5, 10.0
# LeNet's loss stays near ln 10 for its first hundred steps: with 150 steps in all it has hardly begun to fall
# before the learning rate is too high.
STEPS = 400
SMOOTHING = 0.9  # of the moving average: about ten steps
STOP = 4.0  # times the lowest smoothed loss
FIRST = 10  # steps whose mean loss stands for the untrained network's
LONGEST = 15 * 60  # seconds
LEAST_FALL = 0.02  # of that loss; the smoothed loss of batches wanders by less
BEGUN = 0.1  # share of the fall at which it has clearly begun
# The suggested lr is so many times below the upper end. After three epochs with it, LeNet and LeNet with
# BatchNorm have 54 to 89% right in 30 trainings; with the upper end 10% in several, with ten times that at
# most 32% in any. `python -m tests.benchmarks.clinic.short_tests lr_range` prints them.
MARGIN = 5.0


@dataclass(frozen=True)
class WorkingRange:
    """Learning rates between which the loss falls, and one to begin with."""

    low: float
    high: float
    suggested: float


@dataclass(frozen=True)
class RangeTest:
    """Loss against learning rate, a value for each step; `losses` and `smoothed` are finite.

    `working` is None where the loss never fell.
    """

    lrs: Sequence[float]
    losses: Sequence[float]  # of the batch, before the step with this learning rate
    smoothed: Sequence[float]
    working: WorkingRange | None


def lr_at(step: int) -> float:
    """Learning rate of a step, 0 to STEPS - 1: exponentially from LOW to HIGH."""
    return float(LOW * (HIGH / LOW) ** (step / (STEPS - 1)))


def for_test(config: TrainConfig) -> TrainConfig:
    """The settings of the test: configs that differ in learning rate, schedule or epochs share it."""
    return replace(config, lr=LOW, schedule="constant", epochs=1)


def seconds(config: TrainConfig, data_set: DataSet) -> float:
    """About how long the test takes on a laptop."""
    steps = training_images(config, data_set) / config.batch_size
    return STEPS * epoch_seconds(config, data_set) / max(1.0, steps)


def require_short(config: TrainConfig, data_set: DataSet) -> None:
    """Check the time of the test. Raises InputError for more than LONGEST."""
    needed = seconds(config, data_set)
    if needed > LONGEST:
        raise InputError("lr_range_slow", minutes=round(needed / 60), most=LONGEST // 60)


def range_test(config: TrainConfig, splits: Splits) -> Generator[Progress, None, RangeTest]:
    """Train for STEPS steps while the learning rate rises from LOW to HIGH; a step of progress for each.

    Of `config` all but learning rate, schedule and epochs counts. It stops early when the loss is not finite
    or the smoothed loss is more than STOP times its lowest. Raises InputError as `Training` does.

    Source: Smith 2017 "Cyclical Learning Rates for Training Neural Networks", section 3.3; there the learning
    rate rises linearly.
    """
    training = Training(replace(for_test(config), epochs=STEPS), splits)  # an epoch has a step at least
    lrs: list[float] = []
    losses: list[float] = []
    smoothed: list[float] = []
    for step in range(STEPS):
        for group in training.optimizer.param_groups:
            group["lr"] = lr_at(step)
        result = training.step()
        if result.diverged:
            break
        lrs.append(result.lr)
        losses.append(result.loss)
        smoothed.append(smoothed_with(result.loss, smoothed))
        if smoothed[-1] > STOP * min(smoothed):
            break
        yield Progress(step + 1, STEPS)
    return RangeTest(lrs, losses, smoothed, working_range(lrs, losses, smoothed))


def smoothed_with(value: float, smoothed: Sequence[float]) -> float:
    """The next value of a moving average with bias correction, after `smoothed`.

    Source: Kingma & Ba 2015, section 3
    """
    before = 1 - SMOOTHING ** len(smoothed)
    average = SMOOTHING * before * (smoothed[-1] if smoothed else 0.0) + (1 - SMOOTHING) * value
    return average / (1 - SMOOTHING ** (len(smoothed) + 1))


def working_range(
    lrs: Sequence[float], losses: Sequence[float], smoothed: Sequence[float]
) -> WorkingRange | None:
    """Where the smoothed loss falls; None where it doesn't.

    `high` is the learning rate of the lowest smoothed loss. `low` is the first from which on, up to `high`,
    a tenth (BEGUN) of the fall is done; the fall is the difference of the mean of the FIRST losses and the
    lowest smoothed one. `suggested` is `high` / MARGIN, to two digits.

    A fall has to be more than LEAST_FALL of the first losses' mean and more than their standard deviation.
    """
    if len(losses) <= FIRST:
        return None
    start = statistics.fmean(losses[:FIRST])
    lowest = min(range(len(smoothed)), key=smoothed.__getitem__)
    fall = start - smoothed[lowest]
    if fall <= max(LEAST_FALL * start, statistics.stdev(losses[:FIRST])):
        return None
    above = [step for step in range(lowest) if smoothed[step] > start - BEGUN * fall]
    low = lrs[above[-1] + 1] if above else lrs[0]
    return WorkingRange(low, lrs[lowest], rounded(lrs[lowest] / MARGIN))


def rounded(lr: float) -> float:
    """A learning rate to two digits."""
    return float(f"{lr:.2g}")
