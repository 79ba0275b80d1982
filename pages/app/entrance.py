"""The way in for every visit: page config, language, page table, owner; then the page itself."""

from time import perf_counter

import streamlit as st

from pages.app import background, floods, language, owner
from pages.app.choice import hide
from pages.app.language import shared
from pages.app.page import open_page, say_what_is_unknown
from pages.app.page_table import ICON, STYLE, link_to_next, name_of, navigation
from pages.server import counts


def enter() -> None:
    """Set up the visit, run the page, then start the server's background work."""
    began = perf_counter()
    st.set_page_config(page_title="LeNet Lab", page_icon=str(ICON), layout="wide")
    background.prepare()
    language.choose()
    hide()
    with language.settled():
        page = navigation()
        st.set_page_config(page_title=shared("window", page=page.title))
        st.html(STYLE)
        owner.identify()
        floods.arrive()
        with counts.rerun(page.url_path, began):
            open_page(name_of(page))  # before the page imports what it needs: something to read meanwhile
            page.run()
            say_what_is_unknown()
            link_to_next(page)
    background.start()


if __name__ == "__main__":  # Streamlit runs this script again for each visit and each click
    enter()
