"""The main job in a real browser: train, watch, reload, change the language, go on, judge."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, expect

from core.dataset import CLASSES
from tests.browser.tab import Picture, Tab, words
from tests.support.server import Server

pytestmark = pytest.mark.clock

TEXT, EVALUATION, CHINESE = words("training"), words("evaluation"), words("shared", "zh")
VALIDATION = (0xD5, 0x5E, 0x00)  # the colour of the validation curve
LEGEND = 25  # pixel rows of a chart's legend
Open = Callable[..., Tab]


def test_a_learner_trains_and_leaves_and_comes_back(
    server: Server, new_browser: Callable[..., BrowserContext], new_tab: Open
) -> None:
    context = new_browser()
    tab, other = new_tab(server, context), new_tab(server, context)
    tab.go("home").heading("home")
    tab.settle()
    tab.page.get_by_test_id("stMain").get_by_role("button").first.click()
    tab.heading("training")

    tab.go("training", training__recipe="tutorial", training__epochs="200").heading("training")
    tab.button(TEXT("train")).click()
    # an earlier run was shown before
    tab.until(lambda: tab.step() > 0 and tab.metric(TEXT("metric.validation")) != "–")
    assert 0 < float(tab.metric(TEXT("metric.loss"))) < 2.5  # ln 10 at the start
    began = tab.step()
    assert began > 0
    # the chart is drawn a moment after the numbers
    tab.until(lambda: tab.chart("training.loss").reach(VALIDATION, LEGEND) > 0, every=0.5)
    early = tab.chart("training.loss")
    assert early.colours > 20
    tab.canvas("training.loss").evaluate("it => it.dataset.seen = 'yes'")
    tab.until(
        lambda: tab.chart("training.loss").reach(VALIDATION, LEGEND) > early.reach(VALIDATION, LEGEND) + 20,
        every=0.5,
    )
    # the same canvas, so the chart doesn't flicker
    expect(tab.canvas("training.loss")).to_have_attribute("data-seen", "yes")
    left = tab.step()
    assert left > began

    tab.page.reload()
    tab.heading("training")
    tab.until(lambda: tab.step() > left)
    expect(tab.button(TEXT("pause"))).to_be_visible()
    assert "training.epochs=200" in tab.page.url

    other.go("training").heading("training")
    other.until(lambda: other.step() > left)
    expect(other.button(TEXT("pause"))).to_be_visible()

    tab.page.get_by_role("radio", name="中文").click()
    tab.heading("training", "zh")
    assert "lang=zh" in tab.page.url
    tab.menu("evaluation", "zh")
    tab.until(lambda: "lang=zh" in tab.page.url)
    tab.page.reload()
    tab.heading("evaluation", "zh")
    assert "/evaluate" in tab.page.url
    assert "lang=zh" in tab.page.url

    other.canvas("training.loss").evaluate("it => it.dataset.seen = 'yes'")
    other.button(TEXT("stop")).click()
    other.page.get_by_text(TEXT("state.cancelled"), exact=True).wait_for()
    expect(other.canvas("training.loss")).to_have_attribute("data-seen", "yes")
    assert other.metric(TEXT("metric.best")).endswith("%")
    other.page.get_by_role("link", name=TEXT("to_evaluation")).click()
    other.heading("evaluation")
    other.page.get_by_test_id("stMetric").first.wait_for()
    assert "Tutorial" in other.selected("evaluation.run") and "stopped" in other.selected("evaluation.run")


def test_a_view_of_a_paused_run_follows_another_tab(
    server: Server, new_browser: Callable[..., BrowserContext], new_tab: Open
) -> None:
    context = new_browser()
    tab, other = new_tab(server, context), new_tab(server, context)
    tab.go("training", training__recipe="tutorial", training__epochs="1000").heading("training")
    tab.button(TEXT("train")).click()
    tab.until(lambda: tab.step() > 0)
    tab.button(TEXT("pause")).click()
    tab.button(TEXT("resume")).wait_for()
    other.go("training").heading("training")
    other.button(TEXT("resume")).wait_for()
    other.settle()
    before = tab.step()
    tab.button(TEXT("step")).click()
    for view in (tab, other):  # this one at its next look, without a touch
        view.page.get_by_role("heading", name=TEXT("inspected", step=f"{before + 1:,}")).wait_for()
        expect(view.page.locator(".st-key-training-inspected tbody tr")).to_have_count(5)
    result = tab.page.locator(".st-key-training-inspected").bounding_box()
    button = tab.button(TEXT("step")).bounding_box()
    assert result and button and 0 < result["y"] - button["y"] < 100
    tab.button(TEXT("resume")).click()
    other.until(lambda: other.step() > before + 1)
    other.button(TEXT("stop")).click()
    tab.button(TEXT("delete")).click()
    expect(tab.button(TEXT("pause"))).to_have_count(0)


def test_a_cell_of_the_matrix_shows_its_images(server: Server, new_tab: Open) -> None:
    tab = new_tab(server).go("evaluation", evaluation__run="shipped")
    tab.heading("evaluation")
    cells = tab.page.locator("[data-cell]")
    expect(cells).to_have_count(100)
    assert sum(map(int, cells.all_inner_texts())) == 100  # a tenth of the small sketches

    for index in (3, 7):
        cell = tab.page.locator(f"[data-cell='{index},{index}']")
        count = int(cell.inner_text())
        assert count > 1
        cell.click()
        tab.page.get_by_text(EVALUATION("cell.right", n=count, true=CLASSES[index])).wait_for()
        expect(tab.page.locator(".st-key-evaluation-cell figure")).to_have_count(count)
        expect(cell).to_have_attribute("aria-pressed", "true")
    picture = Picture(tab.page.locator(".st-key-evaluation-cell figure .tile").first.screenshot())
    assert picture.colours > 20

    empty = next(i for i in range(100) if cells.nth(i).inner_text() == "0")
    cells.nth(empty).click()
    true, predicted = (CLASSES[i] for i in divmod(empty, 10))
    tab.page.get_by_text(EVALUATION("cell.empty", true=true, predicted=predicted)).wait_for()
    expect(tab.page.locator(".st-key-evaluation-cell figure")).to_have_count(0)


def test_the_matrix_works_with_the_keyboard(server: Server, new_tab: Open) -> None:
    tab = new_tab(server).go("evaluation", evaluation__run="shipped")
    tab.heading("evaluation")
    tab.settle()
    stops = tab.page.locator("[data-cell][tabindex='0']")  # the matrix is one stop, at the chosen cell
    expect(stops).to_have_count(1)
    expect(stops).to_have_attribute("aria-pressed", "true")
    stops.focus()
    tab.page.keyboard.press("Home")
    row = int((stops.get_attribute("data-cell") or "").split(",")[0])
    for key, times in (("ArrowUp", row), ("ArrowLeft", 1), ("ArrowDown", 5), ("ArrowRight", 5)):
        for _ in range(times):
            tab.page.keyboard.press(key)
    cell = tab.page.locator("[data-cell='5,5']")
    expect(cell).to_be_focused()
    count = int(cell.inner_text())
    tab.page.keyboard.press("Enter")
    tab.page.get_by_text(EVALUATION("cell.right", n=count, true=CLASSES[5])).wait_for()
    expect(cell).to_have_attribute("aria-pressed", "true")
    expect(cell).to_be_focused()  # redrawn, but still focused
    tab.until(lambda: "evaluation.true=5&evaluation.predicted=5" in tab.page.url)
    tab.page.keyboard.press("Tab")
    expect(tab.page.locator("[data-cell]:focus")).to_have_count(0)


def test_every_panel_of_evaluate_opens(server: Server, new_tab: Open) -> None:
    tab = new_tab(server).go("evaluation", evaluation__run=server.newest_run())
    tab.heading("evaluation")
    for name, shown in (
        ("classes", "[data-testid=stDataFrame]"),
        ("mistakes", ".st-key-evaluation-mistakes figure"),
        ("calibration", ".st-key-evaluation-calibration canvas"),
        ("code", "[data-testid=stCode]"),
    ):
        tab.page.get_by_role("tab", name=EVALUATION(f"tab.{name}")).click()
        tab.page.locator(shown).first.wait_for()
    tab.page.get_by_role("button", name=EVALUATION("split.test")).click()
    tab.button(EVALUATION("test.open")).click()
    tab.page.get_by_text(EVALUATION("test.about", n=200)).wait_for()


def test_compared_runs_stay_chosen_in_the_other_language(server: Server, new_tab: Open) -> None:
    tab = new_tab(server).go("training")
    tab.heading("training")
    tab.page.get_by_role("tab", name=TEXT("tab.compare")).click()
    tags = tab.page.locator(".st-key-training-compare .react-aria-ComboBox [data-tag]")
    expect(tags).to_have_count(2)
    tags.first.locator("button").click()
    expect(tags).to_have_count(1)
    tab.page.get_by_role("radio", name="中文").click()
    tab.heading("training", "zh")
    tab.page.get_by_role("tab", name=words("training", "zh")("tab.compare")).click()
    expect(tags).to_have_count(1)
    expect(tags).to_contain_text(CHINESE("data.sketches"))


def test_reset_prepares_the_same_run_again(server: Server, new_tab: Open) -> None:
    tab = new_tab(server).go("training", training__run=server.newest_run())
    tab.heading("training")
    tab.button(TEXT("reset")).click()
    tab.until(lambda: "training.run=new" in tab.page.url)
    expect(tab.button(TEXT("reset"))).to_have_count(0)
