"""The tasks that measure how fast this machine makes batches, and takes a step."""

import time
from dataclasses import asdict

from core.dataset import splits
from core.dataset.splits import SPLIT_SEED
from core.jobs.spec import State
from core.jobs.worker.follow import REPORT_EVERY, watched
from core.jobs.worker.job import Job
from core.training.config import TrainConfig
from core.training.network import seconds_per_step


def loader_speed(job: Job) -> State:
    """Measure each way to make batches; a "speed" event now and then, and one at the end of each way."""
    job.begin()
    train = splits(job.params["root_dir"], SPLIT_SEED).train

    from core.transforms.speed import measure  # takes seconds (torchvision); a wrong folder need not wait

    reported_at = 0.0
    for speed in watched(job, measure(train.images, train.labels)):
        if speed.ended or time.monotonic() - reported_at >= REPORT_EVERY:
            job.events.write("speed", **asdict(speed))
            reported_at = time.monotonic()
    return State.DONE


def step_time(job: Job) -> State:
    """Time a training step. Params: config, of which network and batch size matter. Result: seconds."""
    job.begin()
    config = TrainConfig.from_json(job.params["config"])
    job.events.write("result", seconds=seconds_per_step(config.network, config.batch_size))
    return State.DONE
