"""The finished pages in the order of the route; menu, home and tests read this table."""

from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from pages.app.language import shared

ROOT = Path(__file__).parent.parent.parent
ICON = ROOT / "assets" / "icon.png"


@dataclass(frozen=True)
class PageEntry:
    """One page: the file pages/<name>.py, its address, and its section of the menu."""

    name: str
    # must differ from `name`: Streamlit's legacy multipage mode would take the file for a page of its own
    address: str
    section: str

    @property
    def file(self) -> Path:
        """The page's script."""
        return ROOT / "pages" / f"{self.name}.py"


PAGES = (
    PageEntry("home", "start", "start"),
    PageEntry("explore", "cifar-10", "data"),
    PageEntry("transforms", "data-pipeline", "data"),
    PageEntry("shapes", "shape-calculator", "network"),
    PageEntry("layers", "layer-lab", "network"),
    PageEntry("losses", "loss-functions", "learning"),
    PageEntry("optimizers", "optimizer-arena", "learning"),
    PageEntry("training", "train-lenet", "train"),
    PageEntry("evaluation", "evaluate", "train"),
    PageEntry("inside", "inside-lenet", "train"),
    PageEntry("saving", "save-load", "train"),
)


def page(entry: PageEntry) -> st.Page:
    """Build the st.Page of an entry, titled in the learner's language."""
    title = shared(f"page.{entry.name}")
    return st.Page(
        entry.file,
        title=title,
        url_path=entry.address,
        default=entry.name == "home",
        help=shared(f"about.{entry.name}"),
    )


def navigation() -> st.Page:
    """Draw the menu and return the page that the address names."""
    sections: dict[str, list[st.Page]] = {}
    for entry in PAGES:
        sections.setdefault(shared(f"section.{entry.section}"), []).append(page(entry))
    return st.navigation(sections, expanded=True)


def go(name: str) -> None:
    """Switch to the page `name`, keeping the language."""
    st.switch_page(page(_entry(name)), query_params={"lang": st.query_params["lang"]})


def link(name: str, label: str, **query: str) -> None:
    """Draw a link to the page `name` that keeps the language."""
    st.page_link(page(_entry(name)), label=label, query_params={"lang": st.query_params["lang"], **query})


def _entry(name: str) -> PageEntry:
    return next(row for row in PAGES if row.name == name)
