"""LeNet Lab: the entry point. Page config, language, page table, run; everything else lives in pages/ and core/."""

import streamlit as st

from pages.shared import background, language, owner
from pages.shared.page_table import ICON, navigation

st.set_page_config(page_title="LeNet Lab", page_icon=str(ICON), layout="wide")
text = language.choose()
page = navigation(text)
owner.identify(text)
page.run()
background.start()
