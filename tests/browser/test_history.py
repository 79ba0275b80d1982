"""Back and Forward: one entry in the browser's history for each visit to a page, left as it was."""

from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Locator, expect

from tests.browser.tab import Tab, words
from tests.support.server import Server

TEXT, LOSSES, SHARED = words("training"), words("losses"), words("shared")
Open = Callable[..., Tab]


def parameters(tab: Tab) -> dict[str, str]:
    return {name: values[-1] for name, values in parse_qs(urlsplit(tab.page.url).query).items()}


def require_own(tab: Tab, name: str) -> None:
    """The address holds the language and parameters of this page, none of another one."""
    assert {key.partition(".")[0] for key in parameters(tab)} <= {"lang", name}


def segment(tab: Tab, key: str, label: str) -> Locator:
    return tab.page.locator(f".st-key-{key.replace('.', '-')}").get_by_role("radio", name=label, exact=True)


def open_settings(tab: Tab) -> None:
    tab.settle()
    epochs = tab.page.get_by_label(TEXT("setting.epochs"), exact=True)
    if not epochs.is_visible():
        tab.page.get_by_text(TEXT("settings"), exact=True).click()


def set_number(tab: Tab, name: str, value: str) -> None:
    tab.page.get_by_label(TEXT(f"setting.{name}"), exact=True).fill(value)
    tab.page.keyboard.press("Enter")
    tab.until(lambda: f"training.{name}={value}" in tab.page.url)


def require_training(tab: Tab, epochs: str = "7", seed: str = "9") -> None:
    tab.heading("training")
    tab.settle()
    expect(segment(tab, "training.recipe", SHARED("recipe.tutorial"))).to_be_checked()
    tab.until(lambda: (tab.selected("training.epochs"), tab.selected("training.seed")) == (epochs, seed))
    require_own(tab, "training")
    assert {"training.recipe": "tutorial", "training.epochs": epochs}.items() <= parameters(tab).items()


def test_back_and_forward_lead_to_pages_as_they_were_left(server: Server, new_tab: Open) -> None:
    tab = new_tab(server).go("home")
    tab.heading("home")
    tab.settle()
    entries = tab.page.evaluate("history.length")
    tab.menu("training")
    tab.settle()
    segment(tab, "training.recipe", SHARED("recipe.tutorial")).click(force=True)
    open_settings(tab)
    set_number(tab, "epochs", "7")
    set_number(tab, "seed", "9")
    require_training(tab)
    tab.menu("losses")
    tab.settle()
    require_own(tab, "losses")
    tab.button(LOSSES("preset.start")).click()
    tab.until(lambda: tab.metric(LOSSES("loss")) == "2.3026")
    tab.settle()
    assert tab.page.evaluate("history.length") == entries + 2

    tab.page.go_back()
    require_training(tab)
    tab.page.go_back()
    tab.heading("home")
    tab.settle()
    require_own(tab, "home")
    tab.page.go_forward()
    require_training(tab)
    tab.page.reload()
    require_training(tab)
    tab.page.go_forward()
    tab.heading("losses")
    tab.until(lambda: tab.metric(LOSSES("loss")) == "2.3026")
    require_own(tab, "losses")
    tab.page.reload()
    tab.heading("losses")
    tab.until(lambda: tab.metric(LOSSES("loss")) == "2.3026")
    tab.page.go_back()
    require_training(tab)


def test_back_from_a_link_a_button_and_a_tab(server: Server, new_tab: Open) -> None:
    tab = new_tab(server).go(
        "training", training__recipe="tutorial", training__epochs="7", training__seed="9"
    )
    require_training(tab)
    tab.page.get_by_role("link", name=TEXT("to_evaluation")).click()
    tab.heading("evaluation")
    tab.settle()
    require_own(tab, "evaluation")
    tab.page.go_back()
    require_training(tab)

    tab.menu("training")
    tab.menu("home")
    tab.settle()
    tab.page.get_by_test_id("stMain").get_by_role("button").first.click()  # the server changes the page
    tab.heading("training")
    tab.settle()
    tab.page.get_by_role("tab", name=TEXT("tab.code")).click()
    segment(tab, "training.recipe", SHARED("recipe.fast")).click(force=True)
    tab.until(lambda: "training.tab.open=code" in tab.page.url and "training.recipe" not in tab.page.url)
    tab.settle()
    require_own(tab, "training")
    tab.page.go_back()
    tab.heading("home")
    tab.settle()
    require_own(tab, "home")
    tab.page.go_back()  # an earlier visit of the training page, before the recipe and the tab were changed
    require_training(tab)
    expect(tab.page.get_by_role("tab", name=TEXT("tab.notice"))).to_have_attribute("aria-selected", "true")
    tab.page.go_forward()
    tab.page.go_forward()
    tab.heading("training")
    expect(tab.page.get_by_role("tab", name=TEXT("tab.code"))).to_have_attribute("aria-selected", "true")
    expect(segment(tab, "training.recipe", SHARED("recipe.fast"))).to_be_checked()


def test_back_while_a_network_is_being_trained(frail: Server, new_tab: Open) -> None:
    tab = new_tab(frail).go("home")
    tab.heading("home")
    tab.settle()
    tab.menu("training")
    tab.settle()
    open_settings(tab)
    set_number(tab, "epochs", "100")
    for _ in range(3):
        tab.button(TEXT("train")).click()
        tab.until(lambda: tab.step() > 0)
        tab.page.go_back()
        tab.heading("home")
        tab.settle()
        require_own(tab, "home")
        tab.page.go_forward()
        tab.heading("training")
        tab.until(lambda: tab.step() > 0)
        assert parameters(tab)["training.epochs"] == "100"
        tab.button(TEXT("stop")).click()
        tab.settle()
