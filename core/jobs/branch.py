"""A branch: a run that goes on, with other settings, from the weights that another had after an epoch."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from core.errors import InputError
from core.files import whole
from core.jobs import folder as disk
from core.jobs.events import EventLog
from core.jobs.history import Epoch, history

START = "start.safetensors"  # in a branch's own folder: what it began with, should the other be deleted
_EPOCH = re.compile(r"epoch-([0-9]{4,6})\.safetensors")
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

    def weights(self, runs: Path) -> Path:
        """The file of the weights in a folder of runs."""
        return runs / self.run / "weights" / f"epoch-{self.epoch:04}.safetensors"

    def epochs(self, runs: Path) -> list[Epoch]:
        """The other run's epochs up to here, numbered from the first one of all that came before."""
        course = history(EventLog(runs / self.run / "events.jsonl").read())
        until = course.offset + self.epoch
        return [row for row in course.timeline if row.epoch <= until]

    def reach(self, runs: Path) -> int:
        """Number of epochs that the weights have seen in all."""
        return history(EventLog(runs / self.run / "events.jsonl").read()).offset + self.epoch

    def fetch(self, folder: Path) -> None:
        """Copy the weights into the branch's own folder. Raises InputError where they are gone or damaged."""
        data = whole.read_with_digest(self.weights(folder.parent))
        whole.write_with_digest(folder / START, data)


def starts(folder: Path) -> list[int]:
    """The epochs of a run whose weights are kept, in order; 0 is its start."""
    names = (_EPOCH.fullmatch(path.name) for path in (folder / "weights").glob("epoch-*.safetensors"))
    return sorted(int(match[1]) for match in names if match)
