"""Arena in a real browser: click a start, play, step, scrub, read numbers; the winners; three dimensions."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from core.optimizers import OPTIMIZERS
from core.optimizers.trajectories import trajectory
from tests.browser.tab import Picture, Tab, words
from tests.support.server import Server

TEXT = words("optimizers")
Open = Callable[..., Tab]


def value(tab: Tab, name: str) -> str:
    return tab.page.locator(f".arena [data-path={name}] .value").inner_text()


def step_of(tab: Tab) -> int:
    return int(tab.page.locator(".arena").get_attribute("data-step") or -1)


def test_click_a_start_play_step_and_read(
    server: Server, new_tab: Open, record_property: Callable[[str, object], None]
) -> None:
    tab = new_tab(server).go(
        "optimizers", optimizers__surface="himmelblau", optimizers__lr="0.02", optimizers__steps="300"
    )
    tab.heading("optimizers")
    arena, field = tab.page.locator(".arena"), tab.page.locator(".arena .map")
    expect(arena.locator(".board tr")).to_have_count(5)
    tab.settle()
    before = Picture(field.screenshot())
    assert before.colours > 20
    box = field.bounding_box()
    assert box
    field.click(position={"x": box["width"] * 0.75, "y": box["height"] * 0.25})
    tab.until(lambda: "optimizers.x=" in tab.page.url)
    tab.settle()
    x, y = (float(tab.page.locator(f".st-key-optimizers-{name} input").input_value()) for name in "xy")
    assert (x, y) == (pytest.approx(3, abs=0.1), pytest.approx(3, abs=0.1))

    arena.locator(".on").click()
    arena.locator(".on").click()
    assert step_of(tab) == 2
    expected = trajectory("adam", "himmelblau", (x, y), 2, lr=0.02)
    expect(arena.locator("[data-path=adam] .value")).to_have_text(f"{float(expected.values[2]):.1f}")
    arena.locator(".back").click()
    assert step_of(tab) == 1

    arena.locator(".play").click()
    tab.until(lambda: float(arena.get_attribute("data-fps") or 0) > 0)
    record_property("frames a second", arena.get_attribute("data-fps"))
    assert not (Picture(field.screenshot()).pixels == before.pixels).all()
    arena.locator(".play").click()  # pause
    tab.until(lambda: arena.get_attribute("data-playing") == "false")
    assert 1 < step_of(tab) <= 300

    arena.locator(".scrub").fill("300")
    whole = {name: trajectory(name, "himmelblau", (x, y), 300, lr=0.02) for name in ("sgd", "adam")}
    for name, path in whole.items():
        state = arena.locator(f"[data-path={name}] .state")
        reached = path.reached_at()
        expect(state).to_have_text(TEXT("race.reached", step=reached) if reached else TEXT("race.under_way"))
    expect(arena.locator(".news")).to_contain_text("Adam" if whole["adam"].reached_at() else "SGD")


def test_what_a_tap_on_the_map_reads_stays(server: Server, new_tab: Open) -> None:
    tab = new_tab(server, viewport={"width": 390, "height": 844}, has_touch=True).go("optimizers")
    tab.heading("optimizers")
    tab.settle()
    field, under = tab.page.locator(".arena .map"), tab.page.locator(".arena .under")
    box = field.bounding_box()
    assert box
    field.tap(position={"x": box["width"] * 0.75, "y": box["height"] * 0.25})
    tab.until(lambda: "optimizers.x=" in tab.page.url)
    tab.settle()
    x, y = (float(tab.page.locator(f".st-key-optimizers-{name} input").input_value()) for name in "xy")
    expect(under).to_contain_text(f"{x:.3f}")
    expect(under).to_contain_text(f"{y:.3f}")


def test_the_keyboard_sets_a_start_and_plays(server: Server, new_tab: Open) -> None:
    tab = new_tab(server).go("optimizers")
    tab.heading("optimizers")
    tab.settle()
    tab.page.locator(".arena .map").focus()
    for key in ("ArrowLeft", "ArrowUp", "Enter"):
        tab.page.keyboard.press(key)
    tab.until(lambda: "optimizers.x=" in tab.page.url)
    tab.settle()
    assert float(tab.page.locator(".st-key-optimizers-x input").input_value()) == pytest.approx(1 - 0.025 * 3)
    tab.page.locator(".arena .map").focus()
    tab.page.keyboard.press("Space")
    tab.until(lambda: step_of(tab) > 0)


def test_ten_racers_that_fly_off_are_named(server: Server, new_tab: Open) -> None:
    tab = new_tab(server).go("optimizers", optimizers__surface="rosenbrock", optimizers__lr="1")
    tab.heading("optimizers")
    tab.settle()
    arena = tab.page.locator(".arena")
    arena.locator(".scrub").fill("400")
    diverged = trajectory("sgd", "rosenbrock", (1.0, 1e-3), 400, lr=1.0).diverged_at
    expect(arena.locator("[data-path=sgd] .state")).to_have_text(TEXT("race.diverged", step=diverged))
    assert value(tab, "sgd") == "–"
    tab.page.get_by_text(TEXT("outcome"), exact=True).click()
    tab.page.get_by_text("Diverged").first.wait_for()

    tab.button(TEXT("preset.ridge")).click()  # no bottom: there it isn't called diverged
    tab.until(lambda: "rosenbrock" not in tab.page.url)
    tab.settle()
    arena.locator(".scrub").fill("400")
    left = trajectory("momentum", "saddle", (1.0, 1e-3), 400, lr=0.01).left_at()
    expect(arena.locator("[data-path=momentum] .state")).to_have_text(TEXT("race.fell", step=left))


def test_the_panels(server: Server, new_tab: Open) -> None:
    tab = new_tab(server).go("optimizers")
    tab.heading("optimizers")
    tab.settle()
    tab.page.get_by_text(TEXT("solid")).click()
    tab.page.locator(".st-key-optimizers-3d .js-plotly-plot").wait_for()
    tab.page.locator(".arena .scrub").focus()
    tab.page.keyboard.press("ArrowRight")
    tab.page.get_by_text("Step 1 of 400.").wait_for()
    tab.page.get_by_role("tab", name=TEXT("tab.step")).click()
    still = tab.page.locator(".st-key-optimizers-arrows .still")
    expect(still).to_have_attribute("data-drawn", "adam 1")
    tab.button(TEXT("step.next")).click()
    expect(still).to_have_attribute("data-drawn", "adam 2")
    assert Picture(still.locator("canvas").screenshot()).colours > 20

    tab.page.get_by_role("tab", name=TEXT("tab.who")).click()
    tab.button(TEXT("compute.ranking")).click()
    cells = tab.page.locator(".ranking [data-cell]")
    expect(cells).to_have_count(10 * 16, timeout=60000)
    assert len(set(cells.evaluate_all("all => all.map(it => it.dataset.winner)")) & set(OPTIMIZERS)) >= 2
    cell = tab.page.locator(".ranking [data-cell='6,10']")
    cell.click()
    tab.until(lambda: "optimizers.lr=0.1" in tab.page.url)
    tab.settle()
    expect(cell).to_have_attribute("aria-current", "true")  # and what it says stays
    tab.page.mouse.move(0, 0)
    expect(tab.page.locator(".ranking .details")).to_have_text(str(cell.get_attribute("title")))


def test_the_program_follows_the_racers(server: Server, new_tab: Open) -> None:
    tab = new_tab(server).go("optimizers", optimizers__tab__open="code")
    tab.heading("optimizers")
    tab.page.get_by_text('"Adam": race(').wait_for()
    tab.page.get_by_role("button", name="AdamW", exact=True).click()
    tab.page.get_by_text('"AdamW": race(').wait_for()
