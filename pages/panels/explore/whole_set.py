"""A data set as a whole: class counts, mean images, histograms, and the effect of normalisation."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pandas as pd
import streamlit as st

from core.dataset import CLASSES, ImageSet, Splits, statistics
from core.dataset.row import CHANNELS
from core.dataset.statistics import ChannelValues, Statistics
from core.errors import InputError
from core.figures import dataset as figures
from core.files.locations import DataSet
from core.normalisations import COPIED_STD, NORMALISATIONS
from core.written.numbers import minus
from pages.app.choice import choice
from pages.app.class_names import class_label, class_labels
from pages.app.language import PageWords
from pages.app.page import show_error
from pages.app.tabs import code_box, panels
from pages.panels.explore.browse import ALL, SPLITS
from pages.shared.images.image_grid import image_grid

words = PageWords("explore")

GAIN = 3  # a deviation of a third of the range is shown as white


@st.fragment
def whole_set(data: Splits, name: DataSet, root: Path) -> None:
    """Draw the counts of all splits, and three panels on one of them."""
    ways = {"means": _means, "histograms": _histograms, "normalise": partial(_normalise, name)}
    bodies = {view: partial(_of_split, way, data, root) for view, way in ways.items()}
    panels({"counts": lambda: _counts(data)} | bodies, words, "explore.view", "view")


def _counts(data: Splits) -> None:
    counts = {split: getattr(data, split).counts for split in SPLITS}
    totals = {split: f"{sum(numbers):,}" for split, numbers in counts.items()}
    if all(len(set(numbers)) == 1 for numbers in counts.values()):
        st.markdown(words("counts.even", **{split: f"{numbers[0]:,}" for split, numbers in counts.items()}))
    else:
        st.markdown(words("counts.uneven", low=f"{min(counts['train']):,}", high=f"{max(counts['train']):,}"))
    labels = {"images": words("chart.images")} | {split: words(f"split.{split}") for split in SPLITS}
    names = class_labels()
    st.echarts_chart(
        figures.class_counts(counts, names, labels),
        height=380,
        alt=words("alt.counts", **totals),
        key="explore.counts",
    )
    table = st.expander(words("counts.table"), on_change="rerun", key="explore.counts_table")
    if table.open:
        columns = {words("class"): names} | {
            words(f"split.{split}"): numbers for split, numbers in counts.items()
        }
        table.dataframe(pd.DataFrame(columns), hide_index=True, height="content")


def _of_split(panel: Callable[[ImageSet, Statistics], None], data: Splits, root: Path) -> None:
    split = choice(
        st.segmented_control,
        words("whole.split"),
        SPLITS,
        "train",
        key="explore.of",
        format_func=lambda name: words(f"split.{name}"),
        required=True,
    )
    images: ImageSet = getattr(data, split)
    with st.spinner(words("whole.computing")):
        found = measured(str(root), split, images)
    panel(images, found)
    code_box(words("statistics.code"), statistics.measure, ChannelValues, key="explore.statistics_code")


@st.cache_resource(show_spinner=False, max_entries=6)
def measured(root: str, split: str, _images: ImageSet) -> Statistics:
    """Statistics of a split, measured once for everybody: 0.2 s for 45,000 images."""
    return statistics.measure(_images.images, _images.labels)


def _means(_images: ImageSet, found: Statistics) -> None:
    st.markdown(words("means.about", gain=GAIN))
    names = class_labels()
    means = [words("means.caption", name=name) for name in names]
    stds = [words("stds.caption", name=name) for name in names]
    image_grid(statistics.picture(found.mean_image), names, key="explore.means", size=70, names=means)
    image_grid(statistics.picture(found.std_image, GAIN), names, key="explore.stds", size=70, names=stds)
    st.markdown(words("means.none"))


def _histograms(_images: ImageSet, found: Statistics) -> None:
    wanted = choice(
        st.selectbox,
        words("histograms.class"),
        (ALL, *CLASSES),
        ALL,
        key="explore.histogram",
        format_func=lambda name: words("all") if name == ALL else class_label(name),
    )
    histogram, values = found.of(None if wanted == ALL else CLASSES.index(wanted))
    if not histogram.sum():
        st.info(words("none"))
        return
    st.markdown(words("histograms.about"))
    labels = {name: words(f"channel.{name}") for name in CHANNELS} | {
        key: words(f"chart.{key}") for key in ("value", "share")
    }
    means = {name: f"{255 * mean:.0f}" for name, mean in zip(CHANNELS, values.mean, strict=True)}
    st.echarts_chart(
        figures.histograms(histogram, values, labels),
        height=360,
        alt=words("alt.histograms", **means),
        key="explore.histograms",
    )
    st.markdown(words("histograms.scaled"))
    st.table(_rows({"": values}))


def _normalise(data_set: DataSet, images: ImageSet, found: Statistics) -> None:
    _, values = found.of()
    ways = {
        "halves": NORMALISATIONS["half"],
        "measured": (values.mean, values.std),
        "copied": (values.mean, COPIED_STD),
    }
    try:
        results = {way: values.normalised(mean, std) for way, (mean, std) in ways.items()}
    except InputError as error:
        show_error(error)
        return
    low, high = (
        _rounded(end(getattr(results["measured"], name))) for end, name in ((min, "low"), (max, "high"))
    )
    st.markdown(words("normalise.about", n=f"{len(images):,}", split=words(f"split.{images.name}")))
    labels = {way: words(f"normalise.{way}") for way in ways} | {
        name: words(f"channel.{name}") for name in CHANNELS
    }
    st.echarts_chart(
        figures.ranges(results, labels | {"value": words("chart.normalised")}),
        height=360,
        alt=words("alt.normalise", low=low, high=high),
        key="explore.ranges",
    )
    st.table(_rows({words(f"normalise.{way}"): result for way, result in results.items()}))
    halves, copied = results["halves"], results["copied"]
    st.markdown("- " + words("normalise.halves.about", mean=_three(halves.mean), std=_three(halves.std)))
    st.markdown("- " + words("normalise.measured.about", low=low, high=high))
    numbers = {"image_std": _three(found.image_std, 4), "std": _three(copied.std)}
    st.markdown("- " + words(f"normalise.copied.{data_set}", **numbers))


def _rows(found: dict[str, ChannelValues]) -> pd.DataFrame:
    """One row for each normalisation and channel, numbers as text."""
    rows = []
    for way, values in found.items():
        for channel, name in enumerate(CHANNELS):
            numbers = {
                words(key): _rounded(getattr(values, key)[channel], 4)
                for key in ("low", "high", "mean", "std")
            }
            rows.append(
                ({words("normalise.with"): way} if way else {})
                | {words("channel"): words(f"channel.{name}")}
                | numbers
            )
    return pd.DataFrame(rows).set_index(next(iter(rows[0])))


def _three(values: tuple[float, ...], digits: int = 2) -> str:
    return " / ".join(_rounded(value, digits) for value in values)


def _rounded(value: float, digits: int = 2) -> str:
    return minus(round(value, digits) + 0.0, digits)  # + 0.0: no −0.00
