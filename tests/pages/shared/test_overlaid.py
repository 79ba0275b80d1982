"""pages.shared.overlaid: runs in every state beside each other, in both languages."""

import json
import shutil

import pytest
from streamlit.testing.v1 import AppTest

from tests.conftest import Lab
from tests.support.visit import healthy, words


def ids(lab: Lab) -> list[str]:
    """The ids of the runs, oldest first."""
    return sorted(path.name for path in lab.runs.glob("2*"))


def script() -> None:
    from dataclasses import replace

    import streamlit as st

    from pages.app.services import jobs
    from pages.shared.overlaid import overlaid

    runs = [(name, jobs().get(run_id)) for name, run_id in st.session_state["ids"]]
    gone = replace(runs[0][1], id="20260101-000000-0123456789abcdef0123")
    overlaid([*runs, ("gone", gone)], 3, key="twin")
    overlaid([], 3, key="none")


def spoiled(lab: Lab) -> list[tuple[str, str]]:
    """The two finished runs, one that diverged in its first epoch, and a damaged one."""
    first, second = ids(lab)
    diverged, damaged, *_ = (f"{first[:-1]}{mark}" for mark in "0123" if mark not in (first[-1], second[-1]))
    for run_id in (diverged, damaged):
        shutil.copytree(lab.runs / first, lab.runs / run_id)
    state = json.loads((lab.runs / diverged / "state.json").read_text())
    state |= {"state": "failed", "reason": {"key": "diverged", "values": {"step": 3}}}
    (lab.runs / diverged / "state.json").write_text(json.dumps(state))
    events = [
        {"type": "attempt", "attempt": 1, "step": 0, "total_steps": 57, "steps_per_epoch": 19, "time": 1.0},
        {"type": "step", "step": 1, "lr": 9.0, "loss": 2.3, "time": 1.0},
        {"type": "step", "step": 2, "lr": 9.0, "loss": 1e25, "time": 1.0},
        {"type": "step", "step": 3, "lr": 9.0, "loss": None, "time": 1.0},
    ]
    lines = "".join(f"{json.dumps(event)}\n" for event in events)
    (lab.runs / diverged / "events.jsonl").write_text(lines)
    (lab.runs / damaged / "spec.json").write_text("{")
    return [("sick", first), ("*twin*", second), ("wild", diverged), ("torn", damaged)]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_runs_in_every_state(trained: Lab, language: str) -> None:
    text = words("shared", language)
    at = AppTest.from_function(script, default_timeout=60)
    at.session_state["kept.language"] = language
    at.session_state["ids"] = spoiled(trained)
    healthy(at.run())
    table = at.table[0].value
    assert list(table.columns) == [
        text(f"overlaid.column.{name}") for name in ("run", "state", "best", "train", "gap")
    ]
    rows = table.to_numpy().tolist()
    assert [row[0] for row in rows] == ["sick", "\\*twin\\*", "wild", "torn", "gone"]
    epochs = text("overlaid.epochs", done=2, epochs=3)
    assert [row[1] for row in rows] == [
        f"{text('state.done')} · {text('overlaid.epochs', done=1, epochs=3)}",
        f"{text('state.done')} · {epochs}",
        text("overlaid.diverged", step=3),
        text("state.damaged"),
        text("overlaid.deleted"),
    ]
    assert [row[2:] for row in rows[2:]] == [["–"] * 3] * 3 and all("%" in row[2] for row in rows[:2])
    charts = {chart.key: json.loads(chart.proto.spec) for chart in at.get("echarts_chart")}
    assert list(charts) == ["twin.loss", "twin.accuracy"]
    wild = next(one for one in charts["twin.loss"]["series"] if one["name"].startswith("wild"))
    assert wild["data"][0][1] == pytest.approx(2.3) and wild["data"][-1][1] is None
