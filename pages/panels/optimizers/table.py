"""Choice of an optimizer: the measurements, and all ten with their rules, defaults and sources."""

from collections.abc import Mapping

import streamlit as st

from core.optimizers import NAMES, OPTIMIZERS
from core.optimizers.trajectories import hyper_of
from pages.app.language import PageWords

words = PageWords("optimizers")


def optimizer_table() -> None:
    """Show what was measured, and each optimizer's rule, defaults and source as a part to open."""
    st.markdown(words("choose"))
    st.markdown(f"**{words('rules')}**")
    with st.container(gap="xsmall"):
        for number, (name, kind) in enumerate(OPTIMIZERS.items()):
            label = f"**{NAMES[name]}** · torch.optim.{kind.torch_class}"
            with st.expander(label, expanded=number == 0):
                _rule(name)


def _rule(name: str) -> None:
    kind, rows = OPTIMIZERS[name], hyper_of(name)
    st.latex(kind.formula)
    own = {key: row.default for key, row in rows.items() if row.default != row.torch_default} | kind.fixed
    sentences = [words("defaults", values=_listed({key: row.torch_default for key, row in rows.items()}))]
    if own:
        sentences.append(words("defaults.own", values=_listed(own)))
    if name == "adamw":
        sentences.append(words("adamw"))
    st.markdown("  \n".join(sentences))
    st.caption(f"{words('source')} {kind.source}")


def _listed(values: Mapping[str, float]) -> str:
    return ", ".join(
        f"{key} = {value}" if isinstance(value, bool) else f"{key} = {value:g}"
        for key, value in values.items()
    )
