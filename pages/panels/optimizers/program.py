"""The race as a program to take along."""

import streamlit as st

from core.code.race import race_printed, race_program
from pages.app.language import PageWords, current
from pages.panels.optimizers.paths import kept
from pages.panels.optimizers.race import CURRENT
from pages.panels.optimizers.race_form import RaceEntry

words = PageWords("optimizers")


def program() -> None:
    """Offer the current race as a script and as a notebook."""
    from pages.shared.programs import offer  # imports nbformat, so only for those who look

    entry: RaceEntry = st.session_state[CURRENT]
    if not entry.hyper:
        st.info(words("nobody_picked"))
        return
    made = race_program(
        entry.surface, entry.start, entry.steps, entry.noise, entry.seed, entry.hyper, current()
    )
    paths = kept(entry)
    printed = {"race": race_printed(paths)} if len(paths) == len(entry.hyper) else {}
    offer(made, "optimizers", printed=lambda: printed)
