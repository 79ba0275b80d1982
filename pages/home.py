"""Home: the route through the app, this machine, and where the learner left off. Loads no torch."""

import os
import sys

import streamlit as st

from core.files import locations
from pages.app.language import shared
from pages.app.page import open_page
from pages.app.page_table import PAGES, ROOT, go, link
from pages.app.punctuation import labelled
from pages.shared import runs

words = open_page("home")
own = [run for run in runs.own_runs() if runs.readable(run)]
best = max((epoch.validation_accuracy for run in own if (epoch := runs.best_of(run))), default=None)

# Show
with st.container(horizontal=True, vertical_alignment="center"):
    if st.button(
        words("continue" if own else "start"), type="primary", icon=":material/play_arrow:", key="home.start"
    ):
        go("training")
    if own:
        st.caption(runs.name(own[0]))
st.image(
    str(ROOT / "assets" / "sketches.png"),
    caption=words("picture.caption"),
    width="stretch",
    alt=words("picture"),
)

route, machine = st.columns([3, 2], gap="large")
with route:
    st.subheader(words("route"), anchor=False)
    for entry in PAGES[1:]:
        with st.container(border=True):
            link(entry.name, f"**{shared(f'page.{entry.name}')}**")
            st.caption(shared(f"about.{entry.name}"))
with machine:
    st.subheader(words("machine"), anchor=False)
    there = {
        name: words("data.not_yet" if locations.locate(name) is None else "data.ready")
        for name in locations.DATA_SETS
    }
    torch = sys.modules.get("torch")  # only if another page has imported it already
    gpu = bool(torch and hasattr(torch, "cuda") and torch.cuda.is_available())
    st.table(
        {
            words("machine.data"): " · ".join(
                labelled(shared(f"data.{name}"), state) for name, state in there.items()
            ),
            words("machine.device"): words("device.gpu" if gpu else "device.cpu", cores=os.cpu_count()),
            words("machine.runs"): str(len(own)) if own else words("none"),
            words("machine.best"): words("score", percent=f"{100 * best:.1f}")
            if best is not None
            else words("none"),
        }
    )
