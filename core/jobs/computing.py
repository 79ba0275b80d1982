"""The tasks that compute a picture: their result is one event, so that the run itself is the cache."""

import time
from collections.abc import Generator
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

from core.errors import InputError
from core.jobs.installing import Progress
from core.jobs.job import Job
from core.jobs.spec import State

_REPORT_EVERY = 0.1  # seconds
Result = TypeVar("Result")


class StoppedError(Exception):
    """The task was told to stop."""


def ranking(job: Job) -> State:
    """Who wins where: params surface. Result: steps [optimizers][rates][starts]."""
    import torch

    from core.rankings import rank

    torch.set_num_threads(1)

    def result() -> dict[str, Any]:
        found = watched(job, rank(job.params["surface"]))
        return {
            "optimizers": found.optimizers,
            "rates": found.rates,
            "starts": found.starts,
            "most": found.most,
            "steps": found.steps.tolist(),
        }

    return _reported(job, result)


def loss_slice(job: Job) -> State:
    """A plane through a loss: params root_dir, seed, run (empty for the shipped network). Result: loss, frame, points, captured."""
    import torch

    from core import checkpoints, loss_slice
    from core.dataset import SPLIT_SEED, splits
    from core.kept import kept

    torch.set_num_threads(1)

    def result() -> dict[str, Any]:
        more: dict[str, Any] = {}
        points = None
        if job.params["run"]:
            files = kept(job.folder.parent / job.params["run"], (), running=True)
            found = [file.weights() for file in files]
            plane = loss_slice.pca_plane([loss_slice.flat(weights.state_dict) for weights in found])
            points, captured = plane.project(torch.stack([loss_slice.flat(weights.state_dict) for weights in found]))
            weights = found[-1]
            more = {"points": points.tolist(), "captured": captured.tolist(), "epochs": [file.epoch for file in files]}
        else:
            weights = checkpoints.shipped_model("sketches")
            plane = loss_slice.random_plane(weights.state_dict, job.params["seed"])
        images = splits(Path(job.params["root_dir"]), SPLIT_SEED).validation
        frame = loss_slice.window(plane, points)
        grid = watched(job, loss_slice.losses(plane, images, mean=weights.mean, std=weights.std, frame=frame))
        return {"loss": grid.tolist(), "frame": frame, "images": min(len(images.labels), loss_slice.IMAGES), **more}

    return _reported(job, result)


def robustness(job: Job) -> State:
    """Accuracy against the strength of a change: params root_dir, model, digest, change. Result: accuracies, images."""
    import torch

    from core.dataset import SPLIT_SEED, splits
    from core.robustness import CHANGES, accuracies
    from core.stored import open_weights

    torch.set_num_threads(1)

    def result() -> dict[str, Any]:
        change = job.params["change"]
        if change not in CHANGES:
            raise InputError("job_params", entry="robustness")
        weights = open_weights(job.folder.parent, job.params["model"], job.params["digest"])
        images = splits(Path(job.params["root_dir"]), SPLIT_SEED).validation
        found = watched(job, accuracies(weights.model, images, change, weights.mean, weights.std))
        return {"accuracies": found, "images": len(images)}

    return _reported(job, result)


def resuming(job: Job) -> State:
    """2 + 2 epochs against 4: params root_dir, data_set. Result: whole, resumed, forgotten, checkpoint_bytes, epochs, images."""
    import torch

    from core.dataset import SPLIT_SEED, splits
    from core.resuming import CONFIG, compare

    torch.set_num_threads(1)

    def result() -> dict[str, Any]:
        found = watched(job, compare(splits(Path(job.params["root_dir"]), SPLIT_SEED), job.params["data_set"]))
        return asdict(found) | {"epochs": CONFIG.epochs, "images": CONFIG.train_size}

    return _reported(job, result)


def watched(job: Job, work: "Generator[Progress, None, Result]") -> Result:
    """Drive a generator to its result, reporting how far it is. Raises StoppedError when told to stop."""
    reported_at = 0.0
    try:
        while True:
            progress = next(work)
            if job.wanted:
                work.close()
                raise StoppedError
            if time.monotonic() - reported_at >= _REPORT_EVERY:
                job.events.write("progress", done=progress.done, total=progress.total)
                reported_at = time.monotonic()
    except StopIteration as stop:
        value: Result = stop.value
        return value


def _reported(job: Job, compute: Any) -> State:
    job.begin()
    try:
        result = compute()
    except StoppedError:
        return job.outcome
    job.events.write("result", **result)
    return State.DONE
