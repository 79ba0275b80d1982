"""The finished pages in the order of the route; menu, home and tests read this table."""

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

import streamlit as st

from core.written.link import packed
from pages.app.language import current, shared
from pages.server import base_path

ROOT = Path(__file__).parent.parent.parent
ICON = ROOT / "assets" / "icon.png"
STYLE = f"<style>{(ROOT / 'assets' / 'style.css').read_text(encoding='utf-8')}</style>"  # on every page


@dataclass(frozen=True)
class PageEntry:
    """One page: the file pages/<name>.py, its address, its section of the menu, and the minutes it takes."""

    name: str
    # must differ from `name`: Streamlit's legacy multipage mode would take the file for a page of its own
    address: str
    section: str
    minutes: int

    @property
    def file(self) -> Path:
        """The page's script."""
        return ROOT / "pages" / f"{self.name}.py"


PAGES = (
    PageEntry("home", "start", "start", 0),
    PageEntry("explore", "cifar-10", "data", 10),
    PageEntry("transforms", "data-pipeline", "data", 15),
    PageEntry("shapes", "shape-calculator", "network", 15),
    PageEntry("layers", "layer-lab", "network", 15),
    PageEntry("losses", "loss-functions", "learning", 15),
    PageEntry("optimizers", "optimizer-arena", "learning", 15),
    PageEntry("training", "train-lenet", "train", 15),
    PageEntry("evaluation", "evaluate", "train", 10),
    PageEntry("inside", "inside-lenet", "train", 15),
    PageEntry("saving", "save-load", "train", 15),
    PageEntry("diagnosis", "clinic", "train", 20),
)


def page(entry: PageEntry) -> st.Page:
    """The st.Page of an entry, titled in the learner's language; each call gives a copy that may be run."""
    return copy(_built(entry, current()))


@cache
def _built(entry: PageEntry, language: str) -> st.Page:
    """Build a page once: st.Page looks at the disk, and home alone asks for 21 of them."""
    return st.Page(
        entry.file,
        title=shared(f"page.{entry.name}"),
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


def name_of(page: st.Page) -> str:
    """The name of a page that `navigation` returned; home has no address of its own."""
    return next((entry.name for entry in PAGES if entry.address == page.url_path), PAGES[0].name)


def address(name: str) -> str:
    """Address of the page `name` on this server."""
    return base_path.address(f"/{_entry(name).address}")


def go(name: str, **query: str) -> None:
    """Switch to the page `name`, keeping the language."""
    st.switch_page(page(_entry(name)), query_params=_query(query))


def link(name: str, label: str, icon: str | None = None, **query: str) -> None:
    """Draw a link to the page `name` that keeps the language."""
    st.page_link(page(_entry(name)), label=label, icon=icon, query_params=_query(query))


def _query(query: Mapping[str, str]) -> dict[str, str]:
    """What a link within the app carries, besides what its page is asked for."""
    kept = {name: st.query_params[name] for name in ("lang", "hide") if name in st.query_params}
    return kept | {key: packed(value) for key, value in query.items()}


def link_to_next(here: st.Page) -> None:
    """Draw a link from a page to the next one of the route; the last leads nowhere."""
    for entry, following in pairwise(PAGES[1:]):
        if entry.address == here.url_path:
            st.divider()
            label = shared("next", page=shared(f"page.{following.name}"))
            link(following.name, label, icon=":material/arrow_forward:")


def _entry(name: str) -> PageEntry:
    return next(row for row in PAGES if row.name == name)
