"""From the calculator to the curve, to the inside, and on: a network of one's own in a real browser."""

from collections.abc import Callable
from urllib.parse import unquote

from playwright.sync_api import expect

from tests.browser.tab import Tab, words
from tests.support.server import Server

SHAPES, TRAINING, INSIDE, SHARED = (words(page) for page in ("shapes", "training", "inside", "shared"))


def test_a_network_is_built_trained_looked_into_and_continued(
    frail: Server, new_tab: Callable[..., Tab]
) -> None:
    tab = new_tab(frail).go("shapes", shapes__view="network")
    tab.heading("shapes")
    tab.settle()
    tab.page.locator(".st-key-shapes-table tr", has_text="Linear(120, 84)").click()
    units = tab.page.get_by_label("out_features", exact=True)
    expect(units).to_have_value("84")
    units.fill("60")
    units.press("Enter")
    tab.button(SHAPES("fix.in_features", name="fc3", in_features=60)).click()
    tab.button(SHAPES("train")).click()

    tab.heading("training")
    assert "Linear(120,60)" in unquote(tab.page.url)
    tab.page.get_by_text("58,862 parameters").first.wait_for()
    tab.button(TRAINING("train")).click()
    tab.page.get_by_text(TRAINING("state.done"), exact=True).wait_for()
    expect(tab.page.locator(".st-key-training-kernels figure")).to_have_count(6)
    assert SHARED("run.network", layers=12, recipe=SHARED("recipe.fast")) in tab.selected("training.run")

    tab.page.get_by_role("link", name=TRAINING("to_inside")).click()
    tab.heading("inside")
    picture = tab.page.locator(".st-key-inside-forward canvas").nth(1)  # conv1
    picture.wait_for()
    tab.settle()
    picture.click(position={"x": 20, "y": 20})
    tab.until(lambda: "inside.unit=" in tab.page.url)
    tab.page.get_by_text("PyTorch says").first.wait_for()

    tab.menu("training")
    tab.button(TRAINING("branch")).click()
    tab.page.get_by_text(TRAINING("branch.end"), exact=True).wait_for()
    tab.settle()
    tab.button(TRAINING("train")).click()
    tab.until(lambda: SHARED("run.branch", run="#1", epoch=10) in tab.selected("training.run"))
    tab.page.get_by_text(TRAINING("state.done"), exact=True).wait_for()
    tab.until(lambda: tab.metric(TRAINING("metric.best")).endswith("%"))
    assert int(tab.metric(TRAINING("metric.best")).split(" ")[0]) > 10
