"""Addresses of this server, which lie below `server.baseUrlPath` where that is set."""

import streamlit as st


def address(path: str) -> str:
    """Address of a path that begins with a slash, as browsers ask for it."""
    base = (st.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{base}{path}" if base else path
