"""The DataLoader: its settings, its batches as rows of thumbnails, and the classes in one batch."""

import streamlit as st

from core.dataset import CLASSES, CIFAR10Dataset, ImageSet
from core.figures.bars import class_balance
from core.files.locations import DataSet
from core.transforms.loader import BATCH_SIZES, WORKERS, Batch, Epoch, Loading, epoch, sorted_by_class
from core.transforms.pipeline import TransformStep
from pages.app.choice import bound, choice, chosen, put
from pages.app.class_names import class_names
from pages.app.language import PageWords
from pages.app.punctuation import sentences
from pages.shared.images.image_grid import image_grid
from pages.shared.number import number

words = PageWords("transforms")

SHOWN = 24  # images of one batch
TILE = 56  # pixels
TO_TENSOR = TransformStep("totensor")


@st.fragment
def loader(images: ImageSet, data_set: DataSet) -> None:
    """Show the controls, then the first batches of an epoch and the last."""
    st.markdown(words("loader"))
    loading, by_class = controls()
    dataset = CIFAR10Dataset.of(images.images, images.labels, TO_TENSOR.make())
    result = epoch(sorted_by_class(dataset) if by_class else dataset, loading)
    order = ["dataset = Subset(dataset, dataset.labels.argsort(stable=True).tolist())"] if by_class else []
    made = f"dataset = CIFAR10Dataset.of(images, labels, transforms.{TO_TENSOR.code})"
    st.code("\n".join([made, *order, f"loader = {loading.code}"]), language="python", wrap_lines=True)
    st.markdown(_summary(result, loading))
    if loading.num_workers:
        st.caption(words("loader.workers", n=loading.num_workers))
    left, right = st.columns([3, 2], gap="large")
    with left:
        for place, batch in enumerate(result.shown):
            _row(batch, place)
    with right:
        for batch in result.shown[:1]:
            _balance(batch)
            if by_class and not loading.shuffle:
                st.warning(
                    sentences(words("balance.sorted"), words(f"balance.sorted.{data_set}")),
                    icon=":material/sort:",
                )


def controls() -> tuple[Loading, bool]:
    """Show the settings of the DataLoader; return them, and whether the images are sorted by class."""
    left, middle, right = st.columns(3)
    with left:
        batch_size = number(st.slider, "batch_size", *BATCH_SIZES, 16, key="transforms.batch_size")
        workers = choice(
            st.segmented_control,
            "num_workers",
            list(map(str, WORKERS)),
            "0",
            key="transforms.num_workers",
            format_func=str,
            required=True,
        )
    with middle:
        shuffle = bound(st.toggle, "shuffle=True", True, initial=True, key="transforms.shuffle")
        drop_last = bound(st.toggle, "drop_last=True", initial=False, key="transforms.drop_last")
    with right:
        by_class = bound(st.toggle, words("sorted"), initial=False, key="transforms.sorted")
        seed = chosen("transforms.epoch", 0)
        st.button(
            words("next_epoch"),
            icon=":material/skip_next:",
            on_click=_next,
            args=(seed,),
            key="transforms.next_epoch",
        )
    return Loading(batch_size, shuffle, drop_last, int(workers), seed), by_class


def _next(seed: int) -> None:
    put("transforms.epoch", seed + 1)


def _summary(result: Epoch, loading: Loading) -> str:
    """Sum up the number of batches and the use of the rest."""
    full, rest = divmod(result.images, loading.batch_size)
    values = {
        "images": f"{result.images:,}",
        "size": loading.batch_size,
        "count": f"{result.count:,}",
        "full": f"{full:,}",
        "rest": rest,
    }
    return words(
        "loader.even" if not rest else "loader.dropped" if result.dropped else "loader.rest", **values
    )


def _row(batch: Batch, place: int) -> None:
    image, label = (str(part.dtype).removeprefix("torch.") for part in (batch.images, batch.labels))
    shapes = f"images {list(batch.images.shape)} {image}, labels {list(batch.labels.shape)} {label}"
    left_out = len(batch.labels) - SHOWN
    more = f" · {words('batch.more', n=left_out)}" if left_out > 0 else ""
    st.markdown(f"**{words('batch', n=f'{batch.number:,}')}** `{shapes}`{more}")
    names = class_names()
    captions = [names[label] for label in batch.labels[:SHOWN].tolist()]
    tiles = (batch.images[:SHOWN] * 255).round().byte()
    image_grid(tiles, captions, key=f"transforms.batch.{place}", size=TILE)


def _balance(batch: Batch) -> None:
    counts = batch.per_class
    st.markdown(f"**{words('balance')}**")
    summary = words(
        "balance.told",
        present=sum(map(bool, counts)),
        classes=len(CLASSES),
        most=max(counts),
        size=len(batch.labels),
    )
    st.markdown(summary)
    option = class_balance(counts, class_names(), {"images": words("chart.images")})
    st.echarts_chart(option, height=290, alt=summary, key="transforms.balance")
