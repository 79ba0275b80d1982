"""The three ways to keep a network, done live, and the tree of what lies in each file."""

import inspect

import streamlit as st

from core.saving import ways
from core.saving.ways import WAYS, SavedFile
from pages.app.choice import choice
from pages.app.language import PageWords

words = PageWords("saving")

LONG = 20  # lines beyond which a tree scrolls in its box


@st.fragment
def panel() -> None:
    """Let the learner choose a way; show its file, its code and what loading gives back."""
    way = choice(
        st.segmented_control,
        words("ways.choose"),
        list(WAYS),
        "state_dict",
        key="saving.way",
        format_func=lambda option: words(f"way.{option}"),
        required=True,
    )
    found = _saved(way)
    left, right = st.columns([4, 3], gap="large")
    with left, st.container(key="saving.tree"):
        st.markdown(f"**{words('ways.tree')}**")
        st.code(ways.drawn(found.tree), language=None, height=430 if len(found.tree) > LONG else "content")
        st.caption(words("ways.tree.caption"))
    with right:
        st.markdown(words("ways.about"))
        _facts(way, found)
    both = (WAYS[way].save, WAYS[way].load)
    st.code("\n\n".join(inspect.getsource(function).strip() for function in both), language="python")
    _members(found)


def _facts(way: str, found: SavedFile) -> None:
    st.markdown(words(f"way.{way}.about"))
    st.success(
        words("ways.back" if found.difference == 0 else "ways.differs", difference=f"{found.difference:g}"),
        icon=":material/check:",
    )
    st.markdown(words("ways.sizes", **{name: f"{_saved(name).size:,}" for name in WAYS}))
    st.markdown(words("ways.optimizer" if found.optimizer else "ways.no_optimizer"))


def _members(found: SavedFile) -> None:
    box = st.expander(words("ways.zip"), icon=":material/folder_zip:", on_change="rerun", key="saving.zip")
    if box.open:
        left, right = box.columns(2, gap="large")
        left.markdown(words("ways.members"))
        left.code("\n".join(f"{member.size:>7,} B  {member.name}" for member in found.members), language=None)
        right.markdown(words("ways.names"))
        right.code("\n".join(found.names), language=None)


@st.cache_data(show_spinner=False, max_entries=len(WAYS))
def _saved(way: str) -> SavedFile:
    return ways.saved_file(way)
