"""What a page is about is on its first screen: above y = 500 on a laptop, 200 px of it on a telephone."""

from collections.abc import Callable

import pytest

from core.text import LANGUAGES
from tests.browser.tab import Tab
from tests.support.server import Server

# The picture that a page is about, by the key of its element.
SUBJECTS = {
    "home": "home-network",
    "explore": "explore-opened",
    "transforms": "transforms-draws",
    "shapes": "shapes-kernel",
    "layers": "layers-convolution",
    "losses": "losses-bars",
    "optimizers": "optimizers-race",
    "training": "training-loss",
    "evaluation": "evaluation-matrix",
    "inside": "inside-forward",
    "saving": "saving-tree",
    "diagnosis": "diagnosis-sick-loss",
}
HIGHEST, SEEN = 500, 200  # pixels
SIZES = {"laptop": (1280, 800), "telephone": (390, 844)}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_subject_is_on_the_first_screen(
    server: Server, new_tab: Callable[..., Tab], language: str, size: str
) -> None:
    width, height = SIZES[size]
    tab = new_tab(server, viewport={"width": width, "height": height})
    places = {}
    for name, key in SUBJECTS.items():
        tab.go(name, lang=language).heading(name, language)
        subject = tab.page.locator(f".st-key-{key}").first
        subject.wait_for()
        tab.settle()
        box = subject.bounding_box()
        assert box is not None
        places[name] = round(box["y"]), round(min(height, box["y"] + box["height"]) - box["y"])
    print(f"{size}, {language}: top and pixels seen {places}")
    late = {name: place for name, place in places.items() if size == "laptop" and place[0] >= HIGHEST}
    hidden = {name: place for name, place in places.items() if size == "telephone" and place[1] < SEEN}
    assert late | hidden == {}
