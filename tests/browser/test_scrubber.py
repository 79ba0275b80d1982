"""Slider over a run's epochs in a real browser: moved by keyboard, followed by all below, kept on reload."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from playwright.sync_api import expect

from core.dataset import splits
from core.dataset.splits import SPLIT_SEED
from core.files.locations import FOLDER
from core.inside.embedding import moment
from core.training import checkpoints
from tests.browser.tab import Tab, words
from tests.support.server import Server

pytestmark = pytest.mark.clock

TEXT = words("inside")
Open = Callable[..., Tab]


def sentence(server: Server, run: str, epoch: int) -> str:
    """Sentence that the page must show for an epoch, computed from the epoch's file."""
    weights = checkpoints.load_weights(server.runs / run / "weights" / f"epoch-{epoch:04d}.safetensors")
    found = moment(
        weights, splits(server.folder / "cache" / "sketches-v1" / FOLDER, SPLIT_SEED).validation
    ).evaluation
    when = TEXT("scrub.after", epoch=epoch) if epoch else TEXT("scrub.start")
    text = TEXT(
        "scrub.told",
        epoch=when,
        accuracy=f"{100 * found.accuracy:.1f}",
        loss=f"{found.loss:.3f}",
        n=len(found.labels),
    )
    return text.replace("**", "")


def test_scrubbing_redraws_everything_in_place(server: Server, new_tab: Open) -> None:
    run = next(
        path.name
        for path in sorted(server.runs.glob("2*"))
        if (path / "weights" / "epoch-0002.safetensors").exists()
    )
    tab = new_tab(server).go("inside", inside__run=run, inside__tab__open="checkpoints")
    tab.heading("inside")
    tab.page.get_by_text(sentence(server, run, 2)).wait_for()
    tab.settle()
    canvas, picture = (
        tab.canvas("inside.embedding"),
        tab.page.locator(".st-key-inside-scrub-filters .tile").first,
    )
    canvas.evaluate("it => { it.marked = true }")
    points, filters = [tab.chart("inside.embedding").pixels], [picture.get_attribute("style")]

    tab.page.locator(f".st-key-inside-epoch-{run}").get_by_role("slider").focus()
    for epoch in (1, 0):
        tab.page.keyboard.press("ArrowLeft")
        tab.page.get_by_text(sentence(server, run, epoch)).wait_for()
        tab.settle()
        expect(picture).not_to_have_attribute("style", str(filters[-1]))
        points.append(tab.chart("inside.embedding").pixels)
        filters.append(picture.get_attribute("style"))
    assert all(before.shape == after.shape and np.any(before != after) for before, after in pairwise(points))
    assert canvas.evaluate("it => it.marked === true")  # the chart keeps its node, so nothing flickers

    tab.until(lambda: f"inside.epoch.{run}=0" in tab.page.url)
    tab.page.reload()
    tab.page.get_by_text(sentence(server, run, 0)).wait_for()
    tab.page.set_viewport_size({"width": 390, "height": 844})
    tab.settle()
    assert not tab.too_wide()
