"""The limits on jobs: how many of a learner's wait, run and are kept, and what a worker may take."""

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from core.checks import Bounds, one_of
from core.errors import InputError, shown
from core.process import machine_memory

_MOST_TRAININGS = 32
_MINUTES = 120.0  # of an attempt on a hosted server, where others wait for its place
_GIGABYTES = 50.0  # of all runs on a hosted server: 5,000 of 10 epochs
_SERVER = 2048  # MB that the server, the system and a browser take
_LEAST = 1200  # MB of a worker, however small the machine; LeNet takes 0.8 GB, the smallest ResNet-18 1.0
_NUMBERS = {
    "LENET_LAB_WORKER_MB": Bounds(500, 10_000_000),  # one that has only imported torch takes 400
    "LENET_LAB_RUN_MINUTES": Bounds(0, 1_000_000),
    "LENET_LAB_RUNS_GB": Bounds(0, 1_000_000),
}
# A learner may have both computations to themselves; whoever waits with none running comes next all the same.
_RUNNING = {"train": 1, "compute": 2, "install": 1}


@dataclass(frozen=True)
class Limits:
    """Limits of a lane for one learner and for all; `kept` counts an owner's runs of every state and lane.

    `minutes` is the longest that an attempt may take, None without end; what the server installs may take
    longer. `gigabytes` is what all runs together may take on disk, None for as much as there is; where
    `evicts`, runs that nobody misses go first, before new ones are refused. `cells` of a sweep are trained at
    once, as far as the memory of a worker reaches.
    """

    running_per_owner: Mapping[str, int] = field(default_factory=lambda: _RUNNING)
    queued_per_owner: int = 2
    queued: int = 50
    kept: int = 100
    minutes: float | None = None
    gigabytes: float | None = None
    evicts: bool = False
    cells: int = 1


def default_limits(*, hosted: bool) -> Limits:
    """Limits as the environment has them: LENET_LAB_RUN_MINUTES and LENET_LAB_RUNS_GB; 0 stands for none."""
    return Limits(
        minutes=_number("LENET_LAB_RUN_MINUTES", _MINUTES if hosted else 0.0) or None,
        gigabytes=_number("LENET_LAB_RUNS_GB", _GIGABYTES if hosted else 0.0) or None,
        evicts=hosted,
        cells=1 if hosted else default_lanes()["train"],
    )


def require_environment() -> None:
    """Check all that the environment says about jobs. Raises InputError for the first wrong value."""
    for variable in _NUMBERS:
        _number(variable, 0.0)
    spare_workers()


def default_lanes() -> dict[str, int]:
    """Capacity by lane: a training for each CPU, since a worker uses one thread, and two computations.

    All that can be put on this machine has a place of its own: sketches, CIFAR-10, one of the learner's own,
    and the ImageNet weights.
    """
    return {"train": min(os.cpu_count() or 1, _MOST_TRAININGS), "compute": 2, "install": 4}


def worker_memory(*, hosted: bool) -> int | None:
    """Memory that a worker may take, in MB: LENET_LAB_WORKER_MB, or a share of the machine's.

    On a hosted server every place of a training or computation has an equal share. The one learner of a
    laptop trains one network at a time, with a computation beside it. None: no limit is known.
    """
    if own := _number("LENET_LAB_WORKER_MB", 0.0):
        return int(own)
    machine, lanes = machine_memory(), default_lanes()
    if machine is None:
        return None
    return max(_LEAST, (machine - _SERVER) // (lanes["train"] + lanes["compute"] if hosted else 2))


def spare_workers() -> int:
    """Warm workers kept ready: LENET_LAB_SPARES, or 1."""
    return int(one_of("LENET_LAB_SPARES", os.environ.get("LENET_LAB_SPARES") or "1", ("0", "1")))


def _number(variable: str, default: float) -> float:
    """The number in a variable, the default for an empty one. Raises InputError."""
    text, (low, high) = os.environ.get(variable), _NUMBERS[variable]
    if not text:
        return default
    with suppress(ValueError):
        if low <= (number := float(text)) <= high:
            return number
    raise InputError("environment_number", name=variable, value=shown(text), low=low, high=high)
