"""The current visitor: "local" on their own machine, otherwise known by a token in their browser."""

import hashlib
import re

import streamlit as st

from pages.app.components import component
from pages.app.language import shared
from pages.server.hosting import LOOPBACK, is_hosted

WORDS = ("title", "about", "show", "hide", "other", "use", "wrong", "anew", "sure")
_TOKEN = re.compile(r"[0-9a-f]{64}")
_COMPONENT = component("app/owner", '<div class="owner"></div>', uses=("lib/dom",))


def identify() -> None:
    """Identify the visitor; on a hosted server, wait one short round trip for the browser's token.

    The sidebar offers to take the token to another browser, and to be somebody else on a shared computer.
    """
    if is_local():
        return
    with st.sidebar:
        data = {
            "known": "owner" in st.session_state,
            "words": {name: shared(f"owner.{name}") for name in WORDS},
        }
        found = _COMPONENT(
            key="owner_token", data=data, on_token_change=lambda: None, on_kept_change=lambda: None
        )
        if isinstance(found.token, str) and _TOKEN.fullmatch(found.token):
            # runs are filed under this digest, never under the token
            st.session_state["owner"] = hashlib.sha256(found.token.encode()).hexdigest()[:32]
        if "owner" not in st.session_state:
            st.caption(shared("owner.waiting"))
            st.stop()
        if found.kept is False:
            st.warning(shared("owner.not_kept"))


def current() -> str:
    """Return "local", or the identity of the visitor to a hosted server."""
    return "local" if is_local() else str(st.session_state["owner"])


def is_local() -> bool:
    """Check that the server listens on this machine alone and the request came to it directly.

    A reverse proxy on the same machine is hosting too; the name asked for or X-Forwarded-For gives it away.
    """
    if is_hosted():
        return False
    headers = st.context.headers
    host = (
        (headers.get("Host") or "localhost").rsplit(":", 1)[0]
        if not (headers.get("Host") or "").endswith("]")
        else "[::1]"
    )
    return host in LOOPBACK and "X-Forwarded-For" not in headers
