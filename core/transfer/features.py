"""Features of a frozen body, computed once and kept on disk chunk by chunk."""

import contextlib
import hashlib
import os
from collections.abc import Generator
from pathlib import Path

import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor, nn

from core.files import whole
from core.files.locations import cache_home
from core.progress import Progress
from core.transfer.resnet import FEATURES, fed

CHUNK = 100  # images, at fixed places: another batch size gives features that differ in the last bits
_MOST = 1000  # chunks kept, 0.2 MB each; the least recently used go first


def features(body: nn.Module, body_name: str, images: Tensor, size: int) -> Generator[Progress, None, Tensor]:
    """Features [N, 512] of uint8 images [N, 3, 32, 32] at `size` pixels a side.

    A step of progress for each chunk, counted in images. `body_name` stands for the weights in the names of
    the files. A file that is missing or damaged is computed again.
    """
    values = torch.empty(len(images), FEATURES)
    for start in range(0, len(images), CHUNK):
        part = images[start : start + CHUNK]
        values[start : start + CHUNK] = _chunk(body, body_name, part, size)
        yield Progress(min(start + CHUNK, len(images)), len(images))
    return values


@torch.inference_mode()
def _chunk(body: nn.Module, body_name: str, images: Tensor, size: int) -> Tensor:
    path = _path(body_name, images, size)
    cached = _read(path, len(images))
    if cached is not None:
        return cached
    computed: Tensor = body(fed(images, size))
    _write(path, computed.contiguous())
    return computed


def _path(body_name: str, images: Tensor, size: int) -> Path:
    key = hashlib.sha256(f"{body_name} {size} ".encode() + images.contiguous().numpy().tobytes())
    return cache_home() / "features" / f"{key.hexdigest()}.safetensors"


def _read(path: Path, count: int) -> Tensor | None:
    try:
        values = safetensors.torch.load_file(path)["features"]
        os.utime(path)
    except (OSError, SafetensorError, KeyError):
        return None
    usable = (
        tuple(values.shape) == (count, FEATURES)
        and values.dtype == torch.float32
        and bool(values.isfinite().all())
    )
    return values if usable else None


def _write(path: Path, values: Tensor) -> None:
    """Write a chunk to the cache; a cache that can't be written is no reason to stop."""
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        whole.write(path, safetensors.torch.save({"features": values.clone()}))
        _forget(path.parent)


def _forget(folder: Path) -> None:
    files = list(folder.glob("*.safetensors"))
    if len(files) > _MOST:
        for path in sorted(files, key=lambda file: file.stat().st_mtime)[: len(files) - _MOST]:
            path.unlink(missing_ok=True)
