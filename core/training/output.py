"""The files that training on the command line writes: weights with their checksum, and a model card."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from core.errors import InputError
from core.files import whole
from core.training.checkpoints import load_weights

SUFFIX = ".safetensors"


@dataclass(frozen=True)
class Output:
    """Paths of the files: the weights, and those beside them.

    What lies there is replaced only if an earlier training wrote it: weights with the right checksum beside
    them, and a card that names this checksum.
    """

    weights: Path

    @property
    def card(self) -> Path:
        """The model card."""
        return self.weights.with_suffix(".md")

    def check(self) -> None:
        """Raise InputError if the files could not be written, or would replace one of somebody else."""
        if self.weights.suffix != SUFFIX:
            inside = self.weights / "lenet" if self.weights.is_dir() else self.weights
            raise InputError("out_suffix", path=str(self.weights), example=str(inside.with_suffix(SUFFIX)))
        folder = self.weights.absolute().parent
        if not folder.is_dir():
            raise InputError("out_folder_missing", folder=str(folder))
        for path in (self.weights, whole.digest_path(self.weights), self.card):
            if (path.exists() or path.is_symlink()) and not self._is_ours(path):
                raise InputError("out_foreign", path=str(path))
        try:  # under a name as long as the longest that will be needed
            with tempfile.NamedTemporaryFile(
                prefix=f"{self.weights.name}.sha256.", suffix=".tmp", dir=folder
            ):
                pass
        except OSError as error:
            raise InputError("out_unwritable", folder=str(folder), reason=error.strerror) from error

    def write_card(self, text: str) -> None:
        """Write the model card. Raises OSError."""
        whole.write(self.card, text.encode())

    def _is_ours(self, path: Path) -> bool:
        """Whether a training wrote this file."""
        try:
            load_weights(self.weights)
            digest = whole.digest_beside(self.weights)
            return path != self.card or f"SHA-256 {digest}" in path.read_text(encoding="utf-8").splitlines()
        except (InputError, OSError, UnicodeDecodeError):
            return False
