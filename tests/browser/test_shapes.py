"""Shape calculator in a real browser: the kernel plays and is hovered, LeNet breaks and is fixed."""

import json
from collections.abc import Callable
from urllib.parse import unquote

import pytest
from playwright.sync_api import Locator, Position, expect

from core.text import LANGUAGES
from tests.browser.tab import Tab, words
from tests.support.server import Server

TEXT = words("shapes")
Open = Callable[..., Tab]


def open_page(new_tab: Open, server: Server, *, options: dict[str, object] | None = None, **link: str) -> Tab:
    tab = new_tab(server, **(options or {})).go(
        "shapes", **{f"shapes.{name}": value for name, value in link.items()}
    )
    tab.heading("shapes")
    tab.settle()
    return tab


def kernel(tab: Tab) -> Locator:
    return tab.page.locator(".st-key-shapes-kernel .kernel")


def hover(tab: Tab, kind: str, row: int, column: int) -> None:
    """Put the pointer on the middle of a cell of the input or the output."""
    canvas = kernel(tab).locator(".frame canvas")
    canvas.hover(position=middle(canvas, kind, row, column))


def middle(canvas: Locator, kind: str, row: int, column: int) -> Position:
    """The middle of a cell on the canvas."""
    layout = json.loads(canvas.get_attribute("data-layout") or "")
    first = layout["first"] if kind == "input" else [0, 0]
    x, y = (
        origin + (index - start + 0.5) * layout["cell"]
        for origin, index, start in zip(layout[kind], (column, row), reversed(first), strict=True)
    )
    return {"x": x, "y": y}


def ink(tab: Tab) -> list[int]:
    """Every 50th byte of the canvas."""
    script = (
        "it => [...it.getContext('2d').getImageData(0, 0, it.width, it.height)"
        ".data.filter((_, i) => i % 50 === 0)]"
    )
    found: list[int] = kernel(tab).locator(".frame canvas").evaluate(script)
    return found


def test_the_kernel_plays_pauses_steps_and_is_scrubbed(server: Server, new_tab: Open) -> None:
    tab = open_page(new_tab, server, size="8", kernel_size="3")
    view = kernel(tab)
    expect(view).to_have_attribute("data-position", "0")
    expect(view).to_have_attribute("data-total", "36")
    still = ink(tab)
    view.locator(".speed select").select_option("20")
    view.get_by_role("button", name=TEXT("grid.play")).click()
    tab.until(lambda: int(view.get_attribute("data-position") or 0) > 5)
    assert ink(tab) != still
    view.get_by_role("button", name=TEXT("grid.pause")).click()
    expect(view).to_have_attribute("data-playing", "false")
    position = int(view.get_attribute("data-position") or 0)
    view.get_by_role("button", name=TEXT("grid.step")).click()
    expect(view).to_have_attribute("data-position", str(min(35, position + 1)))
    view.locator(".scrub input").fill("13")
    expect(view.locator(".status")).to_have_text(
        "Output (2, 1) reads rows 2 to 4 and columns 1 to 3 of the input."
    )
    view.locator(".frame canvas").focus()
    for key, expected in (("ArrowRight", 14), ("ArrowDown", 20), ("Home", 0), ("ArrowLeft", 0), ("End", 35)):
        tab.page.keyboard.press(key)
        expect(view).to_have_attribute("data-position", str(expected))
    # played from the end, the animation starts again, and stops at the end by itself
    view.get_by_role("button", name=TEXT("grid.play")).click()
    tab.until(
        lambda: view.get_attribute("data-position") == "35" and view.get_attribute("data-playing") == "false"
    )


def test_hovering_tells_what_is_read_and_by_whom(server: Server, new_tab: Open) -> None:
    tab = open_page(new_tab, server, size="8", kernel_size="3", stride="2", padding="1", dilation="2")
    status = kernel(tab).locator(".status")
    hover(tab, "output", 1, 2)
    expect(status).to_have_text("Output (1, 2) reads rows 1, 3, 5 and columns 3, 5, 7 of the input.")
    expect(kernel(tab)).to_have_attribute("data-hover", "output 1,2")
    hover(tab, "input", 3, 5)
    expect(status).to_have_text("Input (3, 5) is read by 6 output cells: rows 0 to 2, columns 1, 2.")
    hover(tab, "input", 7, 7)
    expect(status).to_contain_text("Input (7, 7) is read by 1 output cell: ")
    hover(tab, "input", 2, 5)
    expect(status).to_have_text("Input (2, 5) is never read: no later layer knows about it.")
    hover(tab, "input", -1, 5)
    expect(status).to_contain_text("Padding (−1, 5) is read by")
    tab.page.mouse.move(5, 5)
    expect(kernel(tab)).to_have_attribute("data-hover", "")


def test_a_tap_selects_and_stays(server: Server, new_tab: Open) -> None:
    phone: dict[str, object] = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
    tab = open_page(new_tab, server, options=phone, size="8", kernel_size="3")
    canvas, status = kernel(tab).locator(".frame canvas"), kernel(tab).locator(".status")
    canvas.tap(position=middle(canvas, "input", 0, 0))
    tab.page.wait_for_timeout(200)  # a finger that was lifted leaves the canvas
    expect(status).to_have_text("Input (0, 0) is read by 1 output cell: rows 0, columns 0.")
    expect(kernel(tab)).to_have_attribute("data-hover", "input 0,0")
    canvas.tap(position=middle(canvas, "output", 2, 1))
    tab.page.wait_for_timeout(200)
    expect(status).to_have_text("Output (2, 1) reads rows 2 to 4 and columns 1 to 3 of the input.")
    expect(kernel(tab)).to_have_attribute("data-position", "13")
    kernel(tab).get_by_role("button", name=TEXT("grid.step")).click()
    expect(status).to_have_text("Output (2, 2) reads rows 2 to 4 and columns 2 to 4 of the input.")


def test_the_animation_survives_what_does_not_concern_it(server: Server, new_tab: Open) -> None:
    tab = open_page(new_tab, server, size="8", kernel_size="3")
    view = kernel(tab)
    view.locator(".scrub input").fill("7")
    view.evaluate("it => it.dataset.seen = 'yes'")
    tab.page.get_by_text(TEXT("backwards")).click()
    tab.page.get_by_role("button", name=TEXT("wanted.setting", stride=1, padding=1), exact=True).wait_for()
    expect(view).to_have_attribute("data-position", "7")
    tab.page.get_by_role("button", name=TEXT("wanted.setting", stride=1, padding=1), exact=True).click()
    expect(view).to_have_attribute("data-total", "64")
    expect(view).to_have_attribute("data-position", "0")
    expect(view).to_have_attribute("data-seen", "yes")
    tab.page.get_by_role("heading", name="8 → 8").wait_for()


def test_lenet_breaks_and_is_fixed(server: Server, new_tab: Open) -> None:
    tab = open_page(new_tab, server, view="network")
    rows = tab.page.locator(".st-key-shapes-table tbody tr, .st-key-shapes-table table > tr")
    expect(rows).to_have_count(14)  # head, input, 12 layers
    for side in ("height", "width"):
        field = tab.page.get_by_label(TEXT(side), exact=True)
        field.fill("28")
        field.press("Enter")
        tab.settle()
    broken = tab.page.locator(".st-key-shapes-table tr.broken")
    expect(broken).to_have_count(1)
    expect(broken).to_contain_text("fc1")
    expect(tab.page.locator(".st-key-shapes-volumes [data-group=broken]")).to_have_count(1)
    tab.page.get_by_text("mat1 and mat2 shapes cannot be multiplied (1x256 and 400x120)").wait_for()
    tab.page.get_by_role("button", name=TEXT("fix.in_features", name="fc1", in_features=256)).click()
    expect(broken).to_have_count(0)
    expect(rows.last).to_contain_text("[1, 10]")
    tab.until(lambda: "Linear%28256%2C120%29" in tab.page.url or "Linear(256,120)" in tab.page.url)
    tab.page.reload()
    tab.heading("shapes")
    expect(rows.last).to_contain_text("[1, 10]")
    expect(rows.filter(has_text="Linear(256, 120)")).to_have_count(1)


def test_a_layer_is_chosen_by_row_and_by_box(server: Server, new_tab: Open) -> None:
    tab = open_page(new_tab, server, view="network")
    tab.page.locator(".st-key-shapes-table tr", has_text="Conv2d(6, 16").click()
    expect(tab.page.get_by_label("out_channels", exact=True)).to_have_value("16")
    box = tab.page.locator(".st-key-shapes-volumes g[role=button]", has_text="fc2")
    box.focus()
    tab.page.keyboard.press("Enter")
    expect(tab.page.get_by_label("out_features", exact=True)).to_have_value("84")
    expect(box).to_have_attribute("aria-pressed", "true")
    thin = tab.page.locator(".st-key-shapes-volumes g[role=button]", has_text="fc3")
    bar, room = (thin.locator(part).bounding_box() for part in (".face", ".reach"))
    assert bar is not None and room is not None and bar["width"] < 24 < room["width"]
    tab.page.mouse.click(bar["x"] - 8, bar["y"] + bar["height"] / 2)
    expect(tab.page.get_by_label("out_features", exact=True)).to_have_value("10")


def test_a_telephone_has_room_for_both_views(server: Server, new_tab: Open) -> None:
    phone: dict[str, object] = {"viewport": {"width": 390, "height": 844}}
    for link in ({"stride": "2"}, {"rectangular": "true"}, {"view": "network", "height": "28"}):
        tab = open_page(new_tab, server, options=phone, **link)
        assert tab.too_wide() == []
        assert tab.page.evaluate("document.scrollingElement.scrollWidth") <= 390


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("size", [(1280, 800), (390, 844)], ids=["laptop", "telephone"])
def test_the_presets_leave_the_picture_on_the_first_screen(
    server: Server, new_tab: Open, size: tuple[int, int], language: str
) -> None:
    tab = new_tab(server, viewport={"width": size[0], "height": size[1]})
    tab.go("shapes", lang=language, shapes__view="network").heading("shapes", language)
    picture = tab.page.locator(".st-key-shapes-volumes").first
    picture.wait_for()
    tab.settle()
    box = picture.bounding_box()
    assert box is not None and box["y"] < 500
    tab.page.get_by_role("button", name=words("shapes", language)("preset.resnet")).click()
    expect(picture.locator("[data-group=residual]")).to_have_count(3)


def test_a_block_is_chosen_changed_and_mended(server: Server, new_tab: Open) -> None:
    tab = open_page(new_tab, server, view="network")
    tab.page.get_by_role("button", name=TEXT("preset.resnet")).click()
    row = tab.page.locator(".st-key-shapes-table tr", has_text="BasicBlock(24, 48, stride=2)")
    expect(row).to_contain_text("[1, 48, 8, 8]")
    row.click()
    tab.page.get_by_text("torchvision").wait_for()
    planes = tab.page.get_by_label("planes", exact=True)
    expect(planes).to_have_value("48")
    planes.fill("40")
    planes.press("Enter")
    broken = tab.page.locator(".st-key-shapes-table tr.broken")
    expect(broken).to_contain_text("block3")
    tab.page.get_by_text("to have 48 channels, but got 40 channels instead").wait_for()
    tab.page.get_by_role("button", name=TEXT("fix.inplanes", name="block3", inplanes=40)).click()
    expect(broken).to_have_count(0)
    tab.until(lambda: "BasicBlock(40,96,stride" in unquote(tab.page.url))
    tab.page.get_by_text(TEXT("source"), exact=True).click()
    tab.page.get_by_text("class BasicBlock(nn.Module):").wait_for()
