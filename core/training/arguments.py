"""Arguments of core.trainer on the command line: their meaning, range and default in each recipe."""

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from core.checks import Bounds, Range
from core.dataset.splits import SPLIT_SEED
from core.faults.table import FAULTS
from core.optimizers import OPTIMIZERS
from core.training.config import BOUNDS, DEVICES, RECIPES, SCHEDULES

THREADS = Bounds(1, 256)

ABOUT: Mapping[str, str] = {
    "epochs": "passes over the training images",
    "batch_size": "images per step",
    "optimizer": "rule that turns a gradient into a step",
    "lr": "learning rate; the highest one where a schedule changes it",
    "weight_decay": "how strongly each step pulls the weights towards zero",
    "schedule": "how the learning rate changes during the run",
    "flip": "mirror each training image left to right, half of the time",
    "crop": "shift each training image at random by up to this many pixels",
    "mean": "subtracted from the red, green and blue of a pixel, on a scale of 0 to 1",
    "std": "what the three are divided by then",
    "seed": "fixes the first weights, the order of the images and their augmentation",
    "train_size": "how many of the training images to use",
    "wrong_labels": "share of the training images that get the label of another class",
    "imbalance": "how many times as many images the first class has as the last; 1 leaves all",
    "shuffle": "draw the images in a new order each epoch, not class by class",
    "fault": "something that is wrong in the training, to see what it looks like",
    "patience": "end after this many epochs without a better validation accuracy, with the weights of the "
    "best epoch; 0 for all epochs and the last weights",
    "device": "where to compute",
    "network": 'layers as the shape calculator\'s link has them, such as "Flatten(),Linear(3072,10)"',
}
_CHOICES: Mapping[str, tuple[str, ...]] = {
    "optimizer": tuple(OPTIMIZERS),
    "schedule": SCHEDULES,
    "device": DEVICES,
    "fault": tuple(FAULTS),
}
_CHANNELS = {"mean": Bounds(0.0, 1.0), "std": Bounds(0.001, 1.0)}

_DESCRIPTION = """Train LeNet or a network of your own, or judge a trained one, with the app's own code.

  python -m core.trainer sketches --recipe fast --epochs 10
  python -m core.trainer FOLDER --recipe tutorial --out lenet.safetensors
  python -m core.trainer FOLDER --evaluate lenet.safetensors --test

DATA is sketches, which are drawn the first time, about 15 s; cifar-10, as the app finds it or as
`python -m core.download` installs it; or a folder that holds cifar-10-batches-py."""

_OUT = """write the weights to this .safetensors file, with its checksum (.sha256) and a model card (.md)
beside it; of files that exist already only those of an earlier training are replaced: weights that match the
checksum beside them, and a card that names it"""
_EVALUATE = """judge the weights in this file instead of training: .safetensors, .pt or any other that the app
or torch.save wrote, also a checkpoint; where it doesn't say how its images were normalised, give --mean and
--std, or the --recipe"""


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """Read the command line; a mistake in it exits with a sentence and status 2."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.data is None and len(options.hyper) > 1 and "=" not in options.hyper[-1]:
        options.data = options.hyper.pop()  # --hyper has taken all that follows it
    try:
        options.hyper = dict(map(_pair, options.hyper))
    except argparse.ArgumentTypeError as error:
        parser.error(f"argument --hyper: {error}")
    if options.data is None:
        parser.error("DATA is missing: sketches, cifar-10, or a folder that holds cifar-10-batches-py")
    unused = [
        _flag(name)
        for name in (*ABOUT, "hyper", "out")
        if name not in _CHANNELS and getattr(options, name) not in (None, {})
    ]
    if options.evaluate and unused:
        parser.error(f"--evaluate trains nothing; leave out {', '.join(unused)}")
    return options


def settings(options: argparse.Namespace) -> dict[str, Any]:
    """The settings of TrainConfig that the command line gives, the others left to the recipe."""
    return {name: value for name in ABOUT if (value := getattr(options, name)) is not None}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m core.trainer",
        usage="python -m core.trainer DATA [options]",
        description=_DESCRIPTION,
        epilog=_hyper_parameters(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "data",
        nargs="?",
        metavar="DATA",
        help="sketches, cifar-10, or a folder that holds cifar-10-batches-py",
    )
    group = parser.add_argument_group("settings of the training")
    group.add_argument(
        "--recipe",
        choices=RECIPES,
        default="fast",
        help="settings to start from, changed by those below; default fast",
    )
    for name in ABOUT:
        _add(group, name)
    group.add_argument(
        "--hyper",
        nargs="+",
        action="extend",
        default=[],
        metavar="NAME=VALUE",
        help="hyper-parameters of the optimizer, such as momentum=0.95; which ones it has is listed below",
    )
    group = parser.add_argument_group("what else")
    group.add_argument(
        "--split-seed",
        type=_whole_within(BOUNDS["seed"]),
        default=SPLIT_SEED,
        metavar="N",
        help=f"which tenth of the training files is validation; {_range(BOUNDS['seed'])}; "
        f"default {SPLIT_SEED}, as in the app",
    )
    group.add_argument(
        "--threads",
        type=_whole_within(THREADS),
        default=1,
        metavar="N",
        help=f"processor threads; {_range(THREADS)}; default 1, which gives the app's own numbers",
    )
    group.add_argument(
        "--test", action="store_true", help="judge the test images too; look at them once, at the end"
    )
    group.add_argument("--evaluate", type=Path, metavar="FILE", help=_EVALUATE)
    group.add_argument("--out", type=Path, metavar="FILE", help=_OUT)
    return parser


def _add(group: Any, name: str) -> None:
    """Add one setting of TrainConfig; its help says what it means, its range and its defaults."""
    flag, about = _flag(name), f"{ABOUT[name]}; {{}}{_defaults(name)}"
    if name in ("flip", "shuffle"):
        group.add_argument(flag, action=argparse.BooleanOptionalAction, help=about.format(""))
    elif name in _CHOICES:
        group.add_argument(
            flag, choices=_CHOICES[name], metavar="NAME", help=about.format(f"{', '.join(_CHOICES[name])}; ")
        )
    elif name == "network":
        group.add_argument(flag, metavar="LAYERS", help=about.format(""))
    elif name in _CHANNELS:
        help_text = about.format(f"each {_range(_CHANNELS[name])}; ")
        group.add_argument(flag, type=_real, nargs=3, metavar=("R", "G", "B"), help=help_text)
    else:
        bounds = BOUNDS[name]
        kind = _whole if isinstance(bounds.low, int) else _real
        group.add_argument(flag, type=kind, metavar="N", help=about.format(f"{_range(bounds)}; "))


def _defaults(name: str) -> str:
    """The default: one word for all recipes if they agree."""
    values = {recipe: _written(getattr(config, name)) for recipe, config in RECIPES.items()}
    if len(set(values.values())) == 1:
        return f"default {next(iter(values.values()))}"
    return ", ".join(f"{recipe}: {value}" for recipe, value in values.items())


def _written(value: object) -> str:
    if value is None:
        return "all"
    if value == "":
        return "LeNet"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return " ".join(map(_written, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def _range(bounds: Range) -> str:
    low, high = (str(end) if isinstance(end, int) else f"{end:g}" for end in (bounds.low, bounds.high))
    return f"{low} to {high}"


def _hyper_parameters() -> str:
    rows = [
        f"  {name:<10}"
        + (", ".join(f"{key} {row.default:g} ({_range(row)})" for key, row in kind.hyper.items()) or "none")
        for name, kind in OPTIMIZERS.items()
    ]
    return "hyper-parameters of each optimizer, with default and range:\n" + "\n".join(rows)


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number") from None


def _real(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number") from None


def _whole_within(bounds: Bounds) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not bounds.low <= (number := _whole(text)) <= bounds.high:
            raise argparse.ArgumentTypeError(f"{text} is not within the range {_range(bounds)}")
        return number

    return read


def _pair(text: str) -> tuple[str, float]:
    name, equals, value = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE, such as momentum=0.95")
    return name, _real(value)
