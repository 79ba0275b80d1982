"""The model card of a weights file: how it was made, on what, how good it is, and its checksum."""

import platform
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

import torch

from core.dataset import CLASSES, ImageSet
from core.evaluation import Evaluation
from core.training.config import TrainConfig
from core.training.network import build


def model_card(
    path: Path,
    command: str,
    config: TrainConfig,
    data: str,
    train_images: int,
    verdicts: Sequence[tuple[ImageSet, Evaluation]],
) -> str:
    """Markdown for the weights in `path`.

    `verdicts` are the splits they were judged on, the one they were chosen by first.
    """
    settings = "\n".join(f"| {name} | {value} |" for name, value in config.to_json().items())
    scores = "\n".join(
        f"| {images.name} | {len(images):,} | {result.loss:.4f} "
        f"| {100 * result.accuracy:.2f}% ± {100 * result.standard_error:.2f} |"
        for images, result in verdicts
    )
    heads = " | ".join(f"{images.name}" for images, _ in verdicts)
    recalls = zip(CLASSES, *(result.per_class.recall.tolist() for _, result in verdicts), strict=True)
    classes = "\n".join(
        f"| {name} | {' | '.join(f'{100 * recall:.1f}%' for recall in row)} |" for name, *row in recalls
    )
    return f"""# {path.name}

{_network(config.network)}, trained on {data} ({train_images:,} images) by

    {command}

with PyTorch {torch.__version__} for Python {platform.python_version()} on {config.device}, \
{torch.get_num_threads()} thread.
SHA-256 {sha256(path.read_bytes()).hexdigest()}

| split | images | loss | accuracy |
|---|---|---|---|
{scores}

Recall by class:

| class | {heads} |
|---|{"---|" * len(verdicts)}
{classes}

| setting | value |
|---|---|
{settings}

For learning: it knows ten classes at 32 x 32 pixels and calls anything else one of them, \
often with confidence.
"""


def _network(network: str) -> str:
    """The network and its size; its layers are among the settings."""
    with torch.device("meta"):
        parameters = sum(parameter.numel() for parameter in build(network).parameters())
    return f"{'A list of layers' if network else 'LeNet (core/lenet.py)'}, {parameters:,} parameters"
