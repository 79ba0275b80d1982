"""The clinic in a real browser: a sick run is examined, diagnosed and mended by keyboard alone."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from core.diagnosis.patients import PATIENTS, settings
from tests.browser.tab import Tab, words
from tests.support.server import Server

LAPTOP, TELEPHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
FAULT = "dead_relus"
PLACE = str(PATIENTS.index(FAULT) + 1)


@pytest.mark.parametrize(("language", "size"), [("en", LAPTOP), ("zh", TELEPHONE)])
def test_a_sick_run_is_diagnosed_and_mended_by_keyboard(
    frail: Server, new_tab: Callable[..., Tab], language: str, size: dict[str, int]
) -> None:
    clinic, shared = words("diagnosis", language), words("shared", language)
    tab = new_tab(frail, viewport=size).go("diagnosis", lang=language, diagnosis__fault=FAULT)
    tab.heading("diagnosis", language)
    press = tab.page.keyboard.press
    tab.button(clinic("patients.admit")).focus()
    press("Enter")
    tab.page.get_by_text(clinic("patients.checklist"), exact=True).wait_for()
    tab.settle()
    assert f"diagnosis.patient={PLACE}" in tab.page.url and FAULT not in tab.page.url
    box = tab.page.locator(".st-key-diagnosis-sick-loss").bounding_box()
    assert box and (box["y"] < 500 or size == TELEPHONE)

    question = tab.page.locator("summary", has_text=clinic("patients.check.alive"))
    question.focus()
    press("Enter")
    expect(tab.page.get_by_text(clinic("patients.check.alive.where"))).to_be_visible()
    press("Tab")
    press("ArrowRight")
    press("Enter")
    tab.settle()
    expect(tab.page.get_by_text(clinic("patients.check.alive.where"))).to_be_visible()  # stays open

    def diagnose(move: str) -> None:
        press(move)
        tab.settle()
        tab.button(clinic("patients.diagnose")).focus()
        press("Enter")
        tab.settle()

    causes = tab.page.locator(f".st-key-diagnosis-cause-{PLACE} input")
    causes.nth(6).focus()  # all weights begin at 0
    diagnose("Space")
    expect(
        tab.page.get_by_text(clinic("patients.against.weights_zero.weight", weight="49.01"))
    ).to_be_visible()
    tab.page.locator(f".st-key-diagnosis-cause-{PLACE} input:checked").focus()
    diagnose("ArrowDown")
    why = clinic["patients.why.dead_relus"].partition("{")[0]
    expect(tab.page.get_by_text(why)).to_be_visible()
    assert f"diagnosis.found={PLACE}" in tab.page.url

    tab.button(clinic("patients.mend")).focus()
    press("Enter")
    mended = tab.page.get_by_role("row").filter(has_text=clinic("patients.mended"))
    epochs = settings().epochs
    mended.filter(has_text=shared("overlaid.epochs", done=epochs, epochs=epochs)).wait_for()
    tab.settle()
    sick = tab.page.get_by_role("row").filter(has_text=clinic("patients.sick", patient=PLACE))
    expect(sick).to_contain_text(shared("overlaid.epochs", done=epochs, epochs=epochs))
    assert tab.chart("diagnosis.twin.loss").colours > 20
    tab.button(clinic("patients.next")).focus()
    press("Enter")
    tab.until(lambda: "diagnosis.patient=" not in tab.page.url)  # after the last comes the first
    tab.page.get_by_text(clinic("patients.name", patient="1")).wait_for()
