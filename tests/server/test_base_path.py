"""A server whose addresses all lie below a path: behind a proxy that serves several programs."""

import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from pages.app.page_table import address
from tests.server.conftest import TOKEN
from tests.support.server import Server


class Page(NamedTuple):
    status: int
    body: str


@pytest.fixture(scope="module")
def below(tmp_path_factory: pytest.TempPathFactory, small_sketches: Path) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("below")
    own = {"LENET_LAB_HOSTED": "1", "LENET_LAB_SPARES": "0", "LENET_LAB_METRICS_TOKEN": TOKEN}
    server = Server(folder, small_sketches, path="/course/lab", **own)
    yield server
    server.stop()


def get(server: Server, path: str, **headers: str) -> Page:
    request = urllib.request.Request(f"{server.address}{path}", headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return Page(answer.status, answer.read().decode())
    except urllib.error.HTTPError as error:
        return Page(error.code, error.read().decode())


def test_health_and_metrics_lie_below_it(below: Server) -> None:
    assert get(below, "/health") == (200, "ok")
    assert get(below, "/metrics").status == 401
    metrics = get(below, "/metrics", Authorization=f"Bearer {TOKEN}")
    assert metrics.status == 200 and "lenet_lab_rerun_seconds" in metrics.body


@pytest.mark.parametrize("path", ["", "/", "/train-lenet"])
def test_pages_come_with_our_script(below: Server, path: str) -> None:
    assert "history.pushState = " in get(below, path).body


def test_what_is_closed_stays_closed(below: Server) -> None:
    assert get(below, "/_stcore/metrics") == (404, "Not Found")


@pytest.mark.parametrize(
    ("base", "expected"),
    [("", "/train-lenet"), ("lab", "/lab/train-lenet"), ("/course/lab/", "/course/lab/train-lenet")],
)
def test_links_in_pictures_lead_below_it(monkeypatch: pytest.MonkeyPatch, base: str, expected: str) -> None:
    monkeypatch.setattr("streamlit.get_option", {"server.baseUrlPath": base}.get)
    assert address("training") == expected
