"""The task that measures how fast this machine makes batches."""

import time
from dataclasses import asdict

from core.dataset import splits
from core.dataset.splits import SPLIT_SEED
from core.jobs.spec import State
from core.jobs.worker.follow import REPORT_EVERY, watched
from core.jobs.worker.job import Job


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
