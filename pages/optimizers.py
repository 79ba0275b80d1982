"""Optimizer arena: ten optimizers of torch.optim race on surfaces, step by step if wanted."""

import streamlit as st

from core.optimizers.accumulation import accumulated
from core.optimizers.step_terms import step_terms
from core.optimizers.surfaces import Surface
from core.optimizers.trajectories import Walk, trajectory
from core.optimizers.update import Update
from pages.app.language import PageWords
from pages.app.tabs import code_panel, panels
from pages.panels.optimizers import loss_plane, momenta, one_step, program, race, ranking, zero_grad
from pages.panels.optimizers.table import optimizer_table

words = PageWords("optimizers")


def code() -> None:
    """Show the race as a program, and what ran here."""
    program.program()
    st.divider()
    code_panel(Walk, Update, trajectory, Surface, step_terms, accumulated, about=words("code"))


# Show
race.race()
bodies = {
    "notice": lambda: st.markdown(words("notice")),
    "step": one_step.stepping,
    "zero_grad": zero_grad.zero_grad,
    "who": ranking.winning,
    "momenta": momenta.averaging,
    "choose": optimizer_table,
    "plane": loss_plane.loss_plane,
    "code": code,
}
panels(bodies, words, "optimizers.tab")
