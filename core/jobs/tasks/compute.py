"""The tasks that compute a picture: the result is one event, so that the run itself is the cache."""

from dataclasses import asdict
from hashlib import sha256
from pathlib import Path

import torch

from core.checks import one_of
from core.dataset import ImageSet, splits
from core.dataset.splits import SPLIT_SEED
from core.errors import InputError
from core.files.locations import DATA_SETS
from core.jobs.entries import stored_name
from core.jobs.spec import State
from core.jobs.worker.follow import follow
from core.jobs.worker.job import Job
from core.training import checkpoints
from core.training.checkpoints import Weights

SHIPPED = {f"shipped-{name}": name for name in DATA_SETS}


def ranking(job: Job) -> State:
    """Rank the optimizers on a surface. Params: surface. Result: steps [optimizers][rates][starts]."""
    from core.optimizers.rankings import rank

    job.begin()
    found = follow(job, rank(job.params["surface"]))
    job.events.write("result", **found.to_json())
    return State.DONE


def race(job: Job) -> State:
    """Race optimizers. Params: surface, start, steps, noise, seed, hyper by optimizer. Result: paths."""
    from core.optimizers.trajectories import race as racing

    job.begin()
    found = follow(job, racing(**job.params))
    job.events.write("result", paths=[path.to_json() for path in found])
    return State.DONE


def loss_slice(job: Job) -> State:
    """Compute a loss on a plane through weight space.

    Params: root_dir, seed, run (empty for the shipped network), digest (which makes two plots of the same
    weights one job). Result: loss, frame, points, captured, images and, for a run, epochs.
    """
    from core.optimizers import loss_plane
    from core.training.snapshots import run_checkpoints

    job.begin()
    more: dict[str, object] = {}
    points = None
    if job.params["run"]:
        files = run_checkpoints(job.folder.parent / job.params["run"], (), running=True)
        found = [file.weights() for file in files]
        vectors = [loss_plane.flat(weights.state_dict) for weights in found]
        plane = loss_plane.pca_plane(vectors)
        points, captured = plane.project(torch.stack(vectors))
        weights = found[-1]
        more = {
            "points": points.tolist(),
            "captured": captured.tolist(),
            "epochs": [file.epoch for file in files],
        }
    else:
        weights = checkpoints.shipped_model("sketches")
        plane = loss_plane.random_plane(weights.state_dict, job.params["seed"])
    images = _validation(job)
    frame = loss_plane.window(plane, points)
    grid = follow(job, loss_plane.losses(plane, images, mean=weights.mean, std=weights.std, frame=frame))
    job.events.write(
        "result", loss=grid.tolist(), frame=frame, images=min(len(images), loss_plane.IMAGES), **more
    )
    return State.DONE


def robustness(job: Job) -> State:
    """Measure accuracy against the strength of a change.

    Params: root_dir, model, digest, change. Result: accuracies, images.
    """
    from core.evaluation.robustness import CHANGES, accuracies

    job.begin()
    change = one_of("change", job.params["change"], CHANGES)
    weights = open_weights(job.folder.parent, job.params["model"], job.params["digest"])
    images = _validation(job)
    found = follow(job, accuracies(weights.network(), images, change, weights.mean, weights.std))
    job.events.write("result", accuracies=found, images=len(images))
    return State.DONE


def resuming(job: Job) -> State:
    """Compare 2 + 2 epochs with 4.

    Params: root_dir, data_set. Result: whole, resumed, forgotten, checkpoint_bytes, epochs, images.
    """
    from core.saving.resuming import CONFIG, compare

    job.begin()
    found = follow(job, compare(splits(Path(job.params["root_dir"]), SPLIT_SEED), job.params["data_set"]))
    job.events.write("result", **asdict(found), epochs=CONFIG.epochs, images=CONFIG.train_size)
    return State.DONE


def open_weights(runs: Path, name: str, digest: str) -> Weights:
    """Load stored weights by name and verify their checksum.

    The name is "shipped-<data set>", or that of a file in the folder `runs`, with slashes. Raises InputError
    when the file is missing, damaged, or its SHA-256 is not `digest`.
    """
    if name in SHIPPED:
        return checkpoints.shipped_model(SHIPPED[name])
    if not stored_name(name):
        raise InputError("checkpoint_missing", path=name[:60])
    path = runs / name
    weights = (
        checkpoints.load_weights(path)
        if path.suffix == ".safetensors"
        else checkpoints.weights_in(checkpoints.load(path))
    )
    if sha256(path.read_bytes()).hexdigest() != digest:
        raise InputError("checkpoint_damaged", path=path.name)
    return weights


def _validation(job: Job) -> ImageSet:
    return splits(Path(job.params["root_dir"]), SPLIT_SEED).validation
