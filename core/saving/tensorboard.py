"""A run as TensorBoard reads it: event files with scalars, conv1's filters, and pictures with predictions.

tensorboard is no requirement of the app; `installed()` says whether it is there.
"""

import importlib.util
import io
import tempfile
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from core.dataset import CLASSES, ImageSet
from core.errors import InputError
from core.normalise import normalise
from core.training.checkpoints import Weights

PICTURES = 10  # validation images with a prediction each
FILTER_SIDE = 32  # pixels a side to which a filter of 5 x 5 is enlarged
_STEP = {"loss": "step/loss", "lr": "step/lr"}
_EPOCH = {
    "train_loss": "loss/train",
    "validation_loss": "loss/validation",
    "train_accuracy": "accuracy/train",
    "validation_accuracy": "accuracy/validation",
}


def installed() -> bool:
    """Whether tensorboard is installed."""
    return importlib.util.find_spec("tensorboard") is not None


def export(
    name: str,
    events: Iterable[Mapping[str, Any]],
    checkpoints: Sequence[tuple[int, Weights]],
    validation: ImageSet | None,
) -> bytes:
    """A zip with one folder `name` of event files.

    `checkpoints` are (epoch, weights), `validation` the images to predict, if there are any. Steps and times
    are those of the run: scalars by step or epoch, pictures by epoch.

    Raises InputError where tensorboard is missing or the disk refuses the temporary files.
    """
    if not installed():
        raise InputError("tensorboard_missing")
    events = [event for event in events if isinstance(event.get("time"), int | float)]
    times = {
        event["epoch"]: float(event["time"])
        for event in events
        if event["type"] == "epoch" and "epoch" in event
    }
    began = float(events[0]["time"]) if events else 0.0
    try:
        with tempfile.TemporaryDirectory() as folder:
            with _writer(Path(folder)) as writer:
                _scalars(writer, events)
                for epoch, weights in checkpoints:
                    time = times.get(epoch, began)
                    if (picture := filters(weights)) is not None:
                        writer.add_image("conv1", picture, epoch, walltime=time, dataformats="CHW")
                    if validation is not None:
                        _predictions(writer, weights, validation, epoch, time)
            return _zipped(Path(folder), name)
    except OSError as error:
        raise InputError("tensorboard_unwritable", reason=error.strerror or type(error).__name__) from error


def filters(weights: Weights) -> Tensor | None:
    """conv1's N filters side by side, uint8 [3, FILTER_SIDE, N FILTER_SIDE]; None where none reads colours.

    Zero is grey, the largest weight full colour.
    """
    kernels = weights.state_dict.get("conv1.weight", torch.empty(0))
    if kernels.ndim != 4 or kernels.shape[1] != 3:
        return None
    scaled = (0.5 + kernels / (2 * kernels.abs().max().clamp(min=1e-12))).mul(255).round().to(torch.uint8)
    large = F.interpolate(scaled.float(), size=FILTER_SIDE, mode="nearest").to(torch.uint8)
    return torch.cat(list(large), dim=2)


def _writer(folder: Path) -> Any:
    from torch.utils.tensorboard import SummaryWriter

    return SummaryWriter(str(folder))


def _scalars(writer: Any, events: Iterable[Mapping[str, Any]]) -> None:
    for event in events:
        tags, counter = (
            (_STEP, "step")
            if event["type"] == "step"
            else (_EPOCH, "epoch")
            if event["type"] == "epoch"
            else ({}, "")
        )
        for field, tag in tags.items():
            if isinstance(event.get(field), int | float):  # null where a loss was not finite
                writer.add_scalar(tag, event[field], event[counter], walltime=float(event["time"]))


@torch.no_grad()
def _predictions(writer: Any, weights: Weights, validation: ImageSet, epoch: int, time: float) -> None:
    images = validation.images[:PICTURES]
    logits = weights.network()(normalise(images, weights.mean, weights.std))
    lines = ["| image | label | predicted | probability |", "|---|---|---|---|"]
    for row, (label, shares) in enumerate(
        zip(validation.labels[:PICTURES].tolist(), logits.softmax(1), strict=True)
    ):
        best = int(shares.argmax())
        lines.append(f"| {row} | {CLASSES[label]} | {CLASSES[best]} | {100 * float(shares[best]):.1f}% |")
    writer.add_image("validation", torch.cat(list(images), dim=2), epoch, walltime=time, dataformats="CHW")
    writer.add_text("validation/predicted", "\n".join(lines), epoch, walltime=time)


def _zipped(folder: Path, name: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            archive.write(path, f"{name}/{path.relative_to(folder)}")
    return buffer.getvalue()
