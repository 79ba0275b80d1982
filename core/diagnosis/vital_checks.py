"""Checks of a training's vital signs: what goes in, what comes out, and what a step does to each layer.

Each threshold names the highest value of the healthy runs and the lowest of the sick ones, runs of
`python -m tests.benchmarks.clinic.runs`, kept or --siblings.
"""

import math
from collections.abc import Sequence

from core.cifar10 import CLASSES
from core.diagnosis.finding import Case, Finding, sound, striking, unknown
from core.jobs.vitals import Vitals

CHANCE = math.log(len(CLASSES))
RARE = 1e-9  # a probability at which few classes in a batch are no accident
LARGE_INPUT = 10.0  # root mean square; healthy up to 0.95, pixels from 0 to 255 141
# Logarithm of the ratio of standard deviations, or means apart in these, on endless images; healthy up to
# 0.08, raw pixels 1.4, and ln 2 = 0.69 where mean and standard deviation are 0.5.
APART = 0.25
FIRST_LOSS = 0.7  # above ln 10; healthy up to 0.2, pixels from 0 to 255 from 0.6 to 1.1
SUM_OF_ONE = 1e-3
LARGE_FIRST_STEP = (
    1.0  # healthy up to 0.35, of Adagrad and RMSprop, which begin with a leap; 3.5 of Adam, lr 0.1
)
LARGE_STEP = 0.2  # healthy up to 0.07, of any optimizer up to 0.09; lr a thousand times too high from 0.38
SMALL_STEP = 1e-4  # the largest of a run; healthy 0.0018 at least, 0.0002 by step 10; SGD at lr 0.001 0.00006
GATHERED = 10  # steps after which momentum has built up
DEAD = 0.9  # of a layer; healthy up to 0.5, in runs that still learn up to 0.86; sick 1
SAME = 1e-6  # healthy 0.004 at least
FAINT = 5e-4  # at the start; LeNet with Sigmoid 0.00014
FADED = 1e-4  # of the strongest layer's gradient; healthy 0.014 at least, LeNet with Sigmoid 0.0005


def batch(case: Case) -> Finding:
    """Count the classes in a batch: a shuffled one of 128 images has all ten."""
    seen = [report for report in case.vitals if report.images][: case.steps_per_epoch]
    if not seen:
        return unknown("batch")
    fewest = min(seen, key=lambda report: report.classes)
    likely = sum(1 - (1 - share) ** fewest.images for share in case.shares)
    numbers = {"classes": fewest.classes, "images": fewest.images, "likely": likely}
    if sum(_log_probability(report, case.shares) for report in seen) < math.log(RARE):
        return striking("batch", "few", ["class_order"], seen[0].step, **numbers)
    return sound("batch", **numbers)


def _log_probability(report: Vitals, shares: Sequence[float]) -> float:
    """Upper bound of the logarithm of the probability that so many images have so few classes.

    A union over the choices of classes, each as likely as the most frequent ones together.
    """
    most = sum(sorted(shares, reverse=True)[: report.classes])
    ways = math.comb(len(shares), min(report.classes, len(shares)))
    return min(0.0, math.log(ways) + report.images * math.log(min(1.0, most))) if most else 0.0


def inputs(case: Case) -> Finding:
    """Measure what the network is given: normalised images have a mean near 0 and a spread near 1."""
    for report in case.vitals:
        mean, std = report.inputs
        if mean is None or std is None:
            continue
        if math.hypot(mean, std) > LARGE_INPUT:
            return striking("inputs", "large", ["pixels_255"], report.step, mean=mean, std=std)
        return sound("inputs", mean=mean, std=std)
    return unknown("inputs")


def validation_inputs(case: Case) -> Finding:
    """Compare validation's inputs with training's, both pooled over all measured batches."""
    seen = [report for report in case.vitals if None not in (*report.inputs, *report.validation)]
    images = sum(report.images for report in seen)
    if not images:
        return unknown("validation_inputs")
    mean, std = _pooled([(report.images, *report.inputs) for report in seen])  # type: ignore[misc]
    other_mean, other_std = _pooled([(1, *report.validation) for report in seen])  # type: ignore[misc]
    if not std or not other_std:
        return unknown("validation_inputs")
    numbers = {"mean": mean, "std": std, "validation_mean": other_mean, "validation_std": other_std}
    tolerance = APART + 1 / math.sqrt(images)  # few images differ by chance
    apart = max(abs(math.log(other_std / std)), abs(other_mean - mean) / std)
    if apart > tolerance:
        return striking("validation_inputs", "apart", ["validation_raw"], seen[0].step, **numbers)
    return sound("validation_inputs", **numbers)


def _pooled(parts: Sequence[tuple[int, float, float]]) -> tuple[float, float]:
    """Mean and standard deviation over all images of (images, mean, standard deviation)."""
    images = sum(part[0] for part in parts)
    mean = sum(count * own for count, own, _ in parts) / images
    square = sum(count * (own**2 + std**2) for count, own, std in parts) / images
    return mean, math.sqrt(max(0.0, square - mean**2))


def weights(case: Case) -> Finding:
    """Look for layers that begin with nothing but zeros."""
    for report in case.vitals:
        norms = {layer.name: layer.weight for layer in report.layers if layer.weight is not None}
        if not norms:
            continue
        smallest = min(norms, key=norms.__getitem__)
        zero = sum(norm == 0 for norm in norms.values())
        numbers = {"norm": norms[smallest], "layer": smallest, "zero": zero, "layers": len(norms)}
        if zero:
            return striking("weights", "zero", ["weights_zero"], report.step, **numbers)
        return sound("weights", **numbers)
    return unknown("weights")


def first_loss(case: Case) -> Finding:
    """Compare the loss before the first step with ln 10, that of a guess among ten classes."""
    if not case.fresh:
        return unknown("first_loss", "branch")
    if not case.losses or case.losses[0][0] != 1 or case.losses[0][1] is None:
        return unknown("first_loss")
    loss = case.losses[0][1]
    images = min((report.images for report in case.vitals if report.images), default=case.config.batch_size)
    if loss > CHANCE + FIRST_LOSS + 1 / math.sqrt(images):  # of few images the loss differs by chance
        return striking("first_loss", "high", ["pixels_255", "initialisation"], 1, loss=loss, chance=CHANCE)
    return sound("first_loss", loss=loss, chance=CHANCE)


def outputs(case: Case) -> Finding:
    """Look for outputs that are probabilities already: cross-entropy wants logits."""
    lows = [(report.lowest, *report.sums) for report in case.vitals]
    seen = [(lowest, low, high) for lowest, low, high in lows if None not in (lowest, low, high)]
    if not seen:
        return unknown("outputs")
    lowest = min(row[0] for row in seen)  # type: ignore[type-var]
    numbers = {"low": seen[0][1], "high": seen[0][2], "lowest": lowest}
    sums = [total for row in seen for total in row[1:] if total is not None]
    if lowest is not None and lowest >= 0 and all(abs(total - 1) < SUM_OF_ONE for total in sums):
        return striking("outputs", "softmax", ["double_softmax"], case.vitals[0].step, **numbers)
    if lowest is not None and lowest >= 0 and len(seen) > 1:  # once, by chance, so may small first outputs be
        return striking("outputs", "positive", ["double_softmax"], case.vitals[0].step, **numbers)
    return sound("outputs", **numbers)


def leftover(case: Case) -> Finding:
    """Look for gradient that an earlier step left: each step needs that of its own batch alone."""
    seen = [report for report in case.vitals if report.step > 1 and report.leftover is not None]
    if not seen:
        return unknown("leftover")
    found = next((report for report in seen if report.leftover), seen[-1])
    numbers = {"leftover": found.leftover, "gradient": _total_gradient(found), "at": found.step}
    if found.leftover:
        return striking("leftover", "kept", ["no_zero_grad"], found.step, **numbers)
    return sound("leftover", **numbers)


def _total_gradient(report: Vitals) -> float:
    return math.hypot(*(layer.gradient or 0.0 for layer in report.layers))


def step(case: Case) -> Finding:
    """Compare what a step changes with the size of the weights; Karpathy aims at a thousandth."""
    rows = [
        (layer.update / layer.weight, layer.name, report.step, bool(layer.gradient))
        for report in case.vitals
        for layer in report.layers
        if layer.weight and layer.update is not None
    ]
    driven = [row for row in rows if row[3]]  # without a gradient there is weight decay alone
    if not driven:
        return unknown("step")
    large = next((row for row in rows if row[0] > (LARGE_STEP if row[2] > 1 else LARGE_FIRST_STEP)), None)
    ratio, layer, at, _ = large or max(driven)
    numbers = {"ratio": ratio, "layer": layer, "at": at}
    if large:
        return striking("step", "large", ["lr_high", "lr_range"], at, **numbers)
    if ratio < SMALL_STEP and driven[-1][2] >= GATHERED and not case.learned:
        return striking("step", "small", ["lr_low", "lr_range"], driven[0][2], **numbers)
    return sound("step", **numbers)


def dead(case: Case) -> Finding:
    """Look for a layer whose ReLUs return 0 for all images: nothing gets through, no gradient back."""
    shares = [
        (layer.dead, layer.name, report.step)
        for report in case.vitals
        for layer in report.layers
        if layer.dead is not None
    ]
    if not shares:
        return unknown("dead", "absent" if case.vitals else "unmeasured")
    share, layer, at = next((row for row in shares if row[0] >= DEAD), max(shares))
    before = next(own for own, name, _ in shares if name == layer)
    numbers = {"share": share, "layer": layer, "at": at, "before": before}
    if share < DEAD:
        return sound("dead", **numbers)
    if at == shares[0][2]:
        return striking("dead", "born", ["dead_relus", "initialisation"], at, **numbers)
    return striking("dead", "died", ["lr_high", "lr_range"], at, **numbers)  # a large step has killed them


def alike(case: Case) -> Finding:
    """Measure how much the outputs differ between images: alike for all, nothing is told apart."""
    seen = [(report.spread, report.step) for report in case.vitals if report.spread is not None]
    if not seen:
        return unknown("alike")
    spread, at = next((row for row in seen if row[0] < SAME), min(seen))
    numbers = {"spread": spread, "at": at}
    if spread < SAME:
        return striking("alike", "same", ["initialisation"], at, **numbers)
    if seen[0][0] < FAINT and not case.learned:
        return striking("alike", "faint", ["initialisation"], seen[0][1], spread=seen[0][0], at=seen[0][1])
    return sound("alike", **numbers)


def gradient(case: Case) -> Finding:
    """Compare the layers' gradients: one that gets none, or next to none, doesn't learn."""
    shares = []
    for report in case.vitals:
        norms = {layer.name: layer.gradient for layer in report.layers if layer.gradient is not None}
        if norms:
            weakest, most = min(norms, key=norms.__getitem__), max(norms.values())
            shares.append((norms[weakest] / most if most else 0.0, weakest, norms[weakest], report.step))
    if not shares:
        return unknown("gradient")
    found = next((row for row in shares if row[0] < FADED), None)
    ratio, layer, norm, at = found or min(shares)
    numbers = {"ratio": ratio, "layer": layer, "norm": norm, "at": at}
    if found:
        return striking("gradient", "faded", ["initialisation"], at, **numbers)
    return sound("gradient", **numbers)
