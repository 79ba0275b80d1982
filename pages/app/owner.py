"""Who is asking: "local" on one's own machine, otherwise a learner known by a token in their browser."""

import hashlib
import os
import re

import streamlit as st

from pages.app.language import shared
from pages.app.page_table import ROOT

LOOPBACK = {"localhost", "127.0.0.1", "::1", "[::1]"}
_TOKEN = re.compile(r"[0-9a-f]{64}")
_COMPONENT = st.components.v2.component(
    "owner", js=(ROOT / "assets/components/app/owner.js").read_text(encoding="utf-8")
)


def identify() -> None:
    """On a hosted server wait, one short round trip, until the browser has said who it is."""
    if is_local() or "owner" in st.session_state:
        return
    with st.sidebar:
        said = _COMPONENT(key="owner_token", on_token_change=lambda: None).token
    if not isinstance(said, str) or not _TOKEN.fullmatch(said):
        st.caption(shared("owner.waiting"))
        st.stop()
    st.session_state["owner"] = hashlib.sha256(said.encode()).hexdigest()[
        :32
    ]  # runs are filed under this, never under the token


def current() -> str:
    return "local" if is_local() else str(st.session_state["owner"])


def is_local() -> bool:
    """The server listens on this machine alone, and this request came to it directly.

    A reverse proxy on the same machine is hosting too: it shows by the name asked for, or by its X-Forwarded-For.
    """
    if os.environ.get("LENET_LAB_HOSTED") == "1" or st.get_option("server.address") not in LOOPBACK:
        return False
    headers = st.context.headers
    host = (
        (headers.get("Host") or "localhost").rsplit(":", 1)[0]
        if not (headers.get("Host") or "").endswith("]")
        else "[::1]"
    )
    return host in LOOPBACK and "X-Forwarded-For" not in headers
