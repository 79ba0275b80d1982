"""Inside LeNet in a real browser: a unit opened on the picture by pointer and keyboard outlives a reload."""

from collections.abc import Callable

import torch
from playwright.sync_api import Locator, expect

from core.dataset import CLASSES, splits
from core.dataset.splits import SPLIT_SEED
from core.files.locations import FOLDER
from core.inside.forward_pass import forward_pass
from core.normalise import normalise
from core.training import checkpoints
from tests.browser.tab import Picture, Tab, words
from tests.support.server import Server

TEXT = words("inside")
Open = Callable[..., Tab]


def canvas(tab: Tab, index: int) -> Locator:
    return tab.page.locator(".st-key-inside-forward canvas").nth(index)


def test_a_unit_is_opened_and_stays(server: Server, new_tab: Open) -> None:
    tab = new_tab(server).go("inside", inside__run="shipped")
    tab.heading("inside")
    canvas(tab, 9).wait_for()
    tab.settle()
    assert all(Picture(canvas(tab, index).screenshot()).colours > 3 for index in range(9))

    box = canvas(tab, 3).bounding_box()  # conv2 after ReLU: 4 x 4 tiles of 10 x 10 with one cell between them
    assert box is not None
    cell = box["width"] / 43
    # map 6, row 4, column 7
    canvas(tab, 3).click(position={"x": (2 * 11 + 7.5) * cell, "y": (11 + 4.5) * cell})
    tab.until(lambda: "inside.unit=relu2-6-4-7" in tab.page.url)
    title = TEXT("unit.title.map", stage="conv2, ReLU 16 × 10 × 10", channel=6, row=4, column=7)
    tab.page.get_by_text(title).wait_for()
    tab.page.get_by_text(
        TEXT("unit.reads", height=14, width=14, top=8, bottom=21, left=14, right=27)
    ).wait_for()

    weights = checkpoints.shipped_model("sketches")
    root = server.folder / "cache" / "sketches-v1" / FOLDER
    images = splits(root, SPLIT_SEED).validation
    cat = images.images[images.labels == CLASSES.index("cat")][:1]
    with torch.no_grad():
        stages = forward_pass(weights.network(), normalise(cat, weights.mean, weights.std))
    value = float(stages["conv2"][0, 6, 4, 7])
    tab.page.get_by_text(f"PyTorch says {value:.6f}".replace("-", "−")).wait_for()

    tab.page.reload()
    tab.page.get_by_text(title).wait_for()

    canvas(tab, 6).focus()  # fc1: one down and one right of unit 0 is unit 13 of 10 x 12
    for key in ("ArrowDown", "ArrowRight", "Enter"):
        tab.page.keyboard.press(key)
    tab.page.get_by_text(TEXT("unit.title.vector", stage="fc1, ReLU 120", index=13)).wait_for()
    tab.page.get_by_text(TEXT("unit.written")).click()
    expect(tab.page.locator(".st-key-inside-written code")).to_contain_text("×")

    bars = canvas(tab, 8)
    box = bars.bounding_box()
    assert box is not None
    bars.click(position={"x": box["width"] / 2, "y": 6.5 * box["height"] / 10})
    tab.page.get_by_text(TEXT("unit.title.class", stage=TEXT("stage.logits"), name=CLASSES[6])).wait_for()

    for name, key in (("filters", "inside-colour"), ("units", "inside-top")):
        tab.page.get_by_role("tab", name=TEXT(f"tab.{name}"), exact=True).click()
        tab.page.locator(f".st-key-{key} figure").first.wait_for()
    tab.settle()


def test_maps_use_the_width_of_a_telephone(server: Server, new_tab: Open) -> None:
    tab = new_tab(server, viewport={"width": 390, "height": 844}).go("inside", inside__run="shipped")
    tab.heading("inside")
    canvas(tab, 9).wait_for()
    tab.settle()
    boxes = [box for index in range(10) if (box := canvas(tab, index).bounding_box())]
    assert len(boxes) == 10
    assert min(box["width"] for box in boxes) > 150
    for left, right in zip(boxes[::2], boxes[1::2], strict=True):  # two in a row, from edge to edge
        assert left["y"] == right["y"]
        assert left["x"] < 24
        assert right["x"] + right["width"] > 390 - 24
