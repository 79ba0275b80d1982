"""Own photos in a real browser: a sideways telephone photo and a transparent drawing are judged."""

from collections.abc import Callable

from playwright.sync_api import expect

from core.dataset import photos
from tests.browser.tab import Picture, Tab, words
from tests.pages.test_evaluation_photo import rotated, transparent
from tests.support.server import Server

TEXT, SHARED, ERRORS = words("evaluation"), words("shared"), words("errors")
Open = Callable[..., Tab]


def upload(tab: Tab, name: str, mime: str, content: bytes) -> None:
    chooser = tab.page.locator("[data-testid=stFileUploader] input[type=file]")
    chooser.set_input_files({"name": name, "mimeType": mime, "buffer": content})


def tile(tab: Tab, key: str) -> Picture:
    return Picture(tab.page.locator(f".st-key-{key} figure .tile").first.screenshot())


def test_photos_are_judged_and_looked_into(server: Server, new_tab: Open) -> None:
    tab = new_tab(server).go("evaluation", evaluation__run="shipped", evaluation__tab__open="photo")
    tab.heading("evaluation")
    upload(tab, "telephone.jpg", "image/jpeg", rotated())
    tab.page.get_by_text(SHARED("picture.uploaded", width=80, height=120)).wait_for()
    tab.settle()
    upright = tile(tab, "evaluation-photo-square").pixels
    assert upright[8, 100, 1] > 100 > upright[8, 100, 2]  # green is at the top, not at the left
    assert upright[-8, 100, 2] > 150
    expect(tab.page.locator(".st-key-evaluation-photo-chart canvas").first).to_be_visible()

    upload(tab, "drawing.png", "image/png", transparent())
    tab.page.get_by_text(SHARED("picture.uploaded", width=64, height=64)).wait_for()
    tab.settle()
    assert tile(tab, "evaluation-photo-seen").pixels[5, 5].min() > 240  # transparent pixels turn white

    upload(tab, "drawing.svg", "image/svg+xml", b"<svg/>")
    tab.page.get_by_text(ERRORS("photo_format", formats=", ".join(photos.FORMATS))).wait_for()
    expect(tab.page.locator(".st-key-evaluation-photo-chart")).to_have_count(0)

    upload(tab, "drawing.png", "image/png", transparent())
    tab.page.get_by_text(SHARED("picture.uploaded", width=64, height=64)).wait_for()
    tab.page.get_by_role("link", name=TEXT("photo.inside")).click()
    tab.heading("inside")
    tab.page.get_by_role("img", name=SHARED("picture.uploaded", width=64, height=64)).first.wait_for()
    upload(tab, "telephone.jpg", "image/jpeg", rotated())
    tab.page.get_by_role("img", name=SHARED("picture.uploaded", width=80, height=120)).first.wait_for()
    tab.settle()
