"""Explore CIFAR-10 in a real browser: images opened by a click, numbers under the pointer, a row unfolded."""

from collections.abc import Callable

from playwright.sync_api import Locator, expect

from core.dataset import splits
from core.dataset.neighbours import nearest
from core.dataset.splits import SPLIT_SEED
from tests.browser.tab import Picture, Tab, words
from tests.support.server import Server

TEXT = words("explore")
Open = Callable[..., Tab]


def tile(tab: Tab, index: int, grid: str = "explore-grid") -> Locator:
    return tab.page.locator(f".st-key-{grid} [data-tile='{index}']")


def number(tab: Tab) -> Locator:
    return tab.page.locator(".st-key-explore-image input")


def look(tab: Tab, name: str) -> None:
    tab.page.get_by_role("tab", name=TEXT(f"look.{name}"), exact=True).click()


def test_a_click_opens_an_image_and_the_link_keeps_it(server: Server, new_tab: Open) -> None:
    tab = new_tab(server).go("explore", explore__split="test")
    tab.heading("explore")
    tab.settle()
    expect(tab.page.locator(".st-key-explore-grid button")).to_have_count(40)
    before = Picture(tab.page.locator(".st-key-explore-opened .tile").screenshot())
    tile(tab, 5).click()
    expect(tile(tab, 5)).to_have_attribute("aria-pressed", "true")
    expect(tile(tab, 0)).to_have_attribute("aria-pressed", "false")
    expect(number(tab)).to_have_value("5")
    tab.until(lambda: "explore.image=5" in tab.page.url)
    after = Picture(tab.page.locator(".st-key-explore-opened .tile").screenshot())
    assert after.colours > 20
    assert before.pixels.shape != after.pixels.shape or (before.pixels != after.pixels).any()
    tab.page.reload()
    tab.heading("explore")
    expect(number(tab)).to_have_value("5")
    expect(tile(tab, 5)).to_have_attribute("aria-pressed", "true")


def test_the_grid_works_with_the_keyboard(server: Server, new_tab: Open) -> None:
    tab = new_tab(server).go("explore")
    tab.heading("explore")
    tab.settle()
    tile(tab, 2).focus()
    tab.page.keyboard.press("Tab")
    expect(tile(tab, 3)).to_be_focused()
    tab.page.keyboard.press("Enter")
    expect(tile(tab, 3)).to_have_attribute("aria-pressed", "true")
    expect(number(tab)).to_have_value("3")
    expect(tile(tab, 3)).to_be_focused()  # redrawn, but the learner is still there


def test_a_neighbour_opens_by_clicking(server: Server, new_tab: Open) -> None:
    data = splits(server.folder / "cache" / "sketches-v1", SPLIT_SEED)
    found = nearest(data.test.images[0], data.train.images, 8).indices.tolist()
    tab = new_tab(server).go("explore", explore__split="test")
    tab.heading("explore")
    tab.settle()
    look(tab, "neighbours")
    tile(tab, 2, "explore-neighbours").click()
    expect(number(tab)).to_have_value(str(found[2]))
    # a training image: train is the split that a link needn't name
    tab.until(lambda: "explore.split" not in tab.page.url)
    expect(tile(tab, 7, "explore-neighbours")).to_be_visible()


def test_numbers_are_read_out_under_the_pointer_and_by_keyboard(server: Server, new_tab: Open) -> None:
    image = splits(server.folder / "cache" / "sketches-v1", SPLIT_SEED).train.images[0]
    tab = new_tab(server).go("explore")
    tab.heading("explore")
    tab.settle()
    look(tab, "numbers")
    canvas, output = (tab.page.locator(f".st-key-explore-pixels {name}") for name in ("canvas", "output"))
    canvas.scroll_into_view_if_needed()
    expect(output).to_contain_text(TEXT("numbers.hint"))
    box = canvas.bounding_box()
    assert box is not None
    canvas.hover(position={"x": box["width"] * 9.5 / 32, "y": box["height"] * 4.5 / 32})

    def sentence(row: int, column: int) -> str:
        red, green, blue = image[:, row, column].tolist()
        return TEXT("numbers.sentence", row=row, column=column, red=red, green=green, blue=blue)

    expect(output).to_have_text(sentence(4, 9))
    canvas.press("ArrowDown")
    canvas.press("ArrowRight")
    expect(output).to_have_text(sentence(5, 10))
    assert Picture(canvas.screenshot()).colours > 20


def test_the_row_unfolds_step_by_step_and_by_itself(server: Server, new_tab: Open) -> None:
    tab = new_tab(server).go("explore")
    tab.heading("explore")
    tab.settle()
    look(tab, "disk")
    stages = TEXT("disk.stages").split(" | ")
    frame = tab.page.locator(".st-key-explore-unfolding")
    caption, scrub = frame.locator(".stage"), frame.locator("input")
    expect(caption).to_have_text(stages[0])
    expect(tab.button(TEXT("disk.back"))).to_be_disabled()
    first = Picture(frame.locator("canvas").screenshot())
    tab.button(TEXT("disk.step")).click()
    expect(caption).to_have_text(stages[1])
    expect(scrub).to_have_value("100")
    scrub.fill("300")
    expect(caption).to_have_text(stages[3])
    tab.button(TEXT("disk.play")).click()
    expect(scrub).to_have_value("400")
    expect(caption).to_have_text(stages[4])
    expect(tab.button(TEXT("disk.step"))).to_be_disabled()
    last = Picture(frame.locator("canvas").screenshot())
    assert first.pixels.shape != last.pixels.shape or (first.pixels != last.pixels).any()


def test_less_motion_takes_whole_steps(server: Server, new_tab: Open) -> None:
    tab = new_tab(server, reduced_motion="reduce").go("explore")
    tab.heading("explore")
    tab.settle()
    look(tab, "disk")
    scrub = tab.page.locator(".st-key-explore-unfolding input")
    tab.button(TEXT("disk.step")).click()
    assert scrub.input_value() == "100"  # at once
    tab.button(TEXT("disk.play")).click()
    assert scrub.input_value() == "200"
    tab.button(TEXT("disk.pause")).click()
    expect(tab.button(TEXT("disk.play"))).to_be_visible()


def test_every_panel_opens(server: Server, new_tab: Open) -> None:
    tab = new_tab(server, viewport={"width": 390, "height": 844}).go("explore")
    tab.heading("explore")
    tab.settle()
    for tabs, shown in (
        (["tab.whole"], ".st-key-explore-counts canvas"),
        (["view.means"], ".st-key-explore-stds figure"),
        (["view.histograms"], ".st-key-explore-histograms canvas"),
        (["view.normalise"], ".st-key-explore-ranges canvas"),
        (["tab.files"], "[data-testid=stDataFrame]"),
        (["tab.notice"], "[data-testid=stMarkdown] li"),
        (["tab.browse", "look.numbers"], ".st-key-explore-pixels canvas"),
        (["look.disk"], ".st-key-explore-scrambled .tile"),
    ):
        for name in tabs:
            tab.page.get_by_role("tab", name=TEXT(name), exact=True).click()
        tab.page.locator(shown).first.wait_for()
        assert tab.too_wide() == [], tabs
