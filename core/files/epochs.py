"""The weights files that a run keeps, one an epoch, by their names."""

import re
from pathlib import Path

_NAME = re.compile(r"epoch-(\d{4,6})\.safetensors")


def epoch_file(run: Path, epoch: int) -> Path:
    """The file of an epoch in a run's folder; 0 is its start."""
    return run / "weights" / f"epoch-{epoch:04}.safetensors"


def epoch_files(run: Path) -> dict[int, Path]:
    """The files that are there, by epoch, in order."""
    names = ((_NAME.fullmatch(path.name), path) for path in (run / "weights").glob("epoch-*.safetensors"))
    return dict(sorted((int(match[1]), path) for match, path in names if match))
