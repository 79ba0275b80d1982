"""The clinic's sick runs: each as a link, admitted, examined, diagnosed wrongly and rightly, mended."""

import inspect
import shutil
import threading

import pytest
from streamlit.testing.v1 import AppTest

from core.diagnosis.differential import against
from core.diagnosis.patients import PATIENTS, settings
from core.diagnosis.signs import signs
from core.errors import InputError
from core.faults import table
from core.jobs import Limits
from core.training.config import TrainConfig, recipe
from pages.app import services
from pages.panels.diagnosis import admission, cause
from pages.panels.diagnosis import patients as panel
from pages.panels.diagnosis.checklist import QUESTIONS
from tests.conftest import Lab
from tests.support import patients
from tests.support.typography import faults
from tests.support.visit import choose, errors, healthy, keys, press, shows, texts, until, visit, words

CLINIC, LANGUAGES = words("diagnosis"), ("en", "zh")
PLACES = {fault: str(number) for number, fault in enumerate(PATIENTS, 1)}


def clinic(language: str = "en", **link: str) -> AppTest:
    return visit("diagnosis", language, **{f"diagnosis__{key}": value for key, value in link.items()})


def page(at: AppTest) -> str:
    return " ".join(texts(at))


def admitted(lab: Lab, *names: str, **state: object) -> None:
    """Let the learner have these trainings already."""
    for fault in names:
        patients.lay(lab.runs, fault, lab.sketches, **state)


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_fault_as_a_link_of_a_patient_not_seen_yet(lab: Lab, language: str) -> None:
    text = words("diagnosis", language)
    for fault, place in PLACES.items():
        at = clinic(language, fault=fault)
        assert not errors(at) and not at.warning
        assert "diagnosis.fault" not in at.query_params and at.get_by_key("diagnosis.patient").value == place
        assert text(f"patients.story.{fault}") in page(at)
        assert text(f"patients.fault.{fault}") not in page(at)
        assert shows(at, "diagnosis.sick.loss") and not shows(at, "diagnosis.batch.train")
        assert not shows(at, "diagnosis.diagnose")


@pytest.mark.parametrize("fault", ["flu", "none", "", "%00", "x" * 5000])
def test_a_link_to_a_fault_that_is_none(lab: Lab, fault: str) -> None:
    at = clinic(fault=fault)
    assert [warning.value for warning in at.warning] == [CLINIC("patients.unknown")] * bool(fault)
    assert at.get_by_key("diagnosis.patient").value == "1"
    choose(at, "diagnosis.patient", "2")
    assert not at.warning and not errors(at)


@pytest.mark.parametrize(
    "link", [{"patient": "11"}, {"patient": "-1"}, {"found": "0-11-x--3"}, {"found": "-" * 999}]
)
def test_a_link_with_something_else(lab: Lab, link: dict[str, str]) -> None:
    at = clinic(**link)
    known = ["3"] if "3" in link.get("found", "") else []
    assert not errors(at) and at.get_by_key("diagnosis.patient").value == "1"
    options = at.get_by_key("diagnosis.patient").options
    assert [option for option in options if "✓" in option] == [f"{place} ✓" for place in known]


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_patient_is_examined_and_diagnosed(lab: Lab, language: str) -> None:
    admitted(lab, *PATIENTS)
    text = words("diagnosis", language)
    for fault, place in PLACES.items():
        at = clinic(language, patient=place)
        assert not errors(at)
        for key in ("loss", "accuracy", "gradient", "activation", "dead"):
            assert shows(at, f"diagnosis.sick.{key}")
        assert shows(at, "diagnosis.batch.train") and shows(at, "diagnosis.batch.validation")
        for question in QUESTIONS:
            assert text(f"patients.check.{question}.where") in page(at)
        assert at.button(key="diagnosis.diagnose").disabled and not shows(at, "diagnosis.tell")
        guess = PATIENTS[int(place) % len(PATIENTS)]
        choose(at, f"diagnosis.cause.{place}", guess)
        press(at, "diagnosis.diagnose")
        sign = against(guess, signs(patients.course(fault)))
        assert text(f"patients.against.{guess}.{sign}").partition("{")[0] in at.warning[-1].value
        assert shows(at, "diagnosis.tell") and not at.success
        choose(at, f"diagnosis.cause.{place}", fault)
        press(at, "diagnosis.diagnose")
        assert text(f"patients.why.{fault}").partition("{")[0] in at.success[0].value
        assert "–" not in at.success[0].value and not shows(at, "diagnosis.diagnose")
        assert (
            language == "en"
            or [list(faults(sentence)) for sentence in texts(at) if list(faults(sentence))] == []
        )
        assert all(key and key.startswith(("diagnosis.", "language", "question_")) for key in keys(at))
        assert at.query_params["diagnosis.found"] in (place, [place])
        press(at, "diagnosis.next")
        assert at.get_by_key("diagnosis.patient").value == str(int(place) % 10 + 1)
        assert f"{place} ✓" in at.get_by_key("diagnosis.patient").options


def test_the_cause_is_told_after_one_wrong_try_and_its_code_is_shown(lab: Lab) -> None:
    admitted(lab, "weights_zero")
    at = clinic(fault="weights_zero")
    place = PLACES["weights_zero"]
    at.session_state["diagnosis.code.patients"] = True
    healthy(at.run())
    zero = inspect.getsource(table._zero)
    assert inspect.getsource(settings) in at.code[-1].value and zero not in at.code[-1].value
    choose(at, f"diagnosis.cause.{place}", "lr_low")
    press(at, "diagnosis.diagnose")
    press(at, "diagnosis.tell")
    assert at.success and zero in at.code[-1].value


@pytest.mark.parametrize("fault", PATIENTS)
def test_the_code_of_a_fault_is_its_row(fault: str) -> None:
    code = cause.code_of(fault)
    row = code.splitlines()[-1]
    assert row.startswith(f'"{fault}": Fault(') and row.endswith("),")
    assert code in inspect.getsource(table) or all(
        part in inspect.getsource(table) for part in code.split("\n\n\n")
    )


def test_marks_and_step_are_kept_by_patient(lab: Lab) -> None:
    admitted(lab, "lr_low", "weights_zero")
    at = clinic(patient=PLACES["lr_low"])
    choose(at, f"diagnosis.mark.{PLACES['lr_low']}.steps", "suspicious")
    choose(at, "diagnosis.step", "425")
    assert at.table[0].value.iloc[:, 3].tolist() == ["0"] * 5
    choose(at, "diagnosis.patient", PLACES["weights_zero"])
    assert at.get_by_key(f"diagnosis.mark.{PLACES['weights_zero']}.steps").value is None
    choose(at, "diagnosis.patient", PLACES["lr_low"])
    assert at.get_by_key(f"diagnosis.mark.{PLACES['lr_low']}.steps").value == "suspicious"


def small(fault: str = "none") -> TrainConfig:
    """A patient that takes a moment: 300 images, one epoch."""
    return recipe("fast", epochs=1, seed=0, fault=fault, train_size=300)


def test_a_patient_is_diagnosed_and_mended(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (panel, cause):
        monkeypatch.setattr(module, "settings", small)
    patients.lay(lab.runs, "no_zero_grad", lab.sketches, small("no_zero_grad"))
    at = clinic(fault="no_zero_grad")
    choose(at, f"diagnosis.cause.{PLACES['no_zero_grad']}", "no_zero_grad")
    press(at, "diagnosis.diagnose")
    assert at.success and not shows(at, "diagnosis.twin.loss")
    press(at, "diagnosis.mend")
    twin = admission.latest(small())
    assert twin is not None
    until(at, lambda at: services.jobs().get(twin.id).state == "done")
    healthy(at.run())
    assert shows(at, "diagnosis.twin.loss") and shows(at, "diagnosis.twin.accuracy")
    rows = at.table[-1].value.iloc[:, 0].tolist()
    assert rows == [CLINIC("patients.sick", patient=PLACES["no_zero_grad"]), CLINIC("patients.mended")]
    press(at, "diagnosis.mend")  # a second press trains nothing
    assert len(services.jobs().list("local")) == 2
    assert not shows(visit("training"), "training.run")  # a lesson's runs are no runs of the learner's


def test_two_tabs_that_press_at_once_train_once(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    service = services.jobs()
    submitted, both = [], threading.Barrier(2)
    submit = service.submit
    monkeypatch.setattr(service, "submit", lambda spec: submitted.append(submit(spec)) or submitted[-1])

    def press_in_a_tab() -> None:
        both.wait()
        admission.admit(small("lr_low"))

    tabs = [threading.Thread(target=press_in_a_tab) for _ in range(2)]
    for tab in tabs:
        tab.start()
    for tab in tabs:
        tab.join()
    assert len(submitted) == 1
    service.cancel(submitted[0].id, "local")


def test_an_ended_run_is_replaced_by_a_press_and_a_new_one_can_be_stopped(lab: Lab) -> None:
    admitted(lab, "lr_low")
    at = clinic(fault="lr_low")
    (first,) = services.jobs().list("local")
    press(at, "diagnosis.admit")
    (second,) = services.jobs().list("local")
    assert first.id != second.id and second.active
    press(at, "diagnosis.stop")
    until(at, lambda at: shows(at, "diagnosis.admit"))
    assert CLINIC("patients.state.stopped") in at.warning[0].value


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_full_queue_is_one_sentence(lab: Lab, language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(spec: object) -> None:
        raise InputError("queue_full", limit=Limits().queued)

    monkeypatch.setattr(services.jobs(), "submit", full)
    at = clinic(language)
    press(at, "diagnosis.admit")
    assert len(errors(at)) == 1 and shows(at, "diagnosis.admit")
    healthy(at.run())
    assert not errors(at)


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        ({"state": "cancelled", "reason": None}, "patients.state.stopped"),
        ({"state": "interrupted", "reason": None}, "patients.again"),
        ({"state": "failed", "reason": {"key": "run_ended", "values": {}}}, "patients.again"),
    ],
)
def test_a_run_that_did_not_come_to_its_end(lab: Lab, state: dict[str, object], sentence: str) -> None:
    admitted(lab, "lr_low", **state)
    at = clinic(fault="lr_low")
    assert CLINIC(sentence) in at.warning[0].value and shows(at, "diagnosis.diagnose")


def test_a_run_without_epochs_and_damaged_events(lab: Lab) -> None:
    folder = patients.lay(lab.runs, "lr_low", lab.sketches)
    lines = (folder / "events.jsonl").read_text().splitlines()
    for events in ("", "no event\n" * 3, '{"type": "vitals", "layers": 7}\n' + lines[0] + "\n{"):
        (folder / "events.jsonl").write_text(events)
        services.jobs.clear()
        at = clinic(fault="lr_low")
        assert CLINIC("patients.empty") in at.warning[0].value
        assert not shows(at, "diagnosis.diagnose") and shows(at, "diagnosis.admit")
    (folder / "events.jsonl").write_text("\n".join([*lines[:9], "torn", '{"seq": 1}', *lines[9:]]))
    services.jobs.clear()
    at = clinic(fault="lr_low")
    assert shows(at, "diagnosis.diagnose") and not errors(at)
    assert CLINIC("patients.damaged_events", n=2) in page(at)


def test_a_damaged_or_deleted_run_can_be_admitted_again(lab: Lab) -> None:
    folder = patients.lay(lab.runs, "lr_low", lab.sketches)
    at = clinic(fault="lr_low")
    assert shows(at, "diagnosis.diagnose")
    shutil.rmtree(folder)
    healthy(at.run())
    assert shows(at, "diagnosis.admit") and not shows(at, "diagnosis.diagnose") and not errors(at)
    folder = patients.lay(lab.runs, "lr_low", lab.sketches)
    (folder / "spec.json").write_text("{")
    services.jobs.clear()
    at = clinic(fault="lr_low")
    assert shows(at, "diagnosis.admit") and not errors(at)


def test_a_server_that_only_reads(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    admitted(lab, "lr_low")
    monkeypatch.setattr(type(services.jobs()), "refusal", InputError("runs_read_only", path="/runs"))
    at = clinic(fault="lr_low", found=PLACES["lr_low"])
    assert at.button(key="diagnosis.admit").disabled and at.button(key="diagnosis.mend").disabled
    assert len(at.warning) == 1
    at = clinic(fault="lr_high")
    assert at.button(key="diagnosis.admit").disabled and len(at.warning) == 1


def test_sketches_that_are_still_being_drawn_or_damaged(lab: Lab) -> None:
    admitted(lab, "lr_low")
    sketches = lab.own_sketches()
    (sketches / "data_batch_1").write_bytes(b"\0" * (sketches / "data_batch_1").stat().st_size)
    at = clinic(fault="lr_low")
    assert len(errors(at)) == 1 and shows(at, "diagnosis.diagnose")
    shutil.rmtree(sketches)
    at = clinic(fault="lr_low")
    assert CLINIC("patients.batch.drawing") in page(at) and shows(at, "diagnosis.diagnose")
