"""The settings of a notebook that the app exported, read back; nothing in it is executed."""

import ast
import json
import warnings
from collections.abc import Mapping
from typing import Any

from core.checks import one_of
from core.code.notebook import OURS
from core.code.training import Config
from core.errors import InputError, shown
from core.files.locations import DATA_SETS, DataSet
from core.training.config import TrainConfig
from core.transfer.config import TransferConfig

LARGEST = 4 * 2**20  # bytes; an export has at most one
# The names in the parameters cell, and the settings that they are.
NAMES: Mapping[str, str] = {
    "SEED": "seed",
    "EPOCHS": "epochs",
    "BATCH_SIZE": "batch_size",
    "LR": "lr",
    "MEAN": "mean",
    "STD": "std",
    "PATIENCE": "patience",
    "DEVICE": "device",
    "SIZE": "size",
    "TRAIN_SIZE": "train_size",
    "VALIDATION_SIZE": "validation_size",
}


def settings(data: bytes) -> tuple[Config, DataSet]:
    """The settings of an exported notebook, as its parameters cell has them now, and its data set.

    Raises InputError for a file that is no notebook, one of another program, a parameters cell that holds
    more than values, and a setting that is not allowed.
    """
    if len(data) > LARGEST:
        raise InputError("notebook_large", size=len(data), limit=LARGEST)
    book = _book(data)
    try:
        ours = book["metadata"][OURS]
        kind, config, data_set = ours["network"], dict(ours["config"]), ours["data_set"]
        cells = [cell for cell in book["cells"] if "parameters" in cell.get("metadata", {}).get("tags", ())]
        sources = ["".join(cell["source"]) for cell in cells]
    except (AttributeError, KeyError, TypeError, ValueError):
        raise InputError("notebook_foreign") from None
    for source in sources:
        config |= _parameters(source)
    data_set = one_of("data_set", data_set, DATA_SETS)
    if kind == "resnet18":
        return TransferConfig.from_json(config), data_set
    return TrainConfig.from_json(config), data_set


def _book(data: bytes) -> dict[str, Any]:
    try:
        book = json.loads(data)
    except (ValueError, RecursionError):
        raise InputError("notebook_broken") from None
    if not isinstance(book, dict) or not isinstance(book.get("cells"), list):
        raise InputError("notebook_broken")
    return book


def _parameters(source: str) -> dict[str, Any]:
    """The settings in a cell of lines NAME = value; other names are passed over."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about escapes in strings: nothing here is ever run
            statements = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise InputError("notebook_parameters", line=shown(source.partition("\n")[0])) from None
    found = {}
    for statement in statements:
        line = ast.get_source_segment(source, statement) or ""
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                found[name] = _literal(value, line)
            case _:
                raise InputError("notebook_parameters", line=shown(line))
    return {NAMES[name]: value for name, value in found.items() if name in NAMES}


def _literal(value: ast.expr, line: str) -> Any:
    """The value of a literal. Raises InputError for anything that would have to be executed."""
    try:
        return ast.literal_eval(value)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        raise InputError("notebook_parameters", line=shown(line)) from None
