"""A sweep in the browser: its table fills, a cell opens its run, and nothing is too wide for a telephone."""

from collections.abc import Callable

import pytest

from tests.browser.tab import Tab, words
from tests.support.server import Server

pytestmark = pytest.mark.clock

TEXT = words("training")


def test_a_sweep_fills_its_table_and_a_cell_opens_its_run(
    server: Server, new_tab: Callable[..., Tab]
) -> None:
    tab = new_tab(server)
    link = {
        "repeat": "sweep",
        "values__lr": "0.02, 0.08",
        "sweep_seeds": "1",
        "train_size": "200",
        "epochs": "1",
    }
    tab.go("training", **{f"training__{name}": value for name, value in link.items()}).heading("training")
    before = server.newest_run()
    tab.button(TEXT("train")).click()
    tab.until(lambda: server.newest_run() != before)
    cells = tab.page.locator(".st-key-training-cells .seed")
    tab.until(lambda: [text[-1:] for text in cells.all_inner_texts()] == ["%", "%"])
    tab.page.get_by_text(TEXT("state.done"), exact=True).wait_for()
    tab.settle()
    assert tab.chart("training.sweep.curve").colours > 2
    second = cells.nth(1)
    assert "lr = 0.08" in str(second.get_attribute("aria-label"))
    second.focus()
    tab.page.keyboard.press("Enter")
    tab.page.locator(".st-key-training-loss canvas").first.wait_for()
    tab.settle()
    assert f"{server.newest_run()}-cell01" in tab.page.url
    tab.page.set_viewport_size({"width": 390, "height": 844})
    tab.page.locator(".st-key-training-sweep-back button").click()
    cells.first.wait_for()
    tab.settle()
    assert not tab.too_wide()
