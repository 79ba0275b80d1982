"""The check that 2 + 2 epochs equal 4: trained as a job, shown as a table."""

from typing import Any

import streamlit as st

from core.files import locations
from core.files.locations import DATA_SETS
from pages.app.language import PageWords, shared
from pages.shared.computed import computed

words = PageWords("saving")

TRACKS = ("whole", "resumed", "forgotten")


def panel() -> None:
    """Show how resumed trainings compare with one that ran through."""
    st.markdown(words("resume.about"))
    name = next((name for name in reversed(DATA_SETS) if locations.locate(name)), None)
    if name is None:
        st.info(words("resume.no_data"))
        return
    result = computed(
        "resuming", {"root_dir": str(locations.locate(name)), "data_set": name}, words, key="saving.resume"
    )
    if result is None:
        return
    st.caption(
        words("resume.setting", data=shared(f"data.{name}"), images=result["images"], epochs=result["epochs"])
    )
    st.table({words("resume.path"): [words(f"resume.{track}") for track in TRACKS], **_columns(result)})
    same = result["whole"]["sha256"] == result["resumed"]["sha256"]
    (st.success if same else st.error)(words("resume.same" if same else "resume.not_same"))
    st.markdown(words("resume.lost", difference=f"{result['forgotten']['difference']:.4f}"))
    st.caption(words("resume.file", size=f"{result['checkpoint_bytes']:,}"))


def _columns(result: Any) -> dict[str, list[str]]:
    last = [result[track]["losses"][-1] for track in TRACKS]
    return {
        words("resume.sha256"): [result[track]["sha256"][:16] + " …" for track in TRACKS],
        words("resume.difference"): [f"{result[track]['difference']:.3g}" for track in TRACKS],
        words("resume.loss"): ["–" if loss is None else f"{loss:.4f}" for loss in last],
    }
