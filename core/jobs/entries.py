"""What may be run as a job: a closed list, each entry with the check of its parameters and the task that does it."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.checks import SEED, within
from core.errors import InputError
from core.files.locations import DATA_SETS
from core.jobs.spec import JobSpec
from core.training.config import TrainConfig
from core.transfer.config import TransferConfig

_LARGEST = 16 * 1024  # bytes of JSON; the longest TrainConfig is below 1 KB
_LONGEST_PATH = 4096  # characters, PATH_MAX on Linux
_LONGEST_OWNER = 64  # characters
_STORED = re.compile(r"(?:[A-Za-z0-9_][A-Za-z0-9._-]{0,79}/){0,3}[A-Za-z0-9_][A-Za-z0-9._-]{0,99}")  # a file below a folder
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,79}")  # a surface, a run, a digest: nothing that leads out of a folder

Params = dict[str, Any]


@dataclass(frozen=True)
class Entry:
    """A kind of job. `check` returns the parameters as they will be kept, or raises InputError.

    `task` is "module:function"; the function takes a core.jobs.worker.job.Job and is imported by the worker only.
    """

    lane: str
    task: str
    check: Callable[[Params], Params]
    warm: bool = False


def checked(spec: JobSpec, entries: Mapping[str, Entry]) -> JobSpec:
    """The spec with its lane named and its parameters proven.

    Raises InputError for an unknown entry, a lane that isn't the entry's, an impossible owner or wrong parameters.
    """
    entry = entry_of(spec.entry, entries)
    if spec.lane not in (None, entry.lane):
        raise InputError("job_lane", lane=str(spec.lane)[:60], allowed=entry.lane)
    if not _is_owner(spec.owner):
        raise InputError("job_owner", longest=_LONGEST_OWNER)
    return JobSpec(spec.entry, entry.check(_plain(spec)), spec.owner, entry.lane)


def entry_of(name: str, entries: Mapping[str, Entry]) -> Entry:
    """Raises InputError for a name that is not on the list."""
    if name not in entries:
        raise InputError("job_entry", entry=str(name)[:60], allowed=", ".join(entries))
    return entries[name]


def _plain(spec: JobSpec) -> Params:
    """The parameters after a round trip through JSON, so that what is checked is what will be read."""
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


def _training(name: str, kind: type[TrainConfig | TransferConfig]) -> Callable[[Params], Params]:
    def check(params: Params) -> Params:
        _known(name, params, {"config", "data_set", "root_dir"})
        if params["data_set"] not in DATA_SETS:
            raise InputError("data_set_unknown", name=str(params["data_set"])[:60], allowed=", ".join(DATA_SETS))
        config = kind.from_json(params["config"]).to_json()
        return {"config": config, "data_set": params["data_set"], "root_dir": _path(params["root_dir"])}

    return check


def _nothing(params: Params) -> Params:
    _known("imagenet", params, set())
    return {}


def _ranking(params: Params) -> Params:
    _known("ranking", params, {"surface"})
    if not isinstance(params["surface"], str) or not _NAME.fullmatch(params["surface"]):  # the worker knows which there are
        raise InputError("job_params", entry="ranking")
    return {"surface": params["surface"]}


def _slice(params: Params) -> Params:
    _known("slice", params, {"root_dir", "seed", "run", "digest"})
    seed, run, digest = params["seed"], params["run"], params["digest"]
    within("seed", seed, SEED)
    if any(not isinstance(name, str) or not (name == "" or _NAME.fullmatch(name)) for name in (run, digest)):
        raise InputError("job_params", entry="slice")
    return {"root_dir": _path(params["root_dir"]), "seed": seed, "run": run, "digest": digest}


def _robustness(params: Params) -> Params:
    _known("robustness", params, {"root_dir", "model", "digest", "change"})
    named = all(isinstance(params[name], str) for name in ("model", "digest", "change"))
    if not named or not stored_name(params["model"]) or not _NAME.fullmatch(params["digest"]) or not _NAME.fullmatch(params["change"]):
        raise InputError("job_params", entry="robustness")
    return {**params, "root_dir": _path(params["root_dir"])}


def stored_name(text: str) -> bool:
    """Whether this can be a file in a runs folder, or a shipped network."""
    return _STORED.fullmatch(text) is not None


def _resuming(params: Params) -> Params:
    _known("resuming", params, {"root_dir", "data_set"})
    if params["data_set"] not in DATA_SETS:
        raise InputError("data_set_unknown", name=str(params["data_set"])[:60], allowed=", ".join(DATA_SETS))
    return {"root_dir": _path(params["root_dir"]), "data_set": params["data_set"]}


def _loader_speed(params: Params) -> Params:
    _known("loader-speed", params, {"root_dir"})
    return {"root_dir": _path(params["root_dir"])}


def _to_folder(name: str) -> Callable[[Params], Params]:
    def check(params: Params) -> Params:
        _known(name, params, {"dest"})
        return {"dest": _path(params["dest"])}

    return check


def _known(entry: str, params: Params, names: set[str]) -> None:
    if params.keys() != names:
        raise InputError("job_params", entry=entry)


def _path(value: object) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST_PATH or "\0" in value:
        raise InputError("job_path", path=str(value)[:60], longest=_LONGEST_PATH)
    return str(Path(value).absolute())  # a worker has a working folder of its own


ENTRIES: Mapping[str, Entry] = {
    "train": Entry("train", "core.jobs.tasks.train:train", _training("train", TrainConfig), warm=True),
    "transfer": Entry("train", "core.jobs.tasks.transfer:transfer", _training("transfer", TransferConfig), warm=True),
    "imagenet": Entry("compute", "core.jobs.tasks.transfer:fetch_weights", _nothing),
    "loader-speed": Entry("compute", "core.jobs.tasks.measure:loader_speed", _loader_speed, warm=True),
    "sketches": Entry("compute", "core.jobs.tasks.install:sketches", _to_folder("sketches")),
    "ranking": Entry("compute", "core.jobs.tasks.compute:ranking", _ranking, warm=True),
    "robustness": Entry("compute", "core.jobs.tasks.compute:robustness", _robustness, warm=True),
    "slice": Entry("compute", "core.jobs.tasks.compute:loss_slice", _slice, warm=True),
    "resuming": Entry("compute", "core.jobs.tasks.compute:resuming", _resuming, warm=True),
    "download": Entry("compute", "core.jobs.tasks.install:download", _to_folder("download")),
}
