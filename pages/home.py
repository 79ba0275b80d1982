"""Home: LeNet at a glance, the route through the app, this machine, and where the learner left off.

Loads no torch.
"""

import streamlit as st

from pages.app.language import PageWords, shared
from pages.app.page import plain, warn_if_read_only
from pages.app.page_table import PAGES, go, link
from pages.panels.home.machine import machine
from pages.panels.home.network import network
from pages.shared import runs

words = PageWords("home")
own = [run for run in runs.own_runs() if runs.readable(run)]
going_on = next((run for run in own if run.active or runs.history_of(run).step), None)

# Show
network()
st.caption(words("network.caption"))
warn_if_read_only()
with st.container(horizontal=True, vertical_alignment="center"):
    pressed = st.button(
        words("start" if going_on is None else "continue"),
        type="primary",
        icon=":material/play_arrow:",
        key="home.start",
    )
    if going_on is not None:
        st.caption(plain(runs.name(going_on)))
if pressed:
    go("training", **({} if going_on is None else {"training.run": going_on.id}))

route, beside = st.columns([3, 2], gap="large")
with route:
    st.header(words("route"), anchor=False)
    for number, entry in enumerate(PAGES[1:], start=1):
        with st.container(border=True):
            stop = words("stop", number=number, page=shared(f"page.{entry.name}"))
            link(entry.name, f"**{stop}** :small[{words('minutes', n=entry.minutes)}]")
            st.caption(shared(f"about.{entry.name}"))
with beside:
    st.header(words("machine"), anchor=False)
    machine(own)
