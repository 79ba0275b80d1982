"""A network leaves the app and returns: downloaded, loaded by plain PyTorch, uploaded, named, judged."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from core.lenet import LeNet
from tests.browser.tab import Tab, words
from tests.browser.test_photo import upload
from tests.support.server import Server

pytestmark = pytest.mark.clock

TEXT, SHARED = words("saving"), words("shared")
Open = Callable[..., Tab]


def test_a_network_is_taken_along_and_brought_back(server: Server, new_tab: Open, tmp_path: Path) -> None:
    tab = new_tab(server).go("saving", saving__tab__open="take", saving__run="shipped")
    tab.heading("saving")
    button = tab.button(TEXT("take.download", name="lenet-shipped-sketches.pt"))
    button.wait_for()
    tab.settle()
    with tab.page.expect_download() as started:
        button.click()
    file = tmp_path / "mine.pt"
    started.value.save_as(file)
    assert started.value.suggested_filename == "lenet-shipped-sketches.pt"
    model = LeNet()
    model.load_state_dict(torch.load(file))  # its safe default

    tab.page.get_by_role("tab", name=TEXT("tab.bring")).click()
    tab.page.get_by_text(TEXT("bring.none")).wait_for()
    state = torch.load(file)
    state["fc3.weight"] = state["fc3.weight"][:5]
    torch.save(state, tmp_path / "five.pt")
    upload(tab, "five.pt", "application/octet-stream", (tmp_path / "five.pt").read_bytes())
    tab.page.get_by_text(TEXT("diff.shape.cure").split("**")[2].strip()).wait_for()
    assert not tab.page.locator(".st-key-saving-keep").count()
    upload(tab, "mine.pt", "application/octet-stream", file.read_bytes())
    tab.page.get_by_text(TEXT("diff.same", count=10)).wait_for()
    tab.settle()
    name = tab.page.get_by_label(TEXT("keep.name"), exact=True)
    name.fill("brought <b>back</b>")
    name.press("Enter")
    tab.settle()
    tab.button(TEXT("keep.button")).click()
    tab.page.get_by_text(TEXT("keep.done", name="brought <b>back</b>")).wait_for()
    tab.page.locator("[data-testid=stTabs]").get_by_role("link", name=TEXT("shelf.evaluate")).click()
    tab.heading("evaluation")
    tab.settle()
    assert tab.selected("evaluation.run").startswith("brought <b>back</b>")
    accuracy = tab.page.locator("[data-testid=stMetricValue]").first.inner_text()
    tab.go("evaluation", evaluation__run="shipped").heading("evaluation")
    tab.settle()
    # the same weights, fed alike
    assert tab.page.locator("[data-testid=stMetricValue]").first.inner_text() == accuracy

    tab.go("saving", saving__tab__open="bring").heading("saving")
    tab.page.get_by_role("button", name=TEXT("shelf.delete")).click()
    tab.page.get_by_text(TEXT("shelf.count", count=0, most=20)).wait_for()


def test_wrapped_weights_are_taken_with_a_click_each(server: Server, new_tab: Open) -> None:
    state = LeNet().state_dict()
    inner = {f"module._orig_mod.{name}": tensor for name, tensor in state.items()}
    buffer = io.BytesIO()
    torch.save({"model": state, "epoch": {"ema": inner}}, buffer)
    for language in ("en", "zh"):
        text = words("saving", language)
        tab = new_tab(server).go("saving", lang=language, saving__tab__open="bring")
        tab.page.get_by_text(text("bring.none")).wait_for()
        upload(tab, "mine.pth.tar", "application/octet-stream", buffer.getvalue())
        tab.page.get_by_text(text("diff.same", count=10)).wait_for()
        path = "epoch → ema → module._orig_mod."
        tab.page.get_by_text(text("bring.option", path=path, matching=10, count=10)).click()
        tab.page.get_by_text(text("diff.missing.cure").split("**")[2].strip()).wait_for()
        tab.page.get_by_text("torch.save(model.module.state_dict(), …)").wait_for()
        tab.page.locator(".st-key-saving-strip label").click()
        tab.page.get_by_text(text("diff.same", count=10)).wait_for()
        tab.button(text("keep.button")).wait_for()


def test_it_fits_a_telephone(server: Server, new_tab: Open) -> None:
    tab = new_tab(server, viewport={"width": 390, "height": 844})
    for panel in ("ways", "breaks", "take", "bring"):
        tab.go("saving", saving__tab__open=panel).heading("saving")
        tab.settle()
        assert not tab.too_wide(), panel
