"""The settings of a ResNet-18 run, their cost, and the ImageNet weights that most of them need."""

from typing import Any

import pandas as pd
import streamlit as st

from core.files import imagenet
from core.files.locations import DataSet
from core.jobs import JobSpec
from core.transfer.config import BOUNDS, MODES, SIZES, TransferConfig
from pages.app.choice import choice, chosen, put
from pages.app.language import PageWords
from pages.app.page import show_error
from pages.app.services import jobs, latest, start_or_join
from pages.shared.number import number
from pages.shared.progress import under_way

words = PageWords("training")

ENTRY, NOTICE, OPEN = "transfer", "transfer.notice", True
FETCHER = "server-imagenet"  # the owner of the download, one for everybody
NUMBERS = ("train_size", "validation_size", "epochs", "batch_size", "lr", "weight_decay", "seed")
FIRST = {
    "features": TransferConfig(),
    "fine-tune": TransferConfig(mode="fine-tune", epochs=3, batch_size=32, lr=3e-4),
}
FIRST["scratch"] = TransferConfig(mode="scratch", size=32, epochs=5, batch_size=32)


def first_control() -> None:
    """Draw the choice of what is trained; choosing puts settings that suit it into the controls."""
    choice(
        st.segmented_control,
        words("transfer.mode"),
        list(MODES),
        MODES[0],
        key="training.mode",
        format_func=lambda mode: words(f"transfer.mode.{mode}"),
        on_change=lambda: fill(FIRST[chosen("training.mode", MODES[0])]),
        required=True,
    )


def fill(config: TransferConfig) -> None:
    """Put a config into the controls; call this from a callback."""
    put("training.mode", config.mode)
    put("training.size", str(config.size))
    for name in NUMBERS:
        put(_key(name), getattr(config, name))


def settings() -> TransferConfig:
    """Draw all settings and return their config. Raises InputError for a refused one."""
    mode = chosen("training.mode", MODES[0])
    first = FIRST[mode]
    left, right = st.columns([2, 3], gap="large")
    with left:
        sizes = [str(size) for size in SIZES]
        size = choice(
            st.select_slider,
            words("setting.size"),
            sizes,
            str(first.size),
            key="training.size",
            format_func=lambda option: f"{option} px",
        )
        values = {}
        for index, column in enumerate(st.columns(2)):
            with column:
                values |= {name: _number(name, getattr(first, name)) for name in NUMBERS[index::2]}
    with right:
        _costs(int(size))
    return TransferConfig(mode=mode, size=int(size), **values)


def _key(name: str) -> str:
    return f"training.resnet.{name}"


def _number(name: str, value: Any) -> Any:
    bounds, whole = BOUNDS[name], isinstance(value, int)
    style = {"step": 1 if whole else None, "format": None if whole else "%g"}
    return number(
        st.number_input,
        words(f"setting.{name}"),
        bounds.low,
        bounds.high,
        value,
        key=_key(name),
        name=name,
        **style,
    )


@st.cache_data(show_spinner=False)
def _cost(size: int) -> tuple[int, int, int]:
    from core.transfer.resnet import cost  # imports torchvision

    found = cost(size)
    return found.macs, found.parameters, found.last


def _costs(size: int) -> None:
    """Show the multiply-accumulates of each size, beside their ratio to those at 32 px."""
    st.markdown(words("transfer.cost"))
    costs = {side: _cost(side) for side in SIZES}
    table = {
        words("setting.size"): [f"{'→ ' if side == size else ''}{side} px" for side in SIZES],
        words("transfer.macs"): [f"{macs / 1e6:,.0f} M" for macs, _, _ in costs.values()],
        words("transfer.relative"): [f"{macs / costs[32][0]:.0f} ×" for macs, _, _ in costs.values()],
        words("transfer.last"): [f"{last} × {last}" for _, _, last in costs.values()],
    }
    st.dataframe(pd.DataFrame(table), hide_index=True, height="content")
    st.caption(words("transfer.parameters", n=f"{costs[size][1]:,}"))


def require(config: TransferConfig, data_set: DataSet) -> None:
    """Refuse nothing: the costs of each size are shown."""


def introduce(config: TransferConfig | None, data_set: DataSet) -> None:
    """Say what a ResNet-18 is, and what is kept of it."""
    st.markdown(words("transfer.idea"))


def about(config: TransferConfig) -> str:
    """An empty string, since the costs say it."""
    return ""


def usable(config: TransferConfig) -> bool:
    """Check that the config's weights are here, or that it needs none."""
    return not config.pretrained or imagenet.is_there()


def missing() -> None:
    """Show how to get the missing ImageNet weights, or the progress, and what can be done without."""
    run = latest(FETCHER)
    if run is not None and run.active:
        _under_way()
        return
    if run is not None and run.error:
        show_error(run.error)
    st.info(words("transfer.missing"), icon=":material/download:")
    with st.container(horizontal=True):
        st.button(
            words("transfer.download"),
            on_click=_fetch,
            key="training.weights",
            icon=":material/download:",
            disabled=jobs().read_only,
        )
        st.button(words("transfer.scratch"), on_click=fill, args=(FIRST["scratch"],), key="training.scratch")


def _fetch() -> None:
    start_or_join(JobSpec("imagenet", {}, FETCHER))


def _under_way() -> None:
    under_way(
        lambda: latest(FETCHER),
        lambda percent: words("transfer.downloading", percent=percent),
        key="training.weights.stop",
        stop=words("stop"),
    )
