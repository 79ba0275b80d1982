"""The command line of core.trainer: trains and judges with the code that the app runs."""

import argparse
import copy
import math
import shlex
import sys
import time

import torch

from core.dataset import CLASSES, ImageSet, Splits, splits
from core.dataset.source import Source, drawing, source
from core.errors import InputError
from core.evaluation import Evaluation, evaluate
from core.files import locations
from core.normalisations import Normalisation
from core.shapes.code import from_short
from core.shapes.trainable import ends_in_softmax
from core.training import arguments, checkpoints
from core.training.config import recipe
from core.training.loop import EpochResult
from core.training.model_card import model_card
from core.training.output import Output
from core.training.run import Training

_ABSURD = 10 * math.log(len(CLASSES))  # ten times the loss of guessing
_STAGES = {
    "wait": "another program is drawing the sketches, waiting for it",
    "draw": "drawing the sketches, this once",
}
_WIDTH = 75  # characters; the shorter line covers the longer one
_INTERRUPTED = 130  # exit status after Ctrl-C, as shells have it


def main(given: list[str] | None = None) -> None:
    """Run the command line; an InputError or OSError exits with a one-line message."""
    options = arguments.parse(given)
    torch.set_num_threads(options.threads)
    try:
        if options.evaluate:
            _evaluate(options)
        else:
            _train(options)
    except InputError as error:
        sys.exit(f"error: {error}")
    except OSError as error:
        sys.exit(f"error: {error.strerror}: {error.filename}")
    except KeyboardInterrupt:
        print("\nstopped; nothing is kept of this run", file=sys.stderr)
        sys.exit(_INTERRUPTED)


def _evaluate(options: argparse.Namespace) -> None:
    model, stated = checkpoints.load_any(options.evaluate)
    mean, std = _fed(options, stated)
    _, data = _data(options)
    images = data.test if options.test else data.validation
    _report(images, evaluate(model.eval(), images.images, images.labels, mean=mean, std=std))


def _fed(options: argparse.Namespace, stated: Normalisation | None) -> Normalisation:
    """How to normalise the images: as the command line says, else the file, else the recipe."""
    given = {name: value for name in ("mean", "std") if (value := getattr(options, name)) is not None}
    config = recipe(options.recipe, **(stated._asdict() if stated else {}) | given)
    if not stated and len(given) < 2:
        numbers = "; ".join(
            f"--{name} {' '.join(f'{value:g}' for value in getattr(config, name))}"
            for name in ("mean", "std")
        )
        print(
            f"the file doesn't say how its images were normalised, so as recipe {options.recipe}: {numbers}"
        )
    return Normalisation(config.mean, config.std)


def _train(options: argparse.Namespace) -> None:
    config = recipe(options.recipe, hyper=options.hyper, **arguments.settings(options))
    if config.network and ends_in_softmax(from_short(config.network)):
        print(
            "warning: the last layer is a softmax, and the loss has one of its own: two of them learn slowly"
        )
    output = Output(options.out) if options.out else None
    if output:
        output.check()  # before the training, not after it
    origin, data = _data(options)
    training = Training(config, data)
    last = _run(training)
    judged = (data.validation, data.test) if options.test else (data.validation,)
    verdicts = [
        (images, evaluate(training.model, images.images, images.labels, mean=config.mean, std=config.std))
        for images in judged
    ]
    for images, verdict in verdicts:
        _report(images, verdict)
    if output:
        _write(output, training, last, origin, verdicts)
    if hint := _hint(last, verdicts[0][1]):
        print(f"hint: {hint}")


def _data(options: argparse.Namespace) -> tuple[Source, Splits]:
    """Find and load the data, drawing the sketches first where they are missing."""
    step = None
    for step in drawing(options.data):
        line = f"{_STAGES[step.stage]}: {step.done:,} of {step.total:,}"
        print(f"\r{line:<{_WIDTH}}", end="", flush=True)
    if step:
        print()
    found = source(options.data)
    return found, splits(found.folder, options.split_seed)


def _run(training: Training) -> EpochResult:
    """Train to the end, a line for each epoch; with patience the network ends as its best epoch left it.

    Returns the epoch whose weights it has. Raises InputError if the loss stops being finite.
    """
    began = time.perf_counter()
    for result in training:
        if isinstance(result, EpochResult):
            print(
                f"epoch {result.epoch:3d}  lr {result.lr:.2g}"
                f"  train loss {_loss(result.train_loss)} accuracy {result.train_accuracy:.4f}"
                f"  validation loss {_loss(result.validation_loss)} accuracy {result.validation_accuracy:.4f}"
                f"  {time.perf_counter() - began:.1f} s",
                flush=True,
            )
            last = result
            if training.patience and training.best_epoch == result.epoch:
                best, kept = result, copy.deepcopy(training.model.state_dict())
    if training.diverged_at:
        raise InputError("loss_not_finite", step=training.diverged_at)
    if not training.patience:
        return last
    training.model.load_state_dict(kept)
    print(
        f"{'stopped early: ' if training.stopped_early else ''}"
        f"epoch {best.epoch} of {last.epoch} was the best, its weights are taken"
    )
    return best


def _write(
    output: Output,
    training: Training,
    last: EpochResult,
    origin: Source,
    verdicts: list[tuple[ImageSet, Evaluation]],
) -> None:
    config = training.config
    metrics = {f"{images.name}_accuracy": verdict.accuracy for images, verdict in verdicts}
    checkpoints.save_weights(
        output.weights, training.model, config, origin.name, last.epoch, last.step, metrics
    )
    command = shlex.join(["python", "-m", "core.trainer", *sys.argv[1:]])
    card = model_card(output.weights, command, config, _written(origin), len(training.train), verdicts)
    output.write_card(card)
    print(f"wrote {output.weights} and its model card")


def _written(origin: Source) -> str:
    """The data set as a model card names it."""
    if origin.name == "sketches" or locations.is_official(origin.folder):
        return origin.name
    return f"{origin.name} in a copy that isn't the official files byte for byte"


def _report(images: ImageSet, result: Evaluation) -> None:
    recalls = " ".join(f"{recall:.3f}" for recall in result.per_class.recall.tolist())
    scores = f"loss {_loss(result.loss)}, accuracy {result.accuracy:.4f} ± {result.standard_error:.4f}"
    print(f"{images.name}: {len(images)} images, {scores}; by class {recalls}")


def _loss(value: float) -> str:
    return f"{value:.4f}" if value < 1e4 else f"{value:.3g}"


def _hint(last: EpochResult, validation: Evaluation) -> str:
    """What to try after a run that has learned nothing; empty after one that has."""
    worst = max(last.train_loss, validation.loss)
    if worst > _ABSURD:
        return f"a loss of {_loss(worst)} means that training diverged; lower --lr"
    chance = 1 / len(CLASSES)
    if validation.accuracy <= chance + 2 * math.sqrt(chance * (1 - chance) / len(validation.labels)):
        return (
            "this is no better than guessing; if the loss rose, lower --lr; if it was falling, raise --epochs"
        )
    return ""
