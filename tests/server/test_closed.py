"""Streamlit's addresses that are closed, and its others that the front end needs."""

import pytest

from tests.server.conftest import Ask


@pytest.mark.parametrize(
    "path",
    [
        "/_stcore/metrics",
        "/_stcore/metrics/",
        "/_stcore/metrics?families=session_events",
        "/_stcore/%6detrics",
        "/evaluate/_stcore/metrics",
        "/_stcore/agent/interact",
        "/_stcore/agent/openapi.json",
        "/_stcore/agent/mcp",
        "/_stcore/script-health-check",
    ],
)
def test_what_a_class_has_no_use_for_is_closed(ask: Ask, path: str) -> None:
    for method in ("GET", "POST", "OPTIONS"):
        answer = ask(path, method)
        assert (answer.status, answer.body) == (404, "Not Found")


@pytest.mark.parametrize("path", ["/_stcore/health", "/_stcore/host-config", "/_stcore/metrics-of-mine"])
def test_others_are_open(ask: Ask, path: str) -> None:
    assert ask(path).status == 200
