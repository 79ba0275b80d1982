"""Names that the server answers to: others open no websocket and read which option to set."""

import pytest
import streamlit as st
from starlette.datastructures import Headers

from core.text import load
from pages.server.hosts import _is_own
from tests.server.conftest import Ask

PAGE = "text/html,application/xhtml+xml"
UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec_WebSocket_Version": "13",
    "Sec_WebSocket_Key": "AAAAAAAAAAAAAAAAAAAAAA==",
}


@pytest.mark.parametrize(("name", "status"), [("localhost", 101), ("[::1]", 101), ("evil.example", 403)])
def test_a_foreign_name_opens_no_websocket(ask: Ask, name: str, status: int) -> None:
    """Not even where Host and Origin agree, as after DNS rebinding."""
    answer = ask("/_stcore/stream", Host=f"{name}:80", Origin=f"http://{name}:80", **UPGRADE)
    assert answer.status == status


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://localhost:8501", 101),
        ("https://localhost:8501", 101),  # behind a proxy that speaks HTTPS
        ("http://localhost:9999", 403),
        ("http://127.0.0.1:8501", 403),
        ("http://evil.example", 403),
        ("null", 403),
        ("", 403),
    ],
)
def test_only_pages_of_the_server_open_a_websocket(ask: Ask, origin: str, status: int) -> None:
    """None of another port of this machine: it would count as the learner at this machine."""
    assert ask("/_stcore/stream", Host="localhost:8501", Origin=origin, **UPGRADE).status == status


def test_a_program_opens_a_websocket(ask: Ask) -> None:
    assert ask("/_stcore/stream", Host="localhost:8501", **UPGRADE).status == 101


def test_the_settings_let_in_other_origins(monkeypatch: pytest.MonkeyPatch) -> None:
    def own(origin: str) -> bool:
        return _is_own(Headers({"host": "127.0.0.1:8501", "origin": origin}))

    options = {"server.enableCORS": True, "server.corsAllowedOrigins": ["https://proxy.example.org/"]}
    monkeypatch.setattr(st, "get_option", options.__getitem__)
    assert own("https://proxy.example.org") and not own("https://proxy.example")
    options["server.enableCORS"] = False
    assert own("https://proxy.example")


def test_own_names_get_the_page(ask: Ask) -> None:
    for name in ("localhost:1234", "127.0.0.1", "[::1]:80"):
        answer = ask("/train-lenet", Host=name, Accept=PAGE)
        assert answer.status == 200 and 'id="root"' in answer.body


@pytest.mark.parametrize(("language", "asked"), [("en", "en-GB,en"), ("zh", "zh-CN,zh;q=0.9")])
@pytest.mark.parametrize("path", ["/", "/train-lenet", "/no/such/page"])
def test_another_name_gets_a_page_that_names_the_option(
    ask: Ask, path: str, language: str, asked: str
) -> None:
    answer = ask(path, Host="lab.example.org:8501", Accept=PAGE, Accept_Language=asked)
    assert answer.status == 403 and 'id="root"' not in answer.body
    assert "--server.allowedHosts lab.example.org<" in answer.body
    assert load(language, "server")("host.title", host="lab.example.org") in answer.body


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "a;rm${IFS}-r", "[", "a@b", "x" * 2000])
def test_a_hostile_name_is_only_text(ask: Ask, name: str) -> None:
    answer = ask("/", Host=name, Accept=PAGE)
    assert answer.status == 403 and len(answer.body) < 2500
    assert "<script" not in answer.body and "Hosts a;" not in answer.body


def test_a_health_check_may_use_any_name(ask: Ask) -> None:
    assert ask("/_stcore/health", Host="10.0.0.7:8501").status == 200
