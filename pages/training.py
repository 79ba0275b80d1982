"""Train LeNet live, or ResNet-18: start, pause, one step, resume, stop, reset; compare runs."""

import inspect

import streamlit as st

from core.errors import InputError
from core.files.locations import DataSet
from core.jobs import JobSpec
from core.text import Text
from core.training.config import TrainConfig
from core.transfer.config import TransferConfig
from pages.app import owner
from pages.app.choice import choice, put
from pages.app.page import open_page, show_error
from pages.app.page_table import link
from pages.app.services import jobs
from pages.app.tabs import panels
from pages.panels.training import comparison, lenet_form, resnet_form
from pages.panels.training.curves import empty_run
from pages.panels.training.live_run import live_run
from pages.shared import data_set, runs


def train(config: TrainConfig | TransferConfig, name: DataSet, root: str) -> None:
    entry = "transfer" if isinstance(config, TransferConfig) else "train"
    try:
        spec = JobSpec(entry, {"config": config.to_json(), "data_set": name, "root_dir": root}, owner.current())
        put("training.run", jobs().submit(spec).id)
    except InputError as error:
        st.session_state["training.error"] = error


def show_code(words: Text) -> None:
    from core.lenet import LeNet
    from core.training.run import Training  # torch: only for those who look

    parts = (Training.step, Training.__iter__, LeNet)
    if resnet18:
        from core.transfer import features, resnet
        from core.transfer.run import HeadTraining, NetTraining

        parts = (resnet.network, resnet.frozen_body, resnet.fed, features.features, HeadTraining, NetTraining)
    for part in parts:
        st.code(inspect.getsource(part), language="python")


words = open_page("training")
own = runs.own_runs()

# Controls
network = choice(
    st.segmented_control,
    words("transfer.network"),
    ["lenet", "resnet18"],
    "lenet",
    key="training.model",
    format_func=lambda one: words(f"transfer.network.{one}"),
    required=True,
)
resnet18 = network == "resnet18"
if resnet18:
    st.markdown(words("transfer.idea"))
first, second, third = st.columns([4, 5, 4], vertical_alignment="bottom")
with first:
    name, root = data_set.choose("training.data_set")
with second:
    resnet_form.mode_control() if resnet18 else lenet_form.recipe_control()
button = third.empty()
about, above, picked, live, below = (st.container() for _ in range(5))
form = (above if resnet18 else below).expander(words("settings"), icon=":material/tune:", expanded=resnet18)
config: TrainConfig | TransferConfig | None = None
try:
    with form:
        config = resnet_form.settings() if resnet18 else lenet_form.settings()
except InputError as error:
    show_error(error)
ready = root is not None and (not isinstance(config, TransferConfig) or resnet_form.usable(config))
with about:
    data_set.about(name, root, lenet_form.about(config) if isinstance(config, TrainConfig) else "")
    if isinstance(config, TransferConfig) and not resnet_form.usable(config):
        resnet_form.missing()
button.button(
    words("train"),
    help=words("train.help"),
    type="primary",
    icon=":material/play_arrow:",
    disabled=not ready or config is None or jobs().read_only,
    on_click=train,
    args=(config, name, str(root)),
    key="training.train",
    width="stretch",
)

# Show
with picked:
    if jobs().read_only:
        st.warning(words("read_only"))
    if "training.error" in st.session_state:
        show_error(st.session_state.pop("training.error"))
    run = runs.pick(words("run"), own, "training.run")
with live:
    if run is not None:
        live_run(run)
    elif config is not None:
        empty_run(config)

bodies = {
    "notice": lambda: st.markdown(words("transfer.notice" if resnet18 else "notice")),
    "compare": lambda: comparison.compare(own if run is None or run in own else [run, *own]),
    "code": lambda: show_code(words),
}
panels(bodies, words, "training.tab")
chosen = run is not None and runs.is_lenet(run)
link("evaluation", words("to_evaluate"), **({"evaluation.run": run.id} if run and chosen else {}))
link("inside", words("to_inside"), **({"inside.run": run.id} if run and chosen else {}))
