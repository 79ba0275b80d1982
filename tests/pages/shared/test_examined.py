"""pages.shared.examined on the training page: a sick, a sound and a blank run, in both languages."""

import json
import math
import re
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.cifar10 import CLASSES
from core.diagnosis.findings import CHECKS, examine
from core.faults.table import FAULTS
from core.jobs.history import history
from core.transfer.config import TransferConfig
from pages.shared.examined import written
from tests.conftest import Lab
from tests.support import ROOT
from tests.support.kept_runs import kept, placed
from tests.support.visit import healthy, press, shows, texts, visit, words

OPEN = {"training__tab__open": "examine"}


def look(run: str, language: str = "en") -> AppTest:
    return visit("training", language, training__run=run, **OPEN)


def rows(at: AppTest) -> list[list[str]]:
    """The table of all checks, without what keeps its words on one line."""
    table = at.table[-1].value
    return [[cell.replace("\u2060", "") for cell in row] for row in table.to_numpy().tolist()]


def links(at: AppTest) -> list[dict[str, str]]:
    """Where the links to the clinic lead."""
    found = [link.proto for link in at.get("page_link")]
    pairs = [
        dict(part.split("=") for part in link.query_string.split("&")) for link in found if link.query_string
    ]
    return [pair for pair in pairs if any(name.startswith("diagnosis") for name in pair)]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_sick_run_is_explained_where_it_ended(lab: Lab, language: str) -> None:
    text, page = words("diagnosis", language), words("training", language)
    run = placed(lab.runs, "no_zero_grad")
    at = visit("training", language, training__run=run)
    name = text("check.leftover")
    assert text("check.short", name=f"**{name}**") in [line.value for line in at.markdown]
    press(at, "examined.look")
    assert at.session_state["training.tab"] == page("tab.examine")
    assert len(at.warning) == 1 and name in at.warning[0].value
    assert "0.585" in at.warning[0].value and "zero_grad()" in at.warning[0].value
    found = rows(at)
    assert [row[0] for row in found] == [text(f"check.{check}") for check in CHECKS]
    assert [row[2] for row in found] == [text(f"check.{check}.expected") for check in CHECKS]
    assert found[6][1] == text("check.leftover.measured", leftover="0.585", at=10)
    assert found[6][3] == f"**{text('check.verdict.striking')}**"
    assert links(at)[0]["diagnosis.fault"] == "no_zero_grad"
    sentences = " ".join(texts(at))
    assert text("check.next") in sentences and text("check.dead") in sentences
    assert "{" not in sentences and links(at)[0]["lang"] == language


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_sound_run_says_so_in_one_sentence(lab: Lab, language: str) -> None:
    text = words("diagnosis", language)
    run = placed(lab.runs, "healthy_fast_norm_0")
    at = look(run, language)
    assert [line.value for line in at.success] == [text("check.sound", n=len(CHECKS))]
    assert not shows(at, "examined.look") and not at.warning and not links(at)
    assert {row[3] for row in rows(at)} == {text("check.verdict.sound")}


def test_a_run_that_has_reported_nothing_is_unknown(lab: Lab) -> None:
    run = placed(lab.runs, "lr_low")
    (lab.runs / run / "events.jsonl").write_text("not json\n{}\n")
    at = look(run)
    text = words("diagnosis")
    assert text("check.nothing") in [line.value for line in at.info]
    assert {row[3] for row in rows(at)} == {text("check.verdict.unknown")}
    assert not shows(at, "examined.look")


def test_damaged_vital_signs_leave_the_curves(lab: Lab) -> None:
    run = placed(lab.runs, "labels_shuffled")
    path = lab.runs / run / "events.jsonl"
    events = [json.loads(line) for line in path.read_text().splitlines()]
    for event in events:
        if event["type"] == "vitals":
            event["layers"] = "conv1"
    path.write_text("".join(f"{json.dumps(event)}\n" for event in events))
    at = look(run)
    text = words("diagnosis")
    assert text("check.flat") in at.warning[0].value
    assert [row[1] for row in rows(at)[:4]] == [text("check.unmeasured")] * 4


def test_a_young_run_isnt_judged_by_what_it_can_not_know(lab: Lab) -> None:
    run = placed(lab.runs, "labels_shuffled")
    path = lab.runs / run / "events.jsonl"
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:5]))
    at = look(run)
    sentences = [line.value for line in at.info]
    assert any(line.startswith("Nothing stands out so far") for line in sentences)


def test_resnet_is_judged_by_its_curves(lab: Lab) -> None:
    run = placed(lab.runs, "validation_raw", "transfer", TransferConfig(epochs=6))
    path = lab.runs / run / "events.jsonl"  # such a run reports no vital signs
    lines = [line for line in path.read_text().splitlines(keepends=True) if "vitals" not in line]
    path.write_text("".join(lines))
    at = look(run)
    text = words("diagnosis")
    assert text("check.gap") in at.warning[0].value
    assert rows(at)[0][1] == text("check.unmeasured")
    assert links(at)[0]["diagnosis.tab.open"] == "overfitting"


def test_without_a_run_there_is_no_such_tab(lab: Lab) -> None:
    at = healthy(visit("training", **OPEN))
    assert at.session_state["training.tab"] == words("training")("tab.notice")


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("loss", math.log(len(CLASSES)), "2.303"),
        ("ratio", 0.000431, "0.00043"),
        ("ratio", 1.9e11, "1.9 × 10¹¹"),
        ("ratio", 4.03e-9, "4.0 × 10⁻⁹"),
        ("low", -408.12, "−408.1"),
        ("spread", 0.0, "0"),
        ("last", math.nan, "NaN"),
        ("share", 0.312, "31.2%"),
        ("moved", 0.0031, "0.310%"),
        ("gap", 0.183, "18"),
        ("change", -0.111, "−0.111"),
        ("likely", 8.147, "8.1"),
        ("at", 5630, "5,630"),
        ("layer", "conv_1*", "conv\\_1\\*"),
    ],
)
def test_numbers_are_written_for_beginners(name: str, value: Any, shown: str) -> None:
    assert written({name: value}) == {name: shown}


def test_every_finding_has_its_words() -> None:
    """Kinds, targets and reasons that the checks name, in the text of both languages."""
    source = "".join(path.read_text("utf-8") for path in (ROOT / "core" / "diagnosis").glob("*check*.py"))
    kinds = re.findall(r'striking\(\s*"(\w+)",\s*"(\w+)"', source)
    assert len(kinds) >= 18
    for language in ("en", "zh"):
        text = words("diagnosis", language)
        for check in CHECKS:
            assert {f"check.{check}{end}" for end in ("", ".measured", ".expected")} <= set(text)
        assert {f"check.{check}.{kind}" for check, kind in kinds} <= set(text)
        beside = {"gap.growing", "gap.wide", "gap.apart", "gap.unequal", "flat.stuck"}
        assert {f"check.{name}" for name in beside} <= set(text)
        assert {f"check.{kind}" for kind in re.findall(r'unknown\("\w+", "(\w+)"\)', source)} <= set(text)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_sentence_gets_its_numbers(language: str) -> None:
    """Those of all sick runs, and what the table says of them."""
    text = words("diagnosis", language)
    for name in set(FAULTS) - {"none"}:
        events, config = kept(name)
        for row in examine(history(events), config):
            numbers = written(row.numbers)
            if row.verdict != "unknown":
                assert "{" not in text(f"check.{row.check}.measured", **numbers)
            if row.verdict == "striking":
                assert "{" not in text(f"check.{row.check}.{row.kind}", **numbers)
