"""The figures of the sick runs.

    python -m tests.benchmarks.clinic.patients DATA [--keep]

DATA is the folder cifar-10-batches-py of the sketches, or its parent.

Trains each sick run and their mended twin as the page does, by a job: its seconds, its losses and
accuracies, and the signs that its case history, its explanation and the answers to wrong diagnoses
quote. --keep writes what each has reported, thinned, to tests/diagnosis/patients, on which tests
hold these texts. About 3 minutes on two cores.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from core.diagnosis.differential import EXPECTED, against
from core.diagnosis.patients import PATIENTS, settings
from core.diagnosis.signs import signs
from core.files.locations import batches_folder
from core.jobs import Event, JobService, JobSpec
from core.jobs.history import history
from tests.benchmarks.report import Row, facts, table
from tests.support import ROOT

KEPT = ROOT / "tests" / "diagnosis" / "patients"
EVERY, ALL_UNTIL, DIGITS = 10, 16, 5  # steps that are kept, and the digits of their numbers
STEP = ("seq", "time", "type", "attempt", "step", "lr", "loss")  # what is kept of one


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--keep", action="store_true")
    arguments = parser.parse_args()
    facts()
    patients(batches_folder(arguments.data), keep=arguments.keep)


def patients(root: Path, *, keep: bool) -> None:
    for fault in (*PATIENTS, "none"):
        began = time.perf_counter()
        events = trained(fault, root)
        seconds = time.perf_counter() - began
        found = signs(history(events))
        rows = [Row("seconds", f"{seconds:.1f}", "20")]
        rows += [Row(name, f"{value:.4g}") for name, value in asdict(found).items() if value is not None]
        guesses = {guess: against(guess, found) for guess in EXPECTED}
        rows += [Row(f"speaks against {guess}", sign or "nothing") for guess, sign in guesses.items()]
        table(fault, rows)
        if keep:
            KEPT.mkdir(exist_ok=True)
            lines = (json.dumps(rounded(event)) for event in thinned(events))
            (KEPT / f"{fault}.jsonl").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def trained(fault: str, root: Path) -> tuple[Event, ...]:
    """What the training of a patient reports."""
    params = {"config": settings(fault).to_json(), "data_set": "sketches", "root_dir": str(root)}
    with tempfile.TemporaryDirectory() as folder, JobService(Path(folder)) as service:
        run = service.submit(JobSpec("clinic", params, "local"))
        while service.get(run.id).active:
            time.sleep(0.05)
        return service.events(run.id)


def thinned(events: Iterable[Event]) -> list[Event]:
    """Without the pictures, and with a few of the steps, the one of the highest loss among them."""
    events = list(events)
    steps = [event for event in events if event["type"] == "step"]
    highest = max(steps, key=lambda event: event["loss"] or 0.0)
    few = [
        {name: event[name] for name in STEP}
        for event in steps
        if event["step"] <= ALL_UNTIL or event["step"] % EVERY == 0 or event in (highest, steps[-1])
    ]
    kept = [event for event in events if event["type"] in ("attempt", "vitals", "epoch", "end")]
    last = [event for event in events if event["type"] == "confusion"][-1:]
    return sorted([*kept, *few, *last], key=lambda event: int(event["seq"]))


def rounded(value: Any) -> Any:
    """The same with DIGITS significant digits; times stay."""
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}") if abs(value) < 1e9 else value
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    return [rounded(item) for item in value] if isinstance(value, list | tuple) else value


if __name__ == "__main__":
    main()
