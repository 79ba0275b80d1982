"""Kept events of sick and healthy trainings, and run folders made of them."""

import gzip
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from core.jobs import Event, Run
from core.jobs.folder import new_id, write_spec, write_state
from core.jobs.spec import State
from core.training.config import TrainConfig
from tests.support import ROOT

FOLDER = ROOT / "tests" / "diagnosis" / "runs"


def kept(name: str) -> tuple[list[Event], TrainConfig]:
    """Events and settings of a kept run; the planted fault is taken out of these."""
    lines = gzip.decompress((FOLDER / f"{name}.jsonl.gz").read_bytes()).splitlines()
    settings, *events = map(json.loads, lines)
    return events, replace(TrainConfig.from_json(settings["config"]), fault="none")


def placed(runs: Path, name: str, entry: str = "train", config: Any = None) -> str:
    """Put a kept run among the runs of a lab, before its service has begun, as finished; return its id."""
    events, own = kept(name)
    run_id = new_id()
    folder = runs / run_id
    folder.mkdir(parents=True)
    params = {"config": (config or own).to_json(), "data_set": "sketches", "root_dir": ""}
    run = Run(run_id, entry, "train", "local", params, State.DONE, None, 1, 1.0, 1.0, 2.0, folder, number=1)
    write_spec(run)
    write_state(run)
    lines = [
        json.dumps(event | {"seq": number, "time": 1.0, "attempt": 1})
        for number, event in enumerate(events, start=1)
    ]
    (folder / "events.jsonl").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return run_id
