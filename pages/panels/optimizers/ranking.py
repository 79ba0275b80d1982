"""Winners by learning rate and start, one colour for each winner."""

from dataclasses import asdict

import streamlit as st

from core.figures.palette import OPTIMIZERS as MARKS
from core.optimizers import NAMES
from core.optimizers.races import Race
from core.optimizers.rankings import Ranking
from core.optimizers.surfaces import SURFACES
from pages.app.language import PageWords
from pages.app.punctuation import listed, patterns
from pages.panels.optimizers.canvases import ranking_table
from pages.panels.optimizers.race import CURRENT
from pages.panels.optimizers.race_form import RaceEntry, fill
from pages.shared.computed import computed

words = PageWords("optimizers")

WORDS = ("cell", "nobody", "label", "hint", "corner", "tie")


def winning() -> None:
    """Show the winners on the race's surface; the table is computed on request, then kept for everybody."""
    entry: RaceEntry = st.session_state[CURRENT]
    surface = entry.surface
    goal = "reached" if SURFACES[surface].goals else "left"
    st.markdown(words("who.about", surface=words(f"surface.{surface}"), goal=words(f"who.goal.{goal}")))
    result = computed("ranking", {"surface": surface}, words, key="optimizers.ranking")
    if result is None:
        return
    ranking = Ranking.from_json(surface, result)
    on_ridge = SURFACES[surface].escape is not None
    data = {
        "optimizers": [
            {"key": name, "name": NAMES[name], "mark": asdict(MARKS[name])} for name in ranking.optimizers
        ],
        "rates": [f"{rate:.2g}" for rate in ranking.rates],
        "starts": [f"y = {y:.1e}" if on_ridge else f"x = {x:.2f}" for x, y in ranking.starts],
        "steps": result["steps"],
        "words": {name: words(f"who.{name}") for name in WORDS} | patterns(),
    }
    ranking_table(data, key="optimizers.ranked", on_cell=lambda rate, start: _race(ranking, rate, start))
    st.markdown(_shares(ranking))


def _race(ranking: Ranking, rate: int, start: int) -> None:
    """Load a cell into the race above."""
    racers = ranking.arriving(rate, start) or ranking.optimizers
    fill(
        "",
        Race(
            ranking.surface, ranking.starts[start], ranking.most, float(f"{ranking.rates[rate]:.4g}"), racers
        ),
    )


def _shares(ranking: Ranking) -> str:
    names = listed(f"{NAMES[name]} {count}" for name, count in ranking.shares().items()) or "–"
    return words("who.shares", cells=ranking.cells, names=names, none=ranking.unreached)
