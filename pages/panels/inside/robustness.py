"""The robustness bench: one image under a slider, and validation accuracy against the change's strength."""

import pandas as pd
import streamlit as st
import torch

from core.evaluation.answer import answer
from core.evaluation.robustness import CHANGES, fed_with
from core.figures.bars import probabilities
from core.figures.inside import robustness as curve
from core.files import locations
from pages.app.choice import choice
from pages.app.class_names import class_names
from pages.app.language import PageWords
from pages.panels.inside.titles import own
from pages.shared import data_set
from pages.shared.computed import computed
from pages.shared.images.image_grid import image_grid
from pages.shared.images.picture import Picture
from pages.shared.model_picker import ModelChoice
from pages.shared.number import number

words = PageWords("inside")

STEPS = {"rotate": 5.0, "shift": 1.0, "scale": 0.05, "blur": 0.25, "unnormalise": 0.05}


def robustness(model: ModelChoice, chosen: Picture) -> None:
    """Show one image changed, and the accuracy of the whole validation split against the strength."""
    name = choice(
        st.segmented_control,
        words("robust.change"),
        list(CHANGES),
        "rotate",
        key="inside.change",
        format_func=lambda option: words(f"robust.{option}"),
        required=True,
    )
    strength = _one_image(model, chosen, name)
    st.markdown(f"**{words('robust.whole')}**")
    root = locations.locate(model.data_set)
    if root is None:
        data_set.about(model.data_set, None)
        return
    params = {"root_dir": str(root), "model": model.stored, "digest": model.digest, "change": name}
    result = computed("robustness", params, words, key=f"inside.robustness.{name}")
    if result is not None:
        _whole(result["accuracies"], result["images"], name, strength)
    st.markdown(words(own(f"robust.{name}.about", model.weights)))


def _one_image(model: ModelChoice, chosen: Picture, name: str) -> float:
    change, weights = CHANGES[name], model.weights
    low, high = change.strengths[0], change.strengths[-1]
    label = words("robust.strength", change=words(f"robust.{name}"), unit=change.unit)
    strength: float = number(
        st.slider, label, low, high, float(change.neutral), key=f"inside.strength.{name}", step=STEPS[name]
    )
    altered = change.apply(chosen.image, strength)
    mean, std = fed_with(name, strength, weights.mean, weights.std)
    before, after = (
        answer(weights.network(), chosen.image, weights.mean, weights.std),
        answer(weights.network(), altered, mean, std),
    )
    names = class_names()
    left, right = st.columns([1, 2], gap="large")
    with left:
        both = torch.cat([chosen.image, altered])
        captions = [words("robust.before"), words("robust.after")]
        image_grid(both, captions, key="inside.robust.both", size=160)
    with right:
        top = after.top(4)
        chart = probabilities(
            [names[index] for index, _ in top],
            [share for _, share in top],
            {"probability": words("robust.probability")},
        )
        (was, was_share), (now, now_share) = before.top(1)[0], top[0]
        placeholders = {
            "was": names[was],
            "was_share": f"{100 * was_share:.0f}",
            "now": names[now],
            "now_share": f"{100 * now_share:.0f}",
        }
        st.echarts_chart(
            chart, height=170, alt=words("robust.told", **placeholders), key="inside.robust.chart"
        )
        st.markdown(words("robust.told", **placeholders))
    return strength


def _whole(accuracies: list[float], count: int, name: str, strength: float) -> None:
    strengths = CHANGES[name].strengths
    labels = {key: words(f"robust.axis.{key}") for key in ("accuracy", "chance")}
    labels["strength"] = words("robust.strength", change=words(f"robust.{name}"), unit=CHANGES[name].unit)
    alt = words("robust.alt", change=words(f"robust.{name}"), n=f"{count:,}")
    st.echarts_chart(
        curve(strengths, accuracies, strength, labels), height=300, alt=alt, key="inside.robust.curve"
    )
    table = {
        f"{at:g}": [f"{100 * accuracy:.1f}%"] for at, accuracy in zip(strengths, accuracies, strict=True)
    }
    st.dataframe(pd.DataFrame(table), hide_index=True)
    st.caption(alt)
