"""Layer lab in a real browser: cells by pointer and keyboard, sums, own kernels, own pictures."""

import io
from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from playwright.sync_api import Locator, expect

from core.dataset import CLASSES, photos, splits
from core.dataset.splits import SPLIT_SEED
from core.layers.kernels import KERNELS
from tests.browser.tab import Picture, Tab, words
from tests.support.server import Server

TEXT, SHARED = words("layers"), words("shared")
INPUT, OUTPUT = 0, 4  # among the maps of the first tab
Open = Callable[..., Tab]


def opened(server: Server, new_tab: Open, **link: str) -> Tab:
    tab = new_tab(server).go("layers", **link)
    tab.heading("layers")
    canvas(tab, OUTPUT).wait_for()
    tab.settle()
    return tab


def canvas(tab: Tab, index: int, key: str = "layers-convolution") -> Locator:
    return tab.page.locator(f".st-key-{key} canvas").nth(index)


def at(place: Locator, row: int, column: int, rows: int, columns: int) -> dict[str, float]:
    """Position of a cell's middle on the canvas."""
    place.scroll_into_view_if_needed()
    box = place.bounding_box()
    assert box is not None
    return {"x": (column + 0.5) * box["width"] / columns, "y": (row + 0.5) * box["height"] / rows}


def total(tab: Tab) -> Locator:
    """The sum of the opened cell, the last number of its line."""
    return tab.page.locator("p:has-text('+ bias') strong").last


def expected(server: Server, kernel: torch.Tensor, label: str = "cat") -> torch.Tensor:
    validation = splits(server.folder / "cache" / "sketches-v1", SPLIT_SEED).validation
    row = int((validation.labels == CLASSES.index(label)).nonzero()[0])
    return F.conv2d(validation.images[row : row + 1].float() / 255, kernel[None])[0, 0]


def signed(value: float, places: int) -> str:
    return f"{value:.{places}f}".replace("-", "−")


def test_a_cell_is_pointed_at_and_clicked(server: Server, new_tab: Open) -> None:
    tab = opened(server, new_tab)
    output = expected(server, KERNELS["vertical_edges"](3))
    before, cell = Picture(canvas(tab, INPUT).screenshot()), at(canvas(tab, OUTPUT), 5, 20, 30, 30)
    where = tab.page.url
    canvas(tab, OUTPUT).hover(position=cell)
    status = tab.page.locator(".st-key-layers-convolution .status")
    expect(status).to_contain_text(
        f"{SHARED('map.cell', row=5, column=20)}: {signed(float(output[5, 20]), 3)}"
    )
    outlined = np.abs(Picture(canvas(tab, INPUT).screenshot()).pixels - before.pixels).max(axis=2) > 40
    rows, columns = (np.flatnonzero(outlined.any(axis=axis)) / (outlined.shape[0] / 32) for axis in (1, 0))
    assert 4 < rows.min() < 6 and 7 < rows.max() < 9  # rows 5 to 7 of the input
    assert 19 < columns.min() < 21 and 22 < columns.max() < 24
    assert tab.page.url == where  # the server was not asked

    canvas(tab, OUTPUT).click(position=cell)
    tab.page.get_by_text(TEXT("sum.title", row=5, column=20)).wait_for()
    expect(total(tab)).to_have_text(signed(float(output[5, 20]), 4))
    tab.until(lambda: "layers.cell=5-20" in tab.page.url)

    tab.page.reload()
    tab.page.get_by_text(TEXT("sum.title", row=5, column=20)).wait_for()


def test_a_tap_reads_a_cell_and_stays(server: Server, new_tab: Open) -> None:
    tab = new_tab(server, viewport={"width": 390, "height": 844}, has_touch=True).go("layers")
    tab.heading("layers")
    tab.settle()
    status = tab.page.locator(".st-key-layers-convolution .status")
    for index, rows, row, column in ((OUTPUT, 30, 5, 20), (INPUT, 32, 9, 7)):
        canvas(tab, index).tap(position=at(canvas(tab, index), row, column, rows, rows))
        tab.page.wait_for_timeout(200)  # a finger that was lifted leaves the canvas
        expect(status).to_contain_text(f"{SHARED('map.cell', row=row, column=column)}: ")
        tab.settle()
    tab.page.get_by_text(TEXT("sum.title", row=5, column=20)).wait_for()


def test_the_keyboard_does_the_same(server: Server, new_tab: Open) -> None:
    tab = opened(server, new_tab, layers__cell="0-0")
    output = expected(server, KERNELS["vertical_edges"](3))
    canvas(tab, OUTPUT).focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowRight", "ArrowUp", "ArrowUp", "ArrowUp"):
        tab.page.keyboard.press(key)
    status = tab.page.locator(".st-key-layers-convolution .status")
    expect(status).to_contain_text(f"{SHARED('map.cell', row=0, column=1)}: {signed(float(output[0, 1]), 3)}")
    expect(status).to_have_attribute("aria-live", "polite")
    tab.page.keyboard.press("Enter")
    tab.page.get_by_text(TEXT("sum.title", row=0, column=1)).wait_for()
    expect(canvas(tab, OUTPUT)).to_be_focused()
    assert str(canvas(tab, OUTPUT).get_attribute("aria-label")).startswith("The feature map, 30 × 30 cells")


def test_numbers_are_typed_into_the_kernel(server: Server, new_tab: Open) -> None:
    tab = opened(server, new_tab, layers__kernel="identity", layers__cell="12-12")
    tab.page.get_by_text(TEXT("edit"), exact=True).click()
    cells = tab.page.locator(".st-key-layers-editor input")
    expect(cells).to_have_count(9)
    cells.nth(0).fill("-2.5")
    cells.nth(0).press("Tab")
    tab.until(lambda: "layers.kernel=own" in tab.page.url)
    kernel = KERNELS["identity"](3)
    kernel[:, 0, 0] = -2.5
    expect(total(tab)).to_have_text(signed(float(expected(server, kernel)[12, 12]), 4))
    expect(tab.page.locator(".st-key-layers-kernel input")).to_have_value(TEXT("kernel.own"))
    cells.nth(1).fill("1000")
    cells.nth(1).press("Tab")
    expect(cells.nth(1)).to_have_attribute("aria-invalid", "true")
    assert "1000" not in tab.page.url
    tab.page.reload()
    expect(total(tab)).to_have_text(signed(float(expected(server, kernel)[12, 12]), 4))


def test_a_picture_is_uploaded(server: Server, new_tab: Open) -> None:
    tab = opened(server, new_tab, layers__cell="12-12")
    tab.button(SHARED("picture")).click()
    tab.page.get_by_role("radio", name=SHARED("picture.upload")).click()
    tab.page.keyboard.press("Escape")
    tab.page.get_by_text(SHARED("picture.none")).wait_for()
    chooser = tab.page.locator("[data-testid=stFileUploader] input[type=file]")
    chooser.set_input_files({"name": "evil.png", "mimeType": "image/png", "buffer": b"<svg onload=alert(1)>"})
    tab.page.get_by_text(words("errors")("photo_format", formats=", ".join(photos.FORMATS))).wait_for()

    buffer = io.BytesIO()
    Image.linear_gradient("L").resize((80, 60)).convert("RGB").save(buffer, "JPEG")
    chooser.set_input_files({"name": "mine.jpg", "mimeType": "image/jpeg", "buffer": buffer.getvalue()})
    tab.page.get_by_label(SHARED("picture.uploaded", width=80, height=60)).wait_for()
    x = photos.to_input(photos.read_image(buffer.getvalue())).float() / 255
    expect(total(tab)).to_have_text(
        signed(float(F.conv2d(x, KERNELS["vertical_edges"](3)[None])[0, 0, 12, 12]), 4)
    )


def test_every_tab_draws(server: Server, new_tab: Open) -> None:
    tab = opened(server, new_tab)
    for name, key in (
        ("pooling", "layers-pooling"),
        ("activation", "layers-activated"),
        ("linear", "layers-linear"),
    ):
        tab.page.get_by_role("tab", name=TEXT(f"tab.{name}"), exact=True).click()
        canvas(tab, 2, key).wait_for()
        tab.settle()
        assert all(Picture(canvas(tab, index, key).screenshot()).colours > 1 for index in range(3))
    tab.settle()
    # the first row in the second row of tiles
    canvas(tab, 0, "layers-linear").click(position=at(canvas(tab, 0, "layers-linear"), 6, 1, 23, 23))
    tab.until(lambda: "layers.flat=101" in tab.page.url)
    sentence = TEXT("flat.told", channel=4, row=0, column=1, index=101)
    tab.page.get_by_text(sentence.rsplit("= **", 1)[1].replace("**", "")).wait_for()
    tab.page.get_by_role("tab", name=TEXT("tab.pooling"), exact=True).click()
    tab.button(TEXT("shift.measure")).click()
    tab.page.locator(".st-key-layers-accuracy canvas").first.wait_for()
    tab.page.get_by_text("Measured just now on 100 validation sketches").first.wait_for()
