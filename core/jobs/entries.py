"""The closed list of jobs that may run, each entry with its task and the checks of its parameters."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from core.checks import SEED, within
from core.errors import InputError
from core.files.locations import DATA_SETS
from core.jobs.branch import Branch
from core.jobs.spec import CLINIC, JobSpec
from core.sweeps.config import Sweep
from core.training.config import TrainConfig
from core.training.costs import training_memory
from core.transfer.config import TransferConfig
from core.transfer.memory import resnet_memory

_LARGEST = 16 * 1024  # bytes of JSON; the longest TrainConfig is below 1 KB
_LONGEST_PATH = 4096  # characters, PATH_MAX on Linux
_LONGEST_OWNER = 64  # characters
# A file below a folder.
_STORED = re.compile(r"(?:[A-Za-z0-9_][A-Za-z0-9._-]{0,79}/){0,3}[A-Za-z0-9_][A-Za-z0-9._-]{0,99}")
# A surface, a run, a digest: nothing that leads out of a folder.
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,79}")

Params = dict[str, Any]
# Returns the value to store; raises InputError, or WrongError for a fault that has no sentence of its own.
Check = Callable[[Any], Any]


class WrongError(Exception):
    """A parameter that no page would send."""


@dataclass(frozen=True)
class JobEntry:
    """A kind of job: its lane, its task, and the check of each parameter it takes.

    `task` is "module:function"; the function takes a core.jobs.worker.job.Job and only the worker imports it.
    `optional` parameters may be left out. `memory` estimates from checked parameters how many MB it takes at
    its peak, where that may be too much.
    """

    lane: str
    task: str
    params: Mapping[str, Check]
    warm: bool = False
    memory: Callable[[Mapping[str, Any]], int] | None = None
    optional: Mapping[str, Check] = field(default_factory=dict)

    def checked(self, name: str, params: Params) -> Params:
        """Check the parameters and return the values to store; `name` is the entry's. Raises InputError."""
        if not self.params.keys() <= params.keys() <= self.params.keys() | self.optional.keys():
            raise InputError("job_params", entry=name)
        checks = {**self.params, **self.optional}
        try:
            return {key: checks[key](value) for key, value in params.items()}
        except WrongError:
            raise InputError("job_params", entry=name) from None


def checked(spec: JobSpec, entries: Mapping[str, JobEntry]) -> JobSpec:
    """Check a spec and fill in its lane.

    Raises InputError for an unknown entry, a lane not the entry's, an impossible owner or wrong parameters.
    """
    entry = entry_of(spec.entry, entries)
    if spec.lane not in (None, entry.lane):
        raise InputError("job_lane", lane=str(spec.lane)[:60], allowed=entry.lane)
    learner = spec.learner or spec.owner
    if not (_is_owner(spec.owner) and _is_owner(learner)):
        raise InputError("job_owner", longest=_LONGEST_OWNER)
    return JobSpec(spec.entry, entry.checked(spec.entry, _plain(spec)), spec.owner, entry.lane, learner)


def entry_of(name: str, entries: Mapping[str, JobEntry]) -> JobEntry:
    """Look up an entry by its name. Raises InputError for a name that is not on the list."""
    if name not in entries:
        raise InputError("job_entry", entry=str(name)[:60], allowed=tuple(entries))
    return entries[name]


def stored_name(text: str) -> bool:
    """Whether `text` can name a file in a runs folder, or a shipped network."""
    return _STORED.fullmatch(text) is not None


def _plain(spec: JobSpec) -> Params:
    """The parameters after a round trip through JSON, so that the checks see what the worker will read."""
    try:
        text = json.dumps(dict(spec.params), allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        raise InputError("job_params", entry=spec.entry) from None
    if len(text) > _LARGEST:
        raise InputError("job_size", size=len(text), limit=_LARGEST)
    params: Params = json.loads(text)
    return params


def _is_owner(owner: object) -> bool:
    if not isinstance(owner, str) or not 0 < len(owner) <= _LONGEST_OWNER:
        return False
    return owner.isascii() and owner.replace("-", "").replace("_", "").isalnum()


def _config(kind: type[TrainConfig | TransferConfig | Sweep]) -> Check:
    return lambda value: kind.from_json(value).to_json()


def _data_set(value: Any) -> str:
    if value not in DATA_SETS:
        raise InputError("data_set_unknown", name=str(value)[:60], allowed=DATA_SETS)
    return str(value)


def _memory(params: Mapping[str, Any]) -> int:
    return training_memory(TrainConfig.from_json(params["config"]), params.get("data_set", "sketches"))


def _path(value: Any) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST_PATH or "\0" in value:
        raise InputError("job_path", path=str(value)[:60], longest=_LONGEST_PATH)
    return str(Path(value).absolute())  # a worker has its own working directory


def _seed(value: Any) -> int:
    return int(within("seed", value, SEED))


def _name(value: Any) -> str:
    """Check the form of a name; only the worker knows which names exist."""
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise WrongError
    return value


def _number(value: Any) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise WrongError
    return value


def _start(value: Any) -> list[float]:
    if not isinstance(value, list):
        raise WrongError
    return [_number(number) for number in value]


def _hyper(value: Any) -> dict[str, dict[str, float]]:
    """Check the form of hyper-parameters by optimizer; only the worker knows which there are."""
    if not isinstance(value, dict) or not all(isinstance(own, dict) for own in value.values()):
        raise WrongError
    return {
        optimizer: {name: _number(number) for name, number in own.items()} for optimizer, own in value.items()
    }


def _name_or_nothing(value: Any) -> str:
    return "" if value == "" else _name(value)


def _stored(value: Any) -> str:
    if not isinstance(value, str) or not stored_name(value):
        raise WrongError
    return value


def _sweep_memory(params: Mapping[str, Any]) -> int:
    """Memory of the largest cell; as many are trained at once as a worker has room for."""
    cells = Sweep.from_json(params["config"]).cells
    return max(training_memory(cell.config, params["data_set"]) for cell in cells)


_TASKS = "core.jobs.tasks."
_ROOT: Mapping[str, Check] = {"root_dir": _path}
_TRAINING: Mapping[str, Check] = {**_ROOT, "data_set": _data_set}
_JUDGED: Mapping[str, Check] = {**_ROOT, "model": _stored, "digest": _name, "change": _name}
_RACE: Mapping[str, Check] = {
    "surface": _name,
    "start": _start,
    "hyper": _hyper,
    "steps": _number,
    "noise": _number,
    "seed": _seed,
}
_PLANE: Mapping[str, Check] = {**_ROOT, "seed": _seed, "run": _name_or_nothing, "digest": _name_or_nothing}

_TRAIN = JobEntry(
    "train",
    _TASKS + "train:train",
    {"config": _config(TrainConfig), **_TRAINING},
    warm=True,
    memory=_memory,
)
ENTRIES: Mapping[str, JobEntry] = {
    "train": replace(_TRAIN, optional={"branch": lambda value: Branch.from_json(value).to_json()}),
    CLINIC: _TRAIN,
    "transfer": JobEntry(
        "train",
        _TASKS + "transfer:transfer",
        {"config": _config(TransferConfig), **_TRAINING},
        warm=True,
        memory=lambda params: resnet_memory(TransferConfig.from_json(params["config"]), params["data_set"]),
    ),
    "sweep": JobEntry(
        "train",
        _TASKS + "sweep:sweep",
        {"config": _config(Sweep), **_TRAINING},
        warm=True,
        memory=_sweep_memory,
    ),
    "imagenet": JobEntry("install", _TASKS + "transfer:fetch_weights", {}),
    "loader-speed": JobEntry("compute", _TASKS + "measure:loader_speed", _ROOT, warm=True),
    "step-time": JobEntry(
        "compute",
        _TASKS + "measure:step_time",
        {"config": _config(TrainConfig)},
        warm=True,
        memory=_memory,
    ),
    "lr-range": JobEntry(
        "compute",
        _TASKS + "diagnosis:lr_range",
        {"config": _config(TrainConfig), **_TRAINING},
        warm=True,
        memory=_memory,
    ),
    "initialisation": JobEntry(
        "compute", _TASKS + "diagnosis:initialisation", {**_TRAINING, "seed": _seed}, warm=True
    ),
    "sketches": JobEntry("install", _TASKS + "install:sketches", {"dest": _path}),
    "download": JobEntry("install", _TASKS + "install:download", {"dest": _path}),
    "unpack": JobEntry("install", _TASKS + "install:unpack", {"source": _path, "dest": _path}),
    "ranking": JobEntry("compute", _TASKS + "compute:ranking", {"surface": _name}, warm=True),
    "race": JobEntry("compute", _TASKS + "compute:race", _RACE, warm=True),
    "robustness": JobEntry("compute", _TASKS + "compute:robustness", _JUDGED, warm=True),
    "slice": JobEntry("compute", _TASKS + "compute:loss_slice", _PLANE, warm=True),
    "resuming": JobEntry("compute", _TASKS + "compute:resuming", _TRAINING, warm=True),
}
