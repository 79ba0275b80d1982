"""The current visitor: "local" on their own machine, otherwise known by a token in their browser."""

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
    """Identify the visitor; on a hosted server, wait one short round trip for the browser's token."""
    if is_local() or "owner" in st.session_state:
        return
    with st.sidebar:
        token = _COMPONENT(key="owner_token", on_token_change=lambda: None).token
    if not isinstance(token, str) or not _TOKEN.fullmatch(token):
        st.caption(shared("owner.waiting"))
        st.stop()
    # runs are filed under this digest, never under the token
    st.session_state["owner"] = hashlib.sha256(token.encode()).hexdigest()[:32]


def current() -> str:
    """Return "local", or the identity of the visitor to a hosted server."""
    return "local" if is_local() else str(st.session_state["owner"])


def is_local() -> bool:
    """Check that the server listens on this machine alone and the request came to it directly.

    A reverse proxy on the same machine is hosting too; the name asked for or X-Forwarded-For gives it away.
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
