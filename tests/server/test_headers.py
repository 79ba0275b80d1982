"""Security headers of all answers, and who may show the app in a frame."""

import re

import pytest

from pages.server.headers import content_policy
from tests.server.conftest import Ask


@pytest.mark.parametrize(
    "path", ["/", "/train-lenet", "/no/such/page", "/_stcore/health", "/_stcore/host-config", "/favicon.png"]
)
def test_every_answer_has_the_headers(ask: Ask, path: str) -> None:
    headers = ask(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["permissions-policy"].startswith("camera=(self), microphone=()")
    assert "frame-ancestors 'self'" in headers["content-security-policy"]


@pytest.mark.parametrize("path", ["/", "/train-lenet", "/no/such/page"])
def test_the_scripts_of_the_page_are_named_by_their_hashes(ask: Ask, path: str) -> None:
    """Ours and Streamlit's; an address that is no page serves Streamlit's own front end."""
    answer = ask(path)
    policy = answer.headers["content-security-policy"]
    scripts = re.search("script-src ([^;]*)", policy)
    assert scripts and not re.search("'unsafe-(inline|eval)'", scripts[1])
    found = re.findall("'sha256-[^']+'", content_policy(answer.body))
    assert len(found) == answer.body.count("<script>") > 0 and set(found) <= set(scripts[1].split())


def test_the_setting_widens_who_may_frame_the_app(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LENET_LAB_FRAMES", "https://moodle.example.org https://*.example.com")
    expected = "frame-ancestors 'self' https://moodle.example.org https://*.example.com"
    assert content_policy("").split("; ")[-1] == expected
