"""What the clinic says of sick and healthy trainings.

    python -m tests.benchmarks.clinic.runs DATA [--siblings] [--only NAME]

Trains each planted fault by the clinic's settings and twenty healthy runs, and keeps their events,
thinned, in tests/diagnosis/runs/, which tests/diagnosis/test_findings.py reads. Prints what the
checklist of core/diagnosis/findings.py finds in each: its cause, and what else is striking. With
--siblings it trains others instead, which are like these but not the same, and keeps nothing.

DATA is the folder of the sketches. All kept runs take about fifteen minutes on one core, the siblings half an
hour.
"""

import argparse
import gzip
import json
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from core.diagnosis.findings import cause, examine
from core.faults.table import FAULTS
from core.jobs import Event, JobService, JobSpec
from core.jobs.history import history
from core.optimizers import OPTIMIZERS
from core.shapes.network import PRESETS
from core.training.config import RECIPES, TrainConfig, recipe
from tests.benchmarks.report import facts
from tests.support import ROOT

KEPT = ROOT / "tests" / "diagnosis" / "runs"
EPOCHS = 6  # of the clinic's sick runs
SEEDS = range(5)
NETWORKS = {"lenet": "", "norm": PRESETS["lenet_norm"].text}
FITTING = {"sgd": 0.05, "momentum": 0.01, "nesterov": 0.01, "rmsprop": 0.001}  # lr, other than torch's
STEPS = 30, 20  # step events kept of a run: about so many, and so many of its last
DIGITS = 4  # significant
FIELDS = {  # of an event, what a history is made of
    "attempt": ("step", "total_steps", "steps_per_epoch"),
    "step": ("step", "lr", "loss"),
    "epoch": ("epoch", "step", "train_loss", "train_accuracy", "validation_loss", "validation_accuracy"),
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--siblings", action="store_true")
    parser.add_argument("--only", default="", help="part of the names of the runs to train")
    options = parser.parse_args()
    runs(options.data, options.siblings, options.only)


def runs(data: Path, siblings: bool, only: str) -> None:
    """Train the runs, print what is found in each, and keep the events of those that tests read."""
    chosen = {
        name: config for name, config in (siblings_of() if siblings else kept()).items() if only in name
    }
    facts(runs=len(chosen))
    KEPT.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, JobService(Path(folder)) as service:
        for name, config in chosen.items():
            events = trained(service, config, data)
            print(f"  {name:<26}{found(events, config)}", flush=True)
            if not siblings:
                lines = [{"type": "config", "config": config.to_json()}, *thinned(events)]
                text = "".join(f"{json.dumps(line, separators=(',', ':'))}\n" for line in lines)
                (KEPT / f"{name}.jsonl.gz").write_bytes(gzip.compress(text.encode(), 9, mtime=0))


def kept() -> Mapping[str, TrainConfig]:
    """The runs that tests read: each fault once, and both recipes with two networks and five seeds."""
    sick = {name: recipe("fast", epochs=EPOCHS, fault=name) for name in FAULTS if name != "none"}
    healthy = {
        f"healthy_{name}_{network}_{seed}": recipe(name, network=layers, seed=seed)
        for name in RECIPES
        for network, layers in NETWORKS.items()
        for seed in SEEDS
    }
    return sick | healthy


def trained(service: JobService, config: TrainConfig, data: Path) -> tuple[Event, ...]:
    """The events of a training."""
    params = {"config": config.to_json(), "data_set": "sketches", "root_dir": str(data)}
    run = service.submit(JobSpec("train", params, "ann"))
    while service.get(run.id).active:
        time.sleep(0.1)
    return tuple(service.events(run.id))


def found(events: tuple[Event, ...], config: TrainConfig) -> str:
    """The cause, and what else is striking."""
    findings = examine(history(events), config)
    first = cause(findings)
    names = [f"{row.check}.{row.kind}" for row in findings if row.verdict == "striking" and row is not first]
    return " ".join([f"{first.check}.{first.kind} -> {first.points_to[0]};" if first else "-", *names])


def thinned(events: tuple[Event, ...]) -> Iterator[Mapping[str, Any]]:
    """Events with what the checklist reads: vital signs, epochs, and some of the steps."""
    most, last = STEPS
    steps = [event for event in events if event["type"] == "step"]
    stride = max(1, len(steps) // most)
    chosen = {event["step"] for event in (*steps[::stride], *steps[-last:])}
    for event in events:
        kind = event["type"]
        if kind == "vitals":
            unneeded = ("seq", "time", "attempt")
            yield {name: _rounded(value) for name, value in event.items() if name not in unneeded}
        elif kind in FIELDS and (kind != "step" or event["step"] in chosen):
            fields = {name: _rounded(event[name]) for name in FIELDS[kind]}
            yield {"type": kind} | fields | ({"seconds": 1.0} if kind == "epoch" else {})


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}")
    if isinstance(value, dict):
        return {name: _rounded(item) for name, item in value.items()}
    return [_rounded(item) for item in value] if isinstance(value, list | tuple) else value


def siblings_of() -> Mapping[str, TrainConfig]:
    """Runs like the kept ones: other seeds, recipes, networks, optimizers, batches, faults by degrees."""
    names = [name for name in FAULTS if name != "none"]
    networks = {name: PRESETS[name].text for name in ("lenet_dropout", "lenet_1998", "linear", "mlp")}
    lenet, norm, mlp = (PRESETS[name].text for name in ("lenet", "lenet_norm", "mlp"))
    deep = "Flatten(),Linear(3072,30),ReLU()," + 12 * "Linear(30,30),ReLU()," + "Linear(30,10)"
    runs = {f"{name}_{seed}": _fast(fault=name, seed=seed) for name in names for seed in (1, 2)}
    runs |= {f"{name}_tutorial": _tutorial(fault=name) for name in names}
    runs |= {f"{name}_norm": _fast(fault=name, network=norm) for name in names}
    runs |= {f"lr_x{factor:g}": _fast(lr=0.08 * factor) for factor in (1e-3, 0.01, 0.1, 3, 10, 30, 100)}
    runs |= {f"tutorial_lr_x{factor:g}": _tutorial(lr=1e-3 * factor) for factor in (0.01, 0.1, 10, 30, 100)}
    runs |= {f"wrong_labels_{share}": _fast(wrong_labels=share) for share in (0.3, 0.5, 0.9, 1.0)}
    runs |= {f"imbalance_{factor:g}": _fast(imbalance=factor) for factor in (100.0, 1000.0)}
    runs |= {f"network_{name}": _fast(network=layers) for name, layers in networks.items()}
    runs |= {f"tutorial_{name}": _tutorial(network=layers) for name, layers in networks.items()}
    runs |= {
        f"{name}_lr_{lr:g}": _fast(optimizer=name, lr=lr, schedule="constant", epochs=3)
        for name, lr in {**{name: kind.lr for name, kind in OPTIMIZERS.items()}, **FITTING}.items()
    }
    return runs | {
        "adam_lr_0.1": _fast(optimizer="adam", lr=0.1, schedule="constant", epochs=3),
        "adam_lr_1e-06": _fast(optimizer="adam", lr=1e-6, schedule="constant", epochs=3),
        "sigmoid": _fast(network=lenet.replace("ReLU", "Sigmoid")),
        "softmax_layer": _tutorial(network=f"{lenet},Softmax(dim=1)"),
        "no_relu": _fast(network=lenet.replace("ReLU(),", "")),
        "thirteen_layers": _fast(network=deep),
        "mlp_lr_3": _fast(network=mlp, lr=3.0),
        "overfitting": _fast(train_size=500, epochs=40),
        "wrong_labels_few": _fast(train_size=1000, wrong_labels=0.3, epochs=40),
        "one_epoch": _fast(epochs=1),
        "two_steps": _fast(epochs=1, train_size=200, batch_size=100),
        "batch_1": _tutorial(batch_size=1, epochs=1),
        "batch_1024": _fast(batch_size=1024, epochs=10),
        "augmented": _fast(flip=True, crop=8),
        "not_normalised": _fast(mean=(0.0,) * 3, std=(1.0,) * 3),
        "not_shuffled": _tutorial(shuffle=False, epochs=2),
    }


def _fast(**changes: Any) -> TrainConfig:
    return recipe("fast", **{"epochs": EPOCHS} | changes)


def _tutorial(**changes: Any) -> TrainConfig:
    return recipe("tutorial", **{"epochs": EPOCHS} | changes)


if __name__ == "__main__":
    main()
