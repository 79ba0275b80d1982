"""A network of the learner's own: its layers, what it costs here, and the settings of LeNet."""

from dataclasses import replace

import streamlit as st

from core.errors import InputError
from core.files.locations import DataSet
from core.jobs import Run, latest_event
from core.shapes import Layer, code, trace
from core.shapes.network import PRESETS
from core.shapes.trainable import IMAGE, ends_in_softmax, trainable
from core.training.config import TrainConfig
from core.training.costs import epoch_seconds, require_short_epoch, training_images
from core.written.link import opened
from pages.app.choice import asked, chosen, keep, put
from pages.app.language import PageWords
from pages.app.page_table import link
from pages.app.services import jobs
from pages.panels.training import lenet_form
from pages.panels.training.curves import span
from pages.panels.training.lenet_form import about, first_control, missing, usable
from pages.panels.training.repetition import last_timed
from pages.shared import computed
from pages.shared.amounts import amount, shape_of

__all__ = ["about", "first_control", "missing", "usable"]  # as for LeNet

words = PageWords("training")
shapes = PageWords("shapes")  # where the network is edited

ENTRY, NOTICE, OPEN = "train", "notice", False
NETWORK = "training.network"
EDITED, EMPTY = "shapes.layers", "empty"  # the calculator's list, and how it says that there is no layer
MEASURED = 128  # images of the measured batch at most; in a larger one, each takes as long
LOOK = 0.5  # seconds between two looks at a measurement


def fill(config: TrainConfig) -> None:
    """Put a config into the controls; call this from a callback."""
    lenet_form.fill(config)
    put(NETWORK, config.network)


def settings() -> TrainConfig:
    """Draw the settings of LeNet and return their config. Raises InputError for a refused one, or network."""
    config = lenet_form.settings()
    layers = _layers()
    trainable(layers)  # no layers at all would stand for LeNet
    return replace(config, network=code.short(layers))


def require(config: TrainConfig, data_set: DataSet) -> None:
    """Refuse a network that PyTorch can't train, or not in time. Raises InputError."""
    measured = _measured(config)
    if measured is not None and measured.error:
        raise measured.error
    _epoch(config, data_set)


def introduce(config: TrainConfig | None, data_set: DataSet) -> None:
    """Show the layers and their cost, the code that builds them, and the way to the calculator."""
    try:
        layers = _layers()
    except InputError:  # the page says so
        layers = ()
    keep(NETWORK, _text(), "")
    if ends_in_softmax(layers):
        st.warning(words(f"own.{layers[-1].kind}"))
    if layers:
        _list(layers, _cost(layers, config, data_set))
    else:
        _to_calculator()
    measured = _measured(config) if config is not None else None
    if measured is not None and measured.active:
        st.fragment(_wait, run_every=LOOK)(config)


def _text() -> str:
    """The list in the link; at first the calculator's, if the learner has been there."""
    return str(asked(NETWORK) or chosen(EDITED, None) or PRESETS["lenet"].text)


def _layers() -> tuple[Layer, ...]:
    text = _text()
    return () if text == EMPTY else code.from_short(opened(text))


def _list(layers: tuple[Layer, ...], cost: str) -> None:
    traced = trace(layers, IMAGE)
    with st.expander(cost, icon=":material/lan:", on_change="rerun", key="training.own.list") as panel:
        if not panel.open:
            return
        _to_calculator()
        rows = {
            "name": [f"`{row.name}`" for row in traced],
            "layer": [f"`{code.call(layer)}`" for layer in layers],
            "output": [shape_of(row.output_shape, 1) if row.output_shape else "–" for row in traced],
            "parameters": [f"{row.parameters:,}" if row.parameters else "" for row in traced],
            "macs": [amount(row.macs) if row.macs else "" for row in traced],
        }
        st.table({shapes(f"column.{name}"): cells for name, cells in rows.items()}, hide_index=True)
        st.markdown(words("own.code"))
        st.code(code.sequential(layers), language="python")


def _to_calculator() -> None:
    link("shapes", words("own.edit"), ":material/edit:", **{"shapes.view": "network", EDITED: _text()})


def _cost(layers: tuple[Layer, ...], config: TrainConfig | None, data_set: DataSet) -> str:
    """Layers, parameters, multiply-accumulates, and the time of an epoch where that is known."""
    traced = trace(layers, IMAGE)
    seconds = _epoch(config, data_set) if config is not None else None
    return words(
        "own.cost" if seconds is None else "own.cost.time",
        layers=len(layers),
        parameters=f"{sum(row.parameters for row in traced):,}",
        macs=amount(sum(row.macs for row in traced)),
        time="–" if seconds is None else span(max(1.0, seconds)),
    )


def _epoch(config: TrainConfig, data_set: DataSet) -> float | None:
    """Seconds of an epoch: by a measured step, else reckoned from the last training; None without either.

    Raises InputError for too many, without either as a laptop would take.
    """
    run, timed = _measured(config), last_timed()
    result = latest_event(jobs().events(run.id), "result") if run and run.state == "done" else None
    if result is not None:
        steps = training_images(config, data_set) / _measure(config).batch_size
        seconds = float(result["seconds"]) * steps
    else:
        seconds = epoch_seconds(config, data_set, timed)
    require_short_epoch(seconds)
    return seconds if result or timed else None


def _measure(config: TrainConfig) -> TrainConfig:
    """What is measured: the network, and a batch of two at least, since some layers refuse one image."""
    return TrainConfig(network=config.network, batch_size=max(2, min(config.batch_size, MEASURED)))


def _measured(config: TrainConfig) -> Run | None:
    """The measurement of a step, begun where nobody has yet; None where there can't be one."""
    params = {"config": _measure(config).to_json()}
    if computed.latest("step-time", params) is None and not jobs().read_only:
        computed.start("step-time", params, "training.own")
        st.session_state.pop("training.own.error", None)  # the time is then reckoned
    return computed.latest("step-time", params)


def _wait(config: TrainConfig) -> None:
    run = _measured(config)
    if run is None or not run.active:
        st.rerun()
