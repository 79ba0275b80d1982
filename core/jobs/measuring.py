"""The task that measures how fast this machine makes batches."""

import time
from collections.abc import Generator
from contextlib import closing
from dataclasses import asdict
from typing import cast

import torch

from core.dataset import SPLIT_SEED, splits
from core.jobs.job import Job
from core.jobs.spec import State

_REPORT_EVERY = 0.2  # seconds


def loader_speed(job: Job) -> State:
    """A "speed" event now and then, and one at the end of each way."""
    torch.set_num_threads(1)
    job.begin()
    train = splits(job.params["root_dir"], SPLIT_SEED).train

    from core.loader_speed import Speed, measure  # torchvision: seconds, for which a wrong folder need not wait

    reported_at = 0.0
    with closing(cast(Generator[Speed, None, None], measure(train.images, train.labels))) as speeds:
        for speed in speeds:
            if job.wanted:
                return job.outcome
            if speed.ended or time.monotonic() - reported_at >= _REPORT_EVERY:
                job.events.write("speed", **asdict(speed))
                reported_at = time.monotonic()
    return State.DONE
