"""A training as a program of plain PyTorch that takes the same steps, to the bit. Imports no torch."""

import math
from collections.abc import Mapping
from typing import Any

from core import text
from core.cifar10 import SPLIT_SEED
from core.code.optimizer import arguments, optimizer_class
from core.code.program import Program, Section, parts
from core.code.template import call
from core.files.locations import FOLDER, DataSet
from core.shapes.code import from_short, source
from core.shapes.trace import trace
from core.shapes.trainable import IMAGE
from core.training.config import TrainConfig
from core.transfer.config import TransferConfig

Config = TrainConfig | TransferConfig
SECTIONS = ("imports", "parameters", "data", "network", "loop", "saving")
IMAGES: Mapping[DataSet, int] = {"sketches": 9_000, "cifar-10": 45_000}  # to train on
DRAWS = frozenset({"Dropout", "Dropout2d", "AlphaDropout"})  # layers that draw random numbers in training


def sections(config: Config, data_set: DataSet, language: str) -> tuple[Section, ...]:
    """The parts of the program in order; comments are in the language."""
    folder, own = (
        ("resnet", _of_resnet(config))
        if isinstance(config, TransferConfig)
        else ("training", _of_training(config, data_set))
    )
    values = {
        "config": config,
        "downloads": data_set == "cifar-10",
        "folder": "data" if data_set == "cifar-10" else FOLDER,
        "split_seed": SPLIT_SEED,
        "number": _number,
        **own,
    }
    return parts(folder, SECTIONS, values, language)


def program(config: Config, data_set: DataSet, language: str) -> Program:
    """The training as a program."""
    title = text.load(language, "code")(f"title.{network(config)}")
    return Program("train", title, sections(config, data_set, language))


def script(config: Config, data_set: DataSet, language: str) -> str:
    """The program as one file."""
    return program(config, data_set, language).script


def network(config: Config) -> str:
    """What is trained, in a word: lenet, own, or resnet18."""
    if isinstance(config, TransferConfig):
        return "resnet18"
    return "own" if config.network else "lenet"


def _of_resnet(config: TransferConfig) -> dict[str, Any]:
    few = _is_short(config, config.train_size)
    decay = [f"weight_decay={config.weight_decay!r}"] if config.weight_decay else []
    return {
        "few": few,
        "optimizer": call("torch.optim.Adam", ["model.parameters()", "lr=LR", *decay, "fused=True"]),
        "schedule": _one_cycle(),
    }


def _of_training(config: TrainConfig, data_set: DataSet) -> dict[str, Any]:
    layers = from_short(config.network) if config.network else ()
    return {
        "augmented": bool(config.flip or config.crop),
        "draws": any(layer.kind in DRAWS for layer in layers),
        "network": _class(layers) if layers else "",
        "optimizer": _optimizer(config),
        "schedule": _schedule(config, data_set),
        "to": "" if config.device == "cpu" else ".to(DEVICE)",
        "back": "" if config.device == "cpu" else ".cpu()",
        "name": "network" if config.network else "lenet",
        "channels": lambda values: f"({', '.join(map(_number, values))})",
    }


def _number(value: float) -> str:
    return repr(value)


def _class(layers: Any) -> str:
    """The class of the layers, without the imports before it."""
    return source(layers, trace(layers, IMAGE)).partition("\n\n\n")[2].rstrip()


def _optimizer(config: TrainConfig) -> str:
    own = arguments(config.optimizer, config.hyper, config.weight_decay, fused=config.device == "cpu")
    return call(optimizer_class(config.optimizer), ["model.parameters()", "lr=LR", *own])


def _schedule(config: TrainConfig, data_set: DataSet) -> str:
    """The call that makes the schedule; empty for a constant rate, and where one cycle has no room."""
    scheduler = "torch.optim.lr_scheduler."
    steps = "[max(1, total_steps // 2), max(1, total_steps * 3 // 4)]"
    if config.schedule == "step":
        return call(f"{scheduler}MultiStepLR", ["optimizer", steps, "gamma=0.1"])
    if config.schedule == "cosine":
        return call(f"{scheduler}CosineAnnealingLR", ["optimizer", "total_steps"])
    images = min(config.train_size or IMAGES[data_set], IMAGES[data_set])
    return "" if config.schedule == "constant" or _is_short(config, images) else _one_cycle()


def _one_cycle() -> str:
    arguments = ["optimizer", "LR", "total_steps", "cycle_momentum=False"]
    return call("torch.optim.lr_scheduler.OneCycleLR", arguments)


def _is_short(config: Config, images: int) -> bool:
    """Whether the app leaves out the one cycle, which needs room for a rise and a fall."""
    return config.epochs * math.ceil(images / config.batch_size) <= 3
