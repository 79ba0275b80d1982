"""Data, networks and scores shared by all sessions of a server."""

from pathlib import Path

import streamlit as st

from core.dataset import ImageSet, Splits, splits
from core.dataset.splits import SPLIT_SEED
from core.evaluation import Evaluation, evaluate
from core.saving.library import Uploaded
from core.training import checkpoints
from core.training.checkpoints import Weights
from core.training.snapshots import CheckpointFile


@st.cache_resource(show_spinner=False, max_entries=2)
def load_splits(root: str) -> Splits:
    """Load a data set once for everybody, read-only. Raises InputError when its files are damaged."""
    return splits(Path(root), SPLIT_SEED)


def image_set(root: Path, split: str) -> ImageSet:
    """One split of the data set in `root`. Raises InputError when its files are damaged."""
    chosen: ImageSet = getattr(load_splits(str(root)), split)
    return chosen


@st.cache_resource(show_spinner=False, max_entries=64)
def judged(digest: str, split: str, root: str, _weights: Weights) -> Evaluation:
    """Evaluate these weights on this split, once; LeNet takes 0.25 s for 5,000 images.

    `digest` stands for the weights: their SHA-256, or the name of a shipped model.
    """
    images = image_set(Path(root), split)
    return evaluate(_weights.network(), images.images, images.labels, mean=_weights.mean, std=_weights.std)


@st.cache_resource(show_spinner=False, max_entries=64)
def weights_of(digest: str, _kept: CheckpointFile) -> Weights:
    """Load a checkpoint's weights. Raises InputError when the file is damaged; then nothing is kept."""
    return _kept.weights()


@st.cache_resource(show_spinner=False, max_entries=4)
def shipped(data_set: str) -> Weights:
    """Load the LeNet that comes with the app for `data_set`. Raises InputError when there is none."""
    return checkpoints.shipped_model(data_set)


@st.cache_resource(show_spinner=False, max_entries=64)
def brought(digest: str, _entry: Uploaded) -> Weights:
    """Load an uploaded network. Raises InputError when the file is damaged; then nothing is kept."""
    return _entry.weights()
