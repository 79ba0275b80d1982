"""Choice of an optimizer: the measurements, and all ten with their rules, defaults and sources."""

import streamlit as st

from core.optimizers import NAMES, OPTIMIZERS
from core.optimizers.trajectories import hyper_of
from pages.app.language import PageWords

words = PageWords("optimizers")


def optimizer_table() -> None:
    """Show each optimizer with its rule, defaults and source."""
    st.markdown(words("choose"))
    st.markdown(f"**{words('rules')}**")
    for name, kind in OPTIMIZERS.items():
        defaults = ", ".join(f"{key} = {row.default:g}" for key, row in hyper_of(name).items())
        with st.container(border=True):
            st.markdown(
                f"**{NAMES[name]}** · `torch.optim.{kind.torch_class}` · {words('defaults')} `{defaults}`"
            )
            st.latex(kind.formula)
            st.caption(f"{words('source')} {kind.source}")
