"""What every visit passes through: page config, language, page table, owner; then the page itself."""

import streamlit as st

from pages.app import background, language, owner
from pages.app.page_table import ICON, navigation


def enter() -> None:
    st.set_page_config(page_title="LeNet Lab", page_icon=str(ICON), layout="wide")
    background.prepare()
    language.choose()
    page = navigation()
    owner.identify()
    page.run()
    background.start()


if __name__ == "__main__":  # as a script is run by Streamlit, again for each visit and each click
    enter()
