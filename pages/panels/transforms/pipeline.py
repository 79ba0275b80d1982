"""An editable pipeline and its results on an image: draws, values, histogram, code."""

import inspect
from collections.abc import Mapping

import streamlit as st
from PIL import Image

from core import normalise
from core.dataset import CIFAR10Dataset, ImageSet
from core.errors import InputError, shown
from core.figures import transforms
from core.files.locations import DataSet
from core.normalisations import AS_IT_IS, Normalisation
from core.training import augment
from core.training.run import Training
from core.transforms import trace
from core.transforms.pipeline import Steps, build, code, parse, undoing, written
from core.transforms.trace import Draws, Refusal, cautions, histogram, pixels
from pages.app.choice import asked, choice, keep, put
from pages.app.class_names import class_names
from pages.app.language import PageWords
from pages.app.page import show_error
from pages.app.punctuation import together
from pages.panels.transforms import pipeline_editor as editor
from pages.shared.images.image_grid import image_grid
from pages.shared.number import number

words = PageWords("transforms")

DRAWN, ACROSS = 12, 6
TILE = 80  # pixels; six in a row on a laptop, four on a telephone
_MOST_SEED = 9999


@st.fragment
def pipeline(images: ImageSet, data_set: DataSet) -> None:
    """Show what the steps make of an image beside the list of steps."""
    steps = editor.current()
    left, right = st.columns([5, 3], gap="medium")
    with left:
        index, seed = subject(images, data_set)
    result = drawn(written(steps), data_set, index, seed, DRAWN, images)
    with right:
        editor.presets()
        editor.edit(steps, result)
    with left:
        _refused(steps, result)
        _pictures(images, index, steps, result)
        _histogram(written(steps), data_set, index, seed, images, result)
    st.markdown(words("code.heading"))
    st.code(code(steps), language="python", wrap_lines=True)
    st.markdown(words("notice"))


@st.cache_resource(show_spinner=False, max_entries=32)  # at most 0.6 MB each
def drawn(pipeline: str, data_set: DataSet, index: int, seed: int, count: int, _images: ImageSet) -> Draws:
    """Draws of a pipeline, as written in a link, on one training image."""
    first = seed * count
    return trace.draws(picture(_images, index), parse(pipeline), range(first, first + count))


def picture(images: ImageSet, index: int) -> Image.Image:
    """Image `index` as a PIL image."""
    image, _ = CIFAR10Dataset.of(images.images, images.labels)[index]
    assert isinstance(image, Image.Image)
    return image


def subject(images: ImageSet, data_set: DataSet) -> tuple[int, int]:
    """Show which image is used and which draws of that image; return its index and the seed."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        # a key for each data set: they differ in length
        style = {"key": f"transforms.image.{data_set}", "name": "image", "width": 140}
        index = number(st.number_input, words("image"), 0, len(images) - 1, 0, **style)
        seed = _seed()
        st.button(
            words("again"),
            icon=":material/casino:",
            on_click=_draw_again,
            args=(seed,),
            key="transforms.again",
        )
    return index, seed


def _seed() -> int:
    text: str = asked("transforms.seed") or "0"
    if not (text.isdecimal() and len(text) <= len(str(_MOST_SEED))):
        show_error(InputError("setting_out_of_range", name="seed", value=shown(text), low=0, high=_MOST_SEED))
        text = "0"
    keep("transforms.seed", text, "0")
    return int(text)


def _draw_again(seed: int) -> None:
    put("transforms.seed", str((seed + 1) % (_MOST_SEED + 1)))


def _refused(steps: Steps, result: Draws) -> None:
    """Show who refuses, with PyTorch's own message, and what went wrong silently."""
    if result.refusal is not None:
        show_refusal(result.refusal, steps)
    for caution in cautions(steps, result.seen):
        step = f"`{refuser(caution.step, steps)}`"
        st.warning(words(f"caution.{caution.key}", step=step), icon=":material/visibility_off:")


def show_refusal(refusal: Refusal, steps: Steps) -> None:
    """Show who refused, and PyTorch's own message."""
    st.error(words("refused", by=f"`{refuser(refusal.by, steps)}`"))
    st.code(f"{refusal.error}: {refusal.message}", language=None, wrap_lines=True)


def refuser(by: int | str, steps: Steps) -> str:
    """Name whoever refused: a step, counted from 1, with its code, or the DataLoader or LeNet."""
    return f"{by + 1}. {steps[by].code}" if isinstance(by, int) else by


def _pictures(images: ImageSet, index: int, steps: Steps, result: Draws) -> None:
    """Show the draws, and below them the original beside the choice of display."""
    statistics = undoing(steps[: result.finished])
    place = st.container(width=ACROSS * (TILE + 12))
    left, right = st.columns([1, 3])
    with left:
        original = words("original", name=class_names()[int(images.labels[index])])
        image_grid(images.images[index : index + 1], [original], key="transforms.original")
    with right:
        undone = statistics == AS_IT_IS or _undone(result, statistics)
        if result.refusal is None:
            shape = together([DRAWN, *result.seen[-1].shape])
            st.caption(f":material/check: {words('accepted', shape=shape)}")
    captions = [words("draw", n=n + 1) for n in range(DRAWN)]
    tiles = pixels(result.values, statistics if undone else AS_IT_IS)
    with place:
        image_grid(tiles, captions, key="transforms.draws", size=TILE)


def _undone(result: Draws, statistics: Normalisation) -> bool:
    """Show whether to undo Normalize, and the effect on the numbers of the first draw; return the choice."""
    way = choice(
        st.segmented_control,
        words("show"),
        ["undone", "clipped"],
        "undone",
        key="transforms.show",
        format_func=lambda option: words(f"show.{option}"),
        required=True,
    )
    first, (mean, std) = result.seen[-1], statistics
    back = trace.observe(trace.undone(result.values[0], statistics))
    values = {"low": first.low, "high": first.high, "undone_low": back.low, "undone_high": back.high}
    texts = {name: editor.number(value) for name, value in values.items()}
    st.caption(words(f"show.{way}.about", std=_three(std), mean=_three(mean), **texts))
    return way == "undone"


def _three(values: tuple[float, float, float]) -> str:
    return f"({', '.join(f'{value:.4g}' for value in values)})"


def _histogram(
    pipeline: str, data_set: DataSet, index: int, seed: int, images: ImageSet, result: Draws
) -> None:
    labels = {name: words(f"chart.{name}") for name in ("before", "after", "red", "green", "blue")}
    option = _before_after(pipeline, data_set, index, seed, labels, images, result)
    ends = {name: editor.number(getattr(result.seen[-1], name)) for name in ("low", "high", "mean")}
    st.echarts_chart(
        option, height=transforms.height(), alt=words("alt.histogram", **ends), key="transforms.histogram"
    )
    st.caption(words("histogram.told", before=editor.number(result.seen[0].mean), **ends))


@st.cache_resource(show_spinner=False, max_entries=64)
def _before_after(
    pipeline: str,
    data_set: DataSet,
    index: int,
    seed: int,
    labels: Mapping[str, str],
    _images: ImageSet,
    _result: Draws,
) -> transforms.Option:
    """The chart of the values before and after; the first four say which draws these are."""
    return transforms.before_after(histogram([_images.images[index]]), histogram(_result.values), labels)


def show_code() -> None:
    """Show the code that ran on this page, and the code that training runs instead."""
    st.markdown(words("code.page"))
    for part in (build, trace.Seeded, trace.draws):
        st.code(inspect.getsource(part), language="python")
    st.markdown(words("code.app"))
    for part in (Training.batch, augment.augment, normalise.normalise):
        st.code(inspect.getsource(part), language="python")
