"""The kept trainings of the sick runs, as events, as a course, and as finished runs of a learner."""

import json
from pathlib import Path
from typing import Any

from core.diagnosis.patients import settings
from core.jobs import Event
from core.jobs.history import History, history
from core.training.config import TrainConfig
from tests.support import ROOT

KEPT = ROOT / "tests" / "diagnosis" / "patients"


def events(fault: str) -> list[Event]:
    """What the training with a fault has reported; "none" is the mended one."""
    lines = (KEPT / f"{fault}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def course(fault: str) -> History:
    return history(events(fault))


def lay(runs: Path, fault: str, root: Path, config: TrainConfig | None = None, **state: Any) -> Path:
    """Put the training among a learner's runs, done or diverged unless `state` says otherwise.

    `config` is what the run shall say of its settings, if not the patient's.
    """
    folder = runs / f"20260101-000000-{fault.encode().hex()[:20]:0<20}"
    folder.mkdir(parents=True)
    end = events(fault)[-1]
    spec = {
        "entry": "clinic",
        "lane": "train",
        "owner": "local",
        "learner": "local",
        "created": 1.0,
        "number": 1,
        "params": {
            "config": (config or settings(fault)).to_json(),
            "data_set": "sketches",
            "root_dir": str(root),
        },
    }
    outcome = {"state": end["outcome"], "reason": end["reason"], "attempt": 1, "started": 1.0, "ended": 9.0}
    (folder / "spec.json").write_text(json.dumps(spec), encoding="utf-8")
    (folder / "state.json").write_text(
        json.dumps(outcome | {"owner": "local", "name": ""} | state), encoding="utf-8"
    )
    text = (KEPT / f"{fault}.jsonl").read_text(encoding="utf-8")
    (folder / "events.jsonl").write_text(text, encoding="utf-8")
    return folder
