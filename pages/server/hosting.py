"""Whether this server is hosted for others or serves whoever sits at this machine."""

import os

import streamlit as st

LOOPBACK = {"localhost", "127.0.0.1", "::1", "[::1]"}


def is_hosted() -> bool:
    """Check for the setting that says so, and for an address that others can reach."""
    return os.environ.get("LENET_LAB_HOSTED") == "1" or st.get_option("server.address") not in LOOPBACK
