"""While a training goes on its pictures change: the kernels of conv1, and the matrix of the last epoch."""

from collections.abc import Callable

import pytest

from tests.browser.tab import Picture, Tab, words
from tests.support.server import Server

pytestmark = pytest.mark.clock

TEXT = words("training")
# The picture of a tile, and its name for a screen reader; of none while it is redrawn.
FIRST = "tiles => tiles.length ? [tiles[0].style.backgroundImage, tiles[0].ariaLabel] : []"


def test_the_pictures_change_while_a_training_goes_on(server: Server, new_tab: Callable[..., Tab]) -> None:
    tab = new_tab(server)
    tab.go("training", training__recipe="tutorial", training__epochs="200").heading("training")
    before = server.newest_run()
    tab.button(TEXT("train")).click()
    tab.until(lambda: server.newest_run() != before and tab.step() > 0)
    tiles = [tab.page.locator(f".st-key-training-{name} .tile") for name in ("kernels", "confusion")]

    def seen() -> list[str]:
        return [part for found in tiles for part in found.evaluate_all(FIRST)]

    tab.until(lambda: len(seen()) == 4)
    early = seen()
    tab.until(lambda: len(now := seen()) == 4 and not any(map(str.__eq__, now, early)))
    tab.button(TEXT("stop")).click()
    tab.page.get_by_text(TEXT("state.cancelled"), exact=True).wait_for()
    tab.settle()
    assert [found.count() for found in tiles] == [6, 1]
    curve = tab.page.locator(".st-key-training-loss").bounding_box()
    kernels = tiles[0].first.bounding_box()
    assert curve and kernels and abs(kernels["y"] - curve["y"]) < 20  # beside the curves
    assert all(Picture(found.first.screenshot()).colours > 5 for found in tiles)
