"""Optimizer arena: ten optimizers of torch.optim race on surfaces, one step at a time if wanted."""

import inspect

import streamlit as st

from core.optimizers import step_terms, surfaces, trajectories
from core.text import Text
from pages.app.page import open_page
from pages.app.tabs import panels
from pages.panels.optimizers import loss_plane, momenta, one_step, race, ranking
from pages.panels.optimizers.table import optimizer_table


def show_code(words: Text) -> None:
    st.markdown(words("code"))
    for part in (trajectories.Walk, trajectories.trajectory, surfaces.Surface, step_terms.step_terms):
        st.code(inspect.getsource(part), language="python")


words = open_page("optimizers")

# Show
race.race(words)
bodies = {
    "notice": lambda: st.markdown(words("notice")),
    "step": lambda: one_step.stepping(words),
    "who": lambda: ranking.winning(words),
    "momenta": lambda: momenta.averaging(words),
    "choose": lambda: optimizer_table(words),
    "plane": lambda: loss_plane.loss_plane(words),
    "code": lambda: show_code(words),
}
panels(bodies, words, "optimizers.tab")
