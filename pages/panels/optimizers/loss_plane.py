"""A plane through a network's real loss, with the checkpoints of a run on it."""

from typing import Any

import streamlit as st
import torch
from torch import Tensor

from core.errors import InputError
from core.figures.optimizers import field
from core.figures.palette import VALIDATION
from core.files import locations
from core.jobs import Event, Run
from core.optimizers.loss_plane import flat, grid, random_plane
from core.training.snapshots import CheckpointFile, run_checkpoints
from pages.app.choice import choice
from pages.app.language import PageWords
from pages.app.page import show_error
from pages.panels.optimizers.canvases import still_map
from pages.shared import data_set, loaders
from pages.shared.computed import computed
from pages.shared.runs import history_of, keeps_weights, name, own_runs

words = PageWords("optimizers")

NETWORK, NOBODY, SEEDS = "shipped", "none", ("0", "1", "2")


def loss_plane() -> None:
    """Show a chosen plane, computed on request, then kept.

    A run's checkpoints can be laid on the shipped network's plane.
    """
    st.markdown(words("plane.about"))
    runs = {run.id: run for run in own_runs() if _is_listed(run)}
    labels = {NETWORK: words("plane.shipped"), NOBODY: words("plane.nobody")}
    plane_label = lambda option: labels.get(option) or words("plane.run", run=name(runs[option]))  # noqa: E731
    left, right = st.columns(2)
    with left:
        picked = choice(
            st.selectbox,
            words("plane.which"),
            [NETWORK, *runs],
            NETWORK,
            key="optimizers.plane",
            format_func=plane_label,
        )
    laid, seed = NOBODY, "0"
    with right:
        if picked == NETWORK:
            seed = choice(
                st.selectbox, words("plane.seed"), SEEDS, "0", key="optimizers.plane_seed", format_func=str
            )
            laid = choice(
                st.selectbox,
                words("plane.lay"),
                [NOBODY, *runs],
                NOBODY,
                key="optimizers.laid",
                format_func=plane_label,
            )
    try:
        _plane(runs.get(picked), runs.get(laid), int(seed))
    except InputError as error:
        show_error(error)


def _is_listed(run: Run) -> bool:
    """Whether the run trains LeNet itself, of whose loss the planes are, and has checkpoints."""
    return keeps_weights(run) and "network" not in run.params["config"] and bool(history_of(run).epochs)


def _plane(run: Run | None, laid: Run | None, seed: int) -> None:
    data = run.params["data_set"] if run else "sketches"
    root = locations.locate(data)
    if root is None:
        data_set.about(data, None)
        return
    files = _files(run)
    if run and len(files) < 3:
        raise InputError("slice_checkpoints", found=len(files))
    params = {
        "root_dir": str(root),
        "seed": seed,
        "run": run.id if run else "",
        "digest": files[-1].digest[:16] if files else "",
    }
    result = computed("slice", params, words, key="optimizers.slice")
    if result is None:
        return
    points, captured, epochs = _checkpoints(result, laid, seed)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        _draw(result, points)
    with right:
        if points:
            share = f"{100 * captured:.1f}" if captured >= 0.001 else "< 0.1"
            st.markdown(
                words(
                    "plane.captured" if run else "plane.captured.random",
                    share=share,
                    first=epochs[0],
                    last=epochs[-1],
                )
            )
        found = [value for row in result["loss"] for value in row if value is not None]
        least, most = (f"{end:.3g}" for end in (min(found), max(found))) if found else ("–", "–")
        st.caption(words("plane.images", images=result["images"], least=least, most=most))


def _files(run: Run | None) -> list[CheckpointFile]:
    return run_checkpoints(run.folder, (), running=True) if run else []


def _checkpoints(result: Event, laid: Run | None, seed: int) -> tuple[list[Any], float, list[int | None]]:
    """Coordinates in the plane, the share of the first checkpoint's distance inside the plane, epochs."""
    if "points" in result:
        return result["points"], result["captured"][0], result["epochs"]
    files = _files(laid)
    if not files:
        return [], 0.0, []
    points, captured = _laid(files[-1].digest, seed, files)
    return points.tolist(), float(captured[0]), [file.epoch for file in files]


@st.cache_resource(show_spinner=False, max_entries=32)
def _laid(digest: str, seed: int, _files: list[CheckpointFile]) -> tuple[Tensor, Tensor]:
    plane = random_plane(loaders.shipped("sketches").state_dict, seed)
    return plane.project(
        torch.stack([flat(loaders.weights_of(file.digest, file).state_dict) for file in _files])
    )


def _draw(result: Event, points: list[Any]) -> None:
    line = {"points": points, "colour": VALIDATION, "dash": (), "dots": True, "label": words("plane.path")}
    data = {
        "id": f"{result['frame']}{points}",
        "field": field(grid(result["loss"]), tuple(result["frame"]), log=True),
        "flat": [{"kind": "minimum", "x": 0, "y": 0, "best": True}],
        "lines": [line] if points else [],
        "words": {"map": words("plane.map"), "here": words("plane.here")},
    }
    still_map(data, key="optimizers.loss")
