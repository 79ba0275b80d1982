"""A branch: a run that goes on, with other settings, from the weights that another had after an epoch."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from core.errors import InputError
from core.files import whole
from core.files.epochs import epoch_file
from core.jobs import folder as disk
from core.jobs.events import EventLog
from core.jobs.history import Epoch, history

START = "start.safetensors"  # in a branch's own folder: what it began with, should the other be deleted
_MOST_EPOCHS = 100_000


@dataclass(frozen=True)
class Branch:
    """Where a branch begins: the other run's id, and the number of that run's own epoch; 0 is its start.

    Raises InputError for no id of a run, or no such number.
    """

    run: str
    epoch: int

    def __post_init__(self) -> None:
        whole_number = type(self.epoch) is int and 0 <= self.epoch <= _MOST_EPOCHS
        if not disk.is_id(self.run) or not whole_number:
            raise InputError("branch_unknown", run=str(self.run)[:60])

    @classmethod
    def from_json(cls, values: Any) -> "Branch":
        """Read a dict of the two. Raises InputError for anything else."""
        if not isinstance(values, Mapping) or values.keys() != {"run", "epoch"}:
            raise InputError("branch_unknown", run="")
        return cls(**values)

    def to_json(self) -> dict[str, Any]:
        """The two as a dict."""
        return asdict(self)

    def course(self, runs: Path) -> tuple[int, list[Epoch]]:
        """How many epochs the weights have seen in all, and these epochs, numbered through."""
        other = history(EventLog(runs / self.run / "events.jsonl").read())
        seen = other.offset + self.epoch
        return seen, [row for row in other.timeline if row.epoch <= seen]

    def fetch(self, folder: Path) -> None:
        """Copy the weights into the branch's own folder. Raises InputError where they are gone or damaged."""
        data = whole.read_with_digest(epoch_file(folder.parent / self.run, self.epoch))
        whole.write_with_digest(folder / START, data)
