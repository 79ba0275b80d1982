"""Train LeNet live, one's own network or ResNet-18: start, pause, one step, resume, stop, reset; compare."""

import streamlit as st

from core.errors import InputError
from pages.app.choice import choice
from pages.app.language import PageWords
from pages.app.page import show_error, warn_if_read_only
from pages.app.page_table import link
from pages.app.services import jobs
from pages.app.tabs import panels, settings
from pages.panels.training import branching, comparison, repetition
from pages.panels.training.curves import empty_run
from pages.panels.training.forms import FORMS, show_code
from pages.panels.training.live_run import live_run
from pages.panels.training.start import question, start
from pages.shared import data_set, examined, runs

words = PageWords("training")
own = runs.own_runs()

# Controls
with st.container(horizontal=True, vertical_alignment="bottom", key="training.controls"):
    network = choice(
        st.segmented_control,
        words("transfer.network"),
        list(FORMS),
        "lenet",
        key="training.model",
        format_func=lambda name: words(f"transfer.network.{name}"),
        required=True,
    )
    form = FORMS[network]
    name, root = data_set.choose("training.data_set")
    form.first_control()
    repeat = repetition.control(form.ENTRY)
    button = st.empty()
missing, introduction, repeated, above, picked, live, about, below = (st.container() for _ in range(8))
config, entry, wanted, more = None, form.ENTRY, None, {}
try:
    with (
        above if form.OPEN else below,
        settings(words("settings"), key="training.settings", expanded=form.OPEN),
    ):
        chosen = form.settings()
    with repeated:
        branch = branching.chosen_branch()
        entry, wanted = repetition.applied(repeat, form.ENTRY, chosen, name)
        more = branching.applied(branch, entry, chosen)
    jobs().require_memory(entry, {"config": wanted.to_json(), "data_set": name})
    form.require(chosen, name)
    config = chosen
except InputError as error:
    with missing:  # beside the button that it disables
        show_error(error)
with introduction:
    form.introduce(config, name)
usable = config is not None and form.usable(config)
with missing if root is None else about:
    data_set.about(name, root, form.about(config) if config is not None else "")
if config is not None and not usable:
    with missing:
        form.missing()
promised = data_set.promised(name)  # after what is said about it: drawing may fail in between
ready = promised is not None and usable and not jobs().read_only
button.button(
    words("train"),
    help=words("train.help"),
    type="primary",
    icon=":material/play_arrow:",
    disabled=not ready,
    on_click=start,
    args=(entry, wanted, name, str(promised), more),
    key="training.train",
    width="stretch",
)

# Show
with picked:
    warn_if_read_only()
    question()
    if "training.error" in st.session_state:
        show_error(st.session_state.pop("training.error"))
    with st.container(horizontal=True, vertical_alignment="bottom", key="training.picked"):
        run = runs.pick(words("run"), own, "training.run")
        runs.rename(run)
with live:
    if run is not None:
        live_run(run)
    elif config is not None:
        waiting = "empty.drawing" if root is None else "empty"
        empty_run(config.epochs, words(waiting if ready else "empty.not_ready"))

bodies = {
    "notice": lambda: st.markdown(words(form.NOTICE)),
    **({"examine": lambda: examined.examined(run)} if examined.examinable(run) else {}),
    "compare": lambda: comparison.compare(own if run is None or run in own else [run, *own]),
    "code": lambda: show_code(config, name, run),
}
panels(bodies, words, "training.tab")
if run is None or runs.judgeable(run):
    for page in ("evaluation", "inside"):
        link(page, words(f"to_{page}"), **({f"{page}.run": run.id} if run else {}))
