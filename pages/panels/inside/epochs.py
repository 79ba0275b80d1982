"""A slider over a run's checkpoints: filters, maps, confusion matrix and embedding after each epoch."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import streamlit as st
import torch
from torch import Tensor

from core.errors import InputError
from core.evaluation import Evaluation
from core.figures.inside import embedding
from core.files import locations
from core.inside.embedding import Projection, moment, projection
from core.inside.forward_pass import forward_pass
from core.inside.stages import Stage, Stages, stages
from core.jobs import Run
from core.normalise import normalise
from core.training.checkpoints import Weights
from core.training.snapshots import CheckpointFile, run_checkpoints
from pages.app.choice import choice
from pages.app.class_names import class_names
from pages.app.language import PageWords, shared
from pages.app.page import sentence, show_error
from pages.app.page_table import link
from pages.app.punctuation import sentences
from pages.app.services import jobs
from pages.panels.inside.filters import coloured
from pages.panels.inside.titles import stage_map, title
from pages.shared import data_set, loaders
from pages.shared.confusion_table import confusion_table
from pages.shared.images.number_map import NumberMap, number_maps
from pages.shared.images.picture import Picture
from pages.shared.model_picker import ModelChoice

words = PageWords("inside")

MAPS = {(6, 28, 28): 330}  # pixels
ROOM = 0.08  # share of the extent, left around the points of the last checkpoint


@dataclass(frozen=True, eq=False)
class Placed:
    """A checkpoint's evaluation, its images [N, 2] on the plane, and how far it separates the classes."""

    evaluation: Evaluation
    points: Tensor
    separation: float


@st.cache_resource(show_spinner=False, max_entries=16)
def ending(digest: str, root: str, _weights: Weights) -> tuple[Projection, Placed]:
    """The plane of a run's last checkpoint, and that checkpoint on it; `digest` stands for the weights."""
    found = moment(_weights, loaders.image_set(Path(root), "validation"))
    plane = projection(found.features)
    return plane, Placed(found.evaluation, plane(found.features), found.separation)


@st.cache_resource(show_spinner=False, max_entries=256)
def placed(digest: str, last: str, root: str, _weights: Weights, _plane: Projection) -> Placed:
    """A checkpoint on the plane of the run's `last`, 50 ms for LeNet, once for everybody."""
    found = moment(_weights, loaders.image_set(Path(root), "validation"))
    return Placed(found.evaluation, _plane(found.features), found.separation)


@st.fragment
def checkpoints(model: ModelChoice, chosen: Picture) -> None:
    """Show the slider over the checkpoints of the model's run, or say why there is none."""
    if model.run is None:
        st.info(words("scrub.no_run"), icon=":material/timeline:")
        link("training", shared("model.to_training"))
        return
    root = locations.locate(model.data_set)
    if root is None:
        data_set.about(model.data_set, None)
        return
    found = _readable(model.run)
    if len(found) < 2:
        st.info(words("scrub.too_few"), icon=":material/timeline:")
        return
    try:
        _scrub(model.run, found, str(root), chosen)
    except InputError as error:
        show_error(error)


def _readable(run: Run) -> Mapping[str, tuple[CheckpointFile, Weights]]:
    """Readable checkpoints of the run by epoch, in order; a damaged one is named and left out."""
    found = {}
    for file in run_checkpoints(run.folder, jobs().events(run.id), running=run.state == "running"):
        if file.epoch is None:
            continue
        try:
            if not file.digest:
                raise InputError("checkpoint_missing", path=file.path.name)
            found[str(file.epoch)] = file, loaders.weights_of(file.digest, file)
        except InputError as error:
            st.warning(words("scrub.damaged", epoch=file.epoch, reason=sentence(error)))
    return found


def _scrub(run: Run, found: Mapping[str, tuple[CheckpointFile, Weights]], root: str, chosen: Picture) -> None:
    names = list(found)
    epoch = choice(
        st.select_slider,
        words("scrub.epoch"),
        names,
        names[-1],
        key=f"inside.epoch.{run.id}",
        format_func=lambda name: words("scrub.start") if name == "0" else name,
    )
    file, weights = found[epoch]
    last, last_weights = found[names[-1]]
    with st.spinner(words("computing")):
        plane, end = ending(last.digest, root, last_weights)
        now = end if file is last else placed(file.digest, last.digest, root, weights, plane)
    st.markdown(
        words(
            "scrub.told",
            epoch=words("scrub.start") if epoch == "0" else words("scrub.after", epoch=epoch),
            accuracy=f"{100 * now.evaluation.accuracy:.1f}",
            loss=f"{now.evaluation.loss:.3f}",
            n=len(now.evaluation.labels),
        )
    )
    left, right = st.columns(2, gap="large")
    with left:
        _filters_and_maps(weights, chosen)
    with right:
        _embedding(now, plane, end, stages(weights.architecture))
        _confusion(now)


def _filters_and_maps(weights: Weights, chosen: Picture) -> None:
    network, found = weights.network().requires_grad_(False), stages(weights.architecture)
    convolutions = [stage for stage in found.weighted if stage.kind == "convolution"]
    coloured(network, found, "inside.scrub.filters", 52)
    passed = forward_pass(network, normalise(chosen.image, weights.mean, weights.std))
    maps = [_map(found, stage, passed[stage.name][0]) for stage in _shown(found, convolutions)]
    if maps:
        number_maps([maps], key="inside.scrub.maps", hint=False)
    best = int(passed.logits.argmax())
    st.markdown(
        words(
            "forward.answer", name=class_names()[best], percent=f"{100 * float(passed.softmax[0, best]):.1f}"
        )
    )


def _shown(found: Stages, convolutions: Sequence[Stage]) -> Sequence[Stage]:
    """The first and last convolution after ReLU; without one what the points are made from, unless pixels."""
    features = [found.features] if found.learns(found.features) else []
    ends = dict.fromkeys((*convolutions[:1], *convolutions[-1:])) or features
    return [found.group(stage)[-1] for stage in ends]


def _map(found: Stages, stage: Stage, values: Tensor) -> NumberMap:
    alt = words("forward.alt", stage=title(found, stage), shape=list(stage.output))
    return stage_map(found, stage, values, alt, size=MAPS.get(stage.shape, 250))


def _embedding(now: Placed, plane: Projection, end: Placed, found: Stages) -> None:
    points, features = now.points, found.features
    key = "scrub.embedding.logits" if features.classes else "scrub.embedding"
    st.markdown(f"**{words(key, n=features.count, layer=found.output.layer)}**")
    labels = {"x": words("scrub.axis", n=1), "y": words("scrub.axis", n=2)}
    chart = embedding(points, now.evaluation.labels, class_names(), _frame(points, end.points), labels)
    st.echarts_chart(
        chart, height=400, alt=words("scrub.embedding.alt", n=len(points)), key="inside.embedding"
    )
    about = words(
        "scrub.embedding.about",
        n=len(points),
        features=features.count,
        captured=round(100 * plane.captured),
        spread=f"{now.separation:.2f}",
    )
    st.caption(about if found.learns(features) else sentences(about, words("scrub.embedding.pixels")))


def _frame(points: Tensor, final: Tensor) -> tuple[float, float, float, float]:
    """Left, right, bottom, top of the plot: room around the points of the last checkpoint.

    There is more room where points of this checkpoint would be cut off.
    """
    low, high = final.amin(0), final.amax(0)
    room = ROOM * (high - low).clamp(min=1.0)  # the points of a dead network coincide
    (left, bottom), (right, top) = (
        torch.minimum(low - room, points.amin(0)).tolist(),
        torch.maximum(high + room, points.amax(0)).tolist(),
    )
    return (
        math.floor(100 * left) / 100,
        math.ceil(100 * right) / 100,
        math.floor(100 * bottom) / 100,
        math.ceil(100 * top) / 100,
    )


def _confusion(now: Placed) -> None:
    counts = now.evaluation.confusion
    st.markdown(f"**{words('scrub.confusion')}**")
    confusion_table(counts.tolist(), key="inside.scrub.confusion")
    wrong = counts.clone().fill_diagonal_(0)
    true, predicted = divmod(int(wrong.argmax()), len(counts))
    names = class_names()
    if int(wrong.max()):
        st.caption(
            words("scrub.confusion.most", n=int(wrong.max()), true=names[true], predicted=names[predicted])
        )
