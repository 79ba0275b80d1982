"""The evaluation of a saved network as a program."""

from collections.abc import Sequence

from core import text
from core.cifar10 import CLASSES, SPLIT_SEED
from core.code.program import Program, composed
from core.evaluation import Evaluation
from core.files.locations import FOLDER, DataSet
from core.shapes.code import from_short, source
from core.shapes.trace import trace
from core.shapes.trainable import IMAGE

SECTIONS = ("imports", "parameters", "network", "weights", "data", "scores")


def evaluation_program(
    file: str, network: str, mean: Sequence[float], std: Sequence[float], data_set: DataSet, language: str
) -> Program:
    """A program that loads the .pt or .safetensors `file` and judges it on the validation images.

    `network` are its layers in the short form of the calculator, "" is LeNet; comments are in the language.
    """
    layers = from_short(network) if network else ()
    safe = file.endswith(".safetensors")
    values = {
        "classes": " ".join(CLASSES),
        "downloads": data_set == "cifar-10",
        "file": file,
        "folder": "data" if data_set == "cifar-10" else FOLDER,
        "mean": tuple(mean),
        "network": source(layers, trace(layers, IMAGE)).partition("\n\n\n")[2].rstrip() if layers else "",
        "safe": safe,
        "split_seed": SPLIT_SEED,
        "std": tuple(std),
    }
    return composed("evaluation", SECTIONS, values, language, *(["safetensors"] if safe else []))


def evaluation_printed(result: Evaluation, language: str) -> str:
    """What the program prints of this result."""
    words = text.load(language, "code")
    head = (
        f"{words('evaluation.accuracy')} {result.accuracy:.1%}, {words('evaluation.loss')} {result.loss:.4f}"
    )
    rows = [
        " ".join([f"{name:>10}", *(f"{count:5}" for count in row)])
        for name, row in zip(CLASSES, result.confusion.tolist(), strict=True)
    ]
    return "\n".join([head, *rows, ""])
