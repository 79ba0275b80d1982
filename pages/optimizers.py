"""Optimizer arena: ten optimizers of torch.optim race on surfaces, one step at a time if wanted."""

import inspect

import streamlit as st

from core import surfaces, trajectories
from core.text import Text
from pages.shared import race
from pages.shared.opening import open_page


def show_code(words: Text) -> None:
    st.markdown(words("code"))
    for part in (trajectories.Walk, trajectories.trajectory, surfaces.Surface):
        st.code(inspect.getsource(part), language="python")


words = open_page("optimizers")

# Show
race.race(words)
panels = {
    "notice": lambda: st.markdown(words("notice")),
    "code": lambda: show_code(words),
}
tabs = st.tabs([words(f"tab.{name}") for name in panels], on_change="rerun", key="optimizers.tab")
for tab, panel in zip(tabs, panels.values(), strict=True):
    if tab.open:
        with tab:
            panel()
