"""Two learners on one hosted server."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.tab import Tab, words
from tests.support.server import Server

pytestmark = pytest.mark.clock

TEXT = words("training")
TOKEN = "() => localStorage.getItem('lenet-lab-owner')"


def test_each_learner_has_their_own_runs(hosted: Server, new_tab: Callable[..., Tab]) -> None:
    ann, bob = new_tab(hosted).wake(), new_tab(hosted)
    ann.go("training", training__recipe="tutorial", training__epochs="1000").heading("training")
    ann.button(TEXT("train")).click()
    ann.until(lambda: ann.step() > 0)
    run = hosted.newest_run()

    bob.go("training").heading("training")
    bob.page.get_by_text("Nothing trained yet").wait_for()
    assert bob.page.evaluate(TOKEN) != ann.page.evaluate(TOKEN)

    bob.go("training", training__run=run).heading("training")
    bob.page.get_by_text(TEXT("foreign")).wait_for()
    bob.until(lambda: bob.step() > 0)
    for name in ("pause", "step", "stop"):
        expect(bob.button(TEXT(name))).to_have_count(0)

    token = ann.page.evaluate(TOKEN)
    ann.page.reload()
    ann.heading("training")
    expect(ann.button(TEXT("pause"))).to_be_visible()
    assert ann.page.evaluate(TOKEN) == token
    assert len(token) == 64
    assert (
        token
        not in hosted.log.read_text()
        + str(list(hosted.runs.rglob("*")))
        + (hosted.runs / run / "spec.json").read_text()
    )

    ann.button(TEXT("stop")).click()
    ann.page.get_by_text(TEXT("state.cancelled"), exact=True).wait_for()
    bob.until(lambda: words("shared")("state.cancelled") in bob.selected("training.run"))


def test_the_code_takes_the_runs_to_another_browser(hosted: Server, new_tab: Callable[..., Tab]) -> None:
    shared = words("shared")
    ann, bob = new_tab(hosted).wake(), new_tab(hosted)
    for tab in (ann, bob):
        tab.go("training", training__epochs="1").heading("training")
        tab.page.get_by_text(shared("owner.title")).click()
    ann.button(shared("owner.show")).click()
    code = ann.page.locator("code", has_text="0").first.inner_text()
    assert code.replace(" ", "") == ann.page.evaluate(TOKEN)
    typed = bob.page.get_by_label(shared("owner.other"))
    typed.fill("no code")
    bob.button(shared("owner.use")).click()
    bob.page.get_by_text(shared("owner.wrong")).wait_for()
    typed.fill(code)
    bob.button(shared("owner.use")).click()
    bob.until(lambda: bob.page.evaluate(TOKEN) == ann.page.evaluate(TOKEN))
    bob.heading("training")
    bob.button(TEXT("train")).click()
    bob.page.get_by_text(TEXT("state.done")).wait_for()
    ann.go("training").heading("training")
    ann.page.get_by_text(TEXT("state.done")).wait_for()

    ann.page.get_by_text(shared("owner.title")).click()
    ann.button(shared("owner.anew")).click()
    ann.button(shared("owner.sure")).click()
    ann.page.get_by_text("Nothing trained yet").wait_for()
    assert ann.page.evaluate(TOKEN) != bob.page.evaluate(TOKEN)


def test_a_browser_that_keeps_nothing_is_told_so(hosted: Server, new_tab: Callable[..., Tab]) -> None:
    tab = new_tab(hosted)
    tab.page.add_init_script("Storage.prototype.setItem = () => { throw Error('blocked') }")
    tab.go("training").heading("training")
    tab.page.get_by_text(words("shared")("owner.not_kept")).wait_for()
