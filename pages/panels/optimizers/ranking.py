"""Who wins where: learning rate by start, one colour for each winner."""

from dataclasses import asdict

import streamlit as st

from core.figures.palette import OPTIMIZERS as MARKS
from core.jobs import Event
from core.optimizers import NAMES
from core.optimizers.races import Race
from core.optimizers.rankings import NEVER
from core.optimizers.surfaces import SURFACES
from pages.app.language import PageWords
from pages.panels.optimizers.canvases import ranking_table
from pages.panels.optimizers.race import CURRENT
from pages.panels.optimizers.race_form import Entry, fill
from pages.shared.computed import computed

words = PageWords("optimizers")

WORDS = ("cell", "nobody", "label", "hint", "corner", "tie")


def winning() -> None:
    """The surface of the race; the table is computed on request, then kept for everybody."""
    entry: Entry = st.session_state[CURRENT]
    surface = entry.surface
    goal = "reached" if SURFACES[surface].goals else "left"
    st.markdown(words("who.about", surface=words(f"surface.{surface}"), goal=words(f"who.goal.{goal}")))
    result = computed("ranking", {"surface": surface}, words, key="optimizers.ranking")
    if result is None:
        return
    on_ridge = SURFACES[surface].escape is not None
    data = {
        "optimizers": [{"key": name, "name": NAMES[name], "mark": asdict(MARKS[name])} for name in result["optimizers"]],
        "rates": [f"{rate:.2g}" for rate in result["rates"]],
        "starts": [f"y = {y:.1e}" if on_ridge else f"x = {x:.2f}" for x, y in result["starts"]],
        "steps": result["steps"],
        "words": {name: words(f"who.{name}") for name in WORDS},
    }
    ranking_table(data, key="optimizers.ranked", on_cell=lambda rate, start: _race(surface, result, rate, start))
    st.markdown(_shares(result))


def _race(surface: str, result: Event, rate: int, start: int) -> None:
    """Load a cell into the race above."""
    x, y = result["starts"][start]
    arrived = [name for name, steps in zip(result["optimizers"], result["steps"], strict=True) if steps[rate][start] != NEVER]
    fill("", Race(surface, (x, y), result["most"], float(f"{result['rates'][rate]:.4g}"), tuple(arrived or result["optimizers"])))


def _shares(result: Event) -> str:
    cells: list[list[int]] = [
        [steps[rate][start] for steps in result["steps"]] for rate in range(len(result["rates"])) for start in range(len(result["starts"]))
    ]
    first = [min((step for step in cell if step != NEVER), default=None) for cell in cells]
    counts = {
        name: sum(best is not None and cell[index] == best for cell, best in zip(cells, first, strict=True))
        for index, name in enumerate(result["optimizers"])
    }
    order = sorted(((count, name) for name, count in counts.items() if count), reverse=True)
    listed = ", ".join(f"{NAMES[name]} {count}" for count, name in order) or "–"
    return words("who.shares", cells=len(cells), names=listed, none=sum(best is None for best in first))
