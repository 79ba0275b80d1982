"""Loss, cost and objective of a real batch, and where PyTorch puts each."""

from pathlib import Path

import streamlit as st

from core.errors import InputError
from core.figures.losses import parts
from core.files import locations
from core.losses import objective as core
from core.losses.objective import Objective, objective
from core.normalise import normalise
from pages.app.choice import choice
from pages.app.language import PageWords
from pages.app.page import show_error
from pages.app.tabs import code, notice
from pages.shared import data_set, loaders
from pages.shared.images.image_grid import image_grid
from pages.shared.number import number

words = PageWords("losses")

BATCH = 16
BATCHES = 6  # offered; even a small data set has that many
DECAYS = ("0", "0.0005", "0.005", "0.05")


@st.fragment
def panel() -> None:
    """Render the panel on loss, cost and objective."""
    st.markdown(words("about.objective"))
    root = locations.locate("sketches")
    if root is None:
        data_set.about("sketches", None)
        return
    left, right = st.columns([3, 2], gap="large")
    with right:
        batch = number(st.slider, words("objective.batch"), 1, BATCHES, 1, key="losses.batch")
        decay = choice(
            st.segmented_control,
            "weight_decay",
            DECAYS,
            "0.0005",
            key="losses.decay",
            format_func=str,
            required=True,
        )
    try:
        result = _objective(str(root), batch, float(decay))
    except InputError as error:  # damaged files
        show_error(error)
        return
    with left:
        _images(root, batch, result)
    with right:
        _parts(result)
    _places(result, decay)
    notice(words, "objective")
    code(words, "objective", core.cost, core.penalty, core.objective)


def _images(root: Path, batch: int, result: Objective) -> None:
    images = loaders.image_set(root, "validation").images[_rows(batch)]
    captions = [f"{loss + 0.0:.3f}" for loss in result.losses.tolist()]  # + 0.0: a loss may be -0.0
    st.caption(words("objective.images", n=len(images)))
    image_grid(images, captions, key="losses.batch_images", size=64)


def _parts(result: Objective) -> None:
    labels = {name: words(f"objective.{name}") for name in ("cost", "penalty", "value")}
    values = {
        "cost": f"{result.cost:.4f}",
        "penalty": f"{result.penalty:.4f}",
        "total": f"{result.total:.4f}",
    }
    st.echarts_chart(
        parts(result.cost, result.penalty, labels),
        height=140,
        alt=words("alt.objective", **values),
        key="losses.parts",
    )


def _places(result: Objective, decay: str) -> None:
    values = {
        "loss": f"{result.losses.max().item():.4f}",
        "cost": f"{result.cost:.4f}",
        "penalty": f"{result.penalty:.4f}",
        "objective": f"{result.total:.4f}",
    }
    table = {
        words("objective.what"): [words(f"objective.what.{name}") for name in values],
        words("objective.here"): list(values.values()),
        words("objective.where"): [words(f"objective.where.{name}", decay=decay) for name in values],
    }
    st.table(table, border="horizontal", hide_index=True)
    differences = {
        "sgd": result.step_difference,
        "adamw": result.adamw_difference,
        "step": result.largest_step,
    }
    st.markdown(words("objective.proof", **{name: f"{value:.1e}" for name, value in differences.items()}))


@st.cache_resource(show_spinner=False, max_entries=64)
def _objective(root: str, batch: int, decay: float) -> Objective:
    images, weights = loaders.image_set(Path(root), "validation"), loaders.shipped("sketches")
    rows = _rows(batch)
    return objective(
        weights.network(),
        normalise(images.images[rows], weights.mean, weights.std),
        images.labels[rows],
        decay,
    )


def _rows(batch: int) -> slice:
    return slice((batch - 1) * BATCH, batch * BATCH)
