"""The command line of core.trainer: trains and judges with the code that the app runs.

python -m core.trainer cifar-10 --recipe fast --epochs 6          # a data set by name, where the app keeps it
python -m core.trainer FOLDER --recipe tutorial --out lenet.safetensors
python -m core.trainer FOLDER --evaluate lenet.safetensors --test
"""

import argparse
import shlex
import sys
import time
from dataclasses import fields
from pathlib import Path

import torch

from core.dataset import ImageSet, Splits, splits
from core.dataset.splits import SPLIT_SEED
from core.errors import InputError
from core.evaluation import Evaluation, evaluate
from core.files import locations
from core.optimizers import OPTIMIZERS
from core.training import checkpoints
from core.training.config import BOUNDS, DEVICES, RECIPES, SCHEDULES, TrainConfig, recipe
from core.training.loop import EpochResult
from core.training.model_card import model_card
from core.training.run import Training


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; an InputError or OSError exits with a one-line message."""
    options = _parser().parse_args(arguments)
    torch.set_num_threads(options.threads)
    try:
        folder, name = _data(options.data)
        data = splits(folder, options.split_seed)
        if options.evaluate:
            weights = checkpoints.load_weights(options.evaluate)
            chosen = data.test if options.test else data.validation
            result = evaluate(
                weights.network(), chosen.images, chosen.labels, mean=weights.mean, std=weights.std
            )
            _report(result, chosen)
        else:
            _train(_config(options), data, folder, name, options)
    except InputError as error:
        sys.exit(f"error: {error}")
    except OSError as error:
        sys.exit(f"error: {error.strerror}: {error.filename}")


def _train(config: TrainConfig, data: Splits, folder: Path, name: str, options: argparse.Namespace) -> None:
    if options.out and not options.out.absolute().parent.is_dir():  # fail before the training, not after it
        raise InputError("out_folder_missing", folder=str(options.out.absolute().parent))
    training = Training(config, data)
    began = time.perf_counter()
    for result in training:
        if isinstance(result, EpochResult):
            print(
                f"epoch {result.epoch:3d}  lr {result.lr:.2g}"
                f"  train loss {result.train_loss:.4f} accuracy {result.train_accuracy:.4f}"
                f"  validation loss {result.validation_loss:.4f} accuracy {result.validation_accuracy:.4f}"
                f"  {time.perf_counter() - began:.1f} s",
                flush=True,
            )
    if training.diverged_at:
        raise InputError("diverged", step=training.diverged_at)
    judged = (data.validation, data.test) if options.test else (data.validation,)
    verdicts = [
        (images, evaluate(training.model, images.images, images.labels, mean=config.mean, std=config.std))
        for images in judged
    ]
    for images, verdict in verdicts:
        _report(verdict, images)
    if options.out:
        metrics = {f"{images.name}_accuracy": verdict.accuracy for images, verdict in verdicts}
        checkpoints.save_weights(
            options.out, training.model, config, name, config.epochs, training.steps_done, metrics
        )
        card = model_card(
            options.out, _command(), config, _origin(folder, name), len(training.train), verdicts
        )
        options.out.with_suffix(".md").write_text(card, encoding="utf-8")
        print(f"wrote {options.out} and its model card")


def _origin(folder: Path, name: str) -> str:
    """The data set as a model card names it."""
    return (
        name
        if name == "sketches" or locations.is_official(folder)
        else f"{name} in a copy that isn't the official files byte for byte"
    )


def _command() -> str:
    return shlex.join(["python", "-m", "core.trainer", *sys.argv[1:]])


def _report(result: Evaluation, images: ImageSet) -> None:
    recalls = " ".join(f"{recall:.3f}" for recall in result.per_class.recall.tolist())
    scores = f"loss {result.loss:.4f}, accuracy {result.accuracy:.4f} ± {result.standard_error:.4f}"
    print(f"{images.name}: {len(images)} images, {scores}; by class {recalls}")


def _data(given: str) -> tuple[Path, str]:
    """The data folder, and the data set's name to store with the weights."""
    if given not in locations.DATA_SETS:
        return Path(given), "cifar-10"
    name = next(data_set for data_set in locations.DATA_SETS if data_set == given)
    folder = locations.locate(name)
    if folder is None:
        raise InputError("data_folder_missing", folder=str(locations.parent(name) / locations.FOLDER))
    return folder, name


def _config(options: argparse.Namespace) -> TrainConfig:
    names = {row.name for row in fields(TrainConfig)} - {"hyper"}
    given = {name: value for name, value in vars(options).items() if name in names and value is not None}
    return recipe(options.recipe, hyper=dict(options.hyper), **given)


def _pair(text: str) -> tuple[str, float]:
    name, _, value = text.partition("=")
    return name, float(value)


def _seed(text: str) -> int:
    if not BOUNDS["seed"].low <= int(text) <= BOUNDS["seed"].high:
        raise ValueError(text)
    return int(text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m core.trainer",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("data", help="sketches, cifar-10, or a folder that holds cifar-10-batches-py")
    parser.add_argument("--recipe", choices=RECIPES, default="fast")
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--batch-size", type=int)
    parser.add_argument("--optimizer", choices=OPTIMIZERS)
    parser.add_argument("--lr", type=float, help="(peak) learning rate")
    parser.add_argument(
        "--hyper", type=_pair, nargs="*", default=[], metavar="NAME=VALUE", help="such as momentum=0.95"
    )
    parser.add_argument("--weight-decay", type=float)
    parser.add_argument("--schedule", choices=SCHEDULES)
    parser.add_argument("--flip", action=argparse.BooleanOptionalAction)
    parser.add_argument("--crop", type=int, help="random shift in pixels")
    parser.add_argument("--mean", type=float, nargs=3)
    parser.add_argument("--std", type=float, nargs=3)
    parser.add_argument("--seed", type=int)
    parser.add_argument(
        "--split-seed", type=_seed, default=SPLIT_SEED, help="which tenth of the training files is validation"
    )
    parser.add_argument("--train-size", type=int)
    parser.add_argument("--device", choices=DEVICES)
    parser.add_argument("--threads", type=int, choices=range(1, 257), default=1, metavar="1..256")
    parser.add_argument(
        "--test", action="store_true", help="judge the test split too; look at it once, at the end"
    )
    parser.add_argument(
        "--evaluate", type=Path, metavar="FILE", help="judge this .safetensors file instead of training"
    )
    parser.add_argument(
        "--out", type=Path, help="where to write the weights, as .safetensors, with a model card beside"
    )
    return parser
