"""The tasks of the clinic: short tests of a training; the result is one event, as for the pictures."""

from dataclasses import asdict
from pathlib import Path

from core.dataset import splits
from core.dataset.splits import SPLIT_SEED
from core.diagnosis.beginnings import beginnings
from core.diagnosis.lr_range import range_test, require_short
from core.jobs.spec import State
from core.jobs.worker.follow import follow
from core.jobs.worker.job import Job
from core.process import limit_memory
from core.training.config import TrainConfig


def lr_range(job: Job) -> State:
    """Test which learning rates work.

    Params: config, data_set, root_dir. Result: lrs, losses, smoothed, and working: low, high, suggested or
    None.
    """
    job.begin()
    config = TrainConfig.from_json(job.params["config"])
    require_short(config, job.params["data_set"])
    if config.device != "cpu":
        limit_memory(None)  # a GPU's driver asks for address space without end
    found = follow(job, range_test(config, splits(Path(job.params["root_dir"]), SPLIT_SEED)))
    job.events.write("result", **asdict(found))
    return State.DONE


def initialisation(job: Job) -> State:
    """Begin a training from each of the initial weights.

    Params: data_set, root_dir, seed. Result: beginnings, in the order of the table.
    """
    job.begin()
    data = splits(Path(job.params["root_dir"]), SPLIT_SEED)
    found = follow(job, beginnings(data, job.params["seed"]))
    job.events.write("result", beginnings=[asdict(row) for row in found])
    return State.DONE
