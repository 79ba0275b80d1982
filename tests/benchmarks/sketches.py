"""The result of a learner's first press of Train: built-in data set, default recipe, through the job service.

    python -m tests.benchmarks.sketches [--train-size 10000] [--epochs 10]

Writes the data set into a temporary folder, then trains with three seeds, one after another, each from a warm
worker as on a server that has shown its first page. Seconds count from `submit` to the worker's last event
and include reading the data, validation after each epoch and all checkpoints. Takes about a minute and a
half.
"""

import argparse
import statistics
import tempfile
import time
from pathlib import Path

from core.dataset import sketches
from core.jobs import ACTIVE, JobService, JobSpec, LocalBackend
from core.training.config import RECIPES, recipe
from tests.benchmarks.memory import settle
from tests.benchmarks.report import Row, facts, seconds, table

SEEDS = (0, 1, 2)
PATIENCE = 30.0  # seconds in which the accuracy is to be reached
LONGEST = 600.0  # seconds for one run


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--train-size", type=int, default=10_000)
    parser.add_argument("--epochs", type=int, default=RECIPES["fast"].epochs)
    arguments = parser.parse_args()
    facts(**{"threads of a worker": 1})
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        for _ in sketches.write(folder, train_size=arguments.train_size, test_size=arguments.train_size // 5):
            pass
        rows.append(
            Row(
                f"writing {arguments.train_size:,} + {arguments.train_size // 5:,} sketches",
                seconds([time.perf_counter() - began]),
            )
        )
        backend = LocalBackend(spares=1)
        with JobService(Path(folder, "runs"), backend) as service:
            courses = [course(service, backend, folder, arguments.epochs, seed) for seed in SEEDS]
    for seed, (ended, epochs) in zip(SEEDS, courses, strict=True):
        rows.append(Row(f"seed {seed}: Train to the end", seconds([ended])))
        rows.append(Row(f"seed {seed}: validation accuracy at the end", percent(epochs[-1][1])))
        rows.append(
            Row(
                f"seed {seed}: validation accuracy after {PATIENCE:g} s",
                percent(at(PATIENCE, epochs)),
                "80 - 97%",
            )
        )
    rows.append(
        Row(
            f"median after {PATIENCE:g} s",
            percent(statistics.median(at(PATIENCE, epochs) for _, epochs in courses)),
            "80 - 97%",
        )
    )
    table(f"LeNet on the sketches, fast recipe, {arguments.epochs} epochs", rows)


def course(
    service: JobService, backend: LocalBackend, folder: str, epochs: int, seed: int
) -> tuple[float, list[tuple[float, float]]]:
    """Seconds from submit to the end, and (seconds, validation accuracy) of each epoch."""
    service.warm_up()
    settle(backend.pids[""])
    config = recipe("fast", epochs=epochs, seed=seed)
    params = {"config": config.to_json(), "data_set": "sketches", "root_dir": folder}
    began = time.time()  # the clock of the events
    run = service.submit(JobSpec("train", params, f"seed-{seed}"))
    while service.get(run.id).state in ACTIVE and time.time() - began < LONGEST:
        time.sleep(0.05)
    run = service.get(run.id)
    if run.state != "done":
        raise SystemExit(f"the run ended as {run.state}: {run.error}")
    events = service.events(run.id)
    scores = [
        (event["time"] - began, event["validation_accuracy"]) for event in events if event["type"] == "epoch"
    ]
    return events[-1]["time"] - began, scores


def at(moment: float, epochs: list[tuple[float, float]]) -> float:
    """Accuracy that the chart shows at a moment: that of the newest epoch that is over."""
    return next((accuracy for when, accuracy in reversed(epochs) if when <= moment), 0.0)


def percent(share: float) -> str:
    return f"{100 * share:.1f}%"


if __name__ == "__main__":
    main()
