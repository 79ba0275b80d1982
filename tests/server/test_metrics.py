"""/metrics: closed without the setting and without the token, and what it counts."""

import asyncio

import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.requests import Request
from streamlit.testing.v1 import AppTest

from pages.server import metrics
from pages.server.counts import registry
from tests.benchmarks.browser_session import BrowserSession
from tests.server.conftest import TOKEN, Ask
from tests.support.server import Server


def numbers(body: str) -> dict[tuple[str, str], float]:
    """The samples by name and value of their label."""
    families = text_string_to_metric_families(body)
    return {
        (sample.name, next(iter(sample.labels.values()), "")): sample.value
        for family in families
        for sample in family.samples
    }


def test_whoever_has_the_token_reads_what_happened(ask: Ask, hosted: Server) -> None:
    def read() -> dict[tuple[str, str], float]:
        return numbers(ask("/metrics", Authorization=f"Bearer {TOKEN}").body)

    async def come() -> None:
        session = await BrowserSession.open(hosted.port, "shape-calculator")
        await session.rerun()
        await session.close()

    before = read()
    asyncio.run(come())
    ask("/", Host="evil.example", Accept="text/html")
    after = read()

    def more(*key: str) -> float:
        return after[key[0], key[1]] - before.get((key[0], key[1]), 0.0)

    # the first run waits for the browser's token
    assert more("lenet_lab_rerun_seconds_count", "shape-calculator") == 2
    assert 0 < more("lenet_lab_rerun_seconds_sum", "shape-calculator") < 30
    assert more("lenet_lab_refusals_total", "host") == 1
    assert after["lenet_lab_jobs_places", "compute"] == 2
    assert after["lenet_lab_jobs_running", "train"] == after["lenet_lab_jobs_waiting", "train"] == 0
    assert after["process_resident_memory_bytes", ""] > 50e6


@pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer ", f"Bearer {TOKEN}x", f"Basic {TOKEN}"])
def test_without_the_token_there_is_nothing_to_read(ask: Ask, authorization: str) -> None:
    answer = ask("/metrics", Authorization=authorization)
    assert answer.status == 401 and "lenet" not in answer.body


@pytest.mark.parametrize("setting", [None, ""])
def test_without_the_setting_there_is_no_such_page(
    monkeypatch: pytest.MonkeyPatch, setting: str | None
) -> None:
    monkeypatch.delenv("LENET_LAB_METRICS_TOKEN", raising=False)
    if setting is not None:
        monkeypatch.setenv("LENET_LAB_METRICS_TOKEN", setting)
    request = Request({"type": "http", "headers": [(b"authorization", b"Bearer ")]})
    (route,) = metrics.routes(lambda: pytest.fail("nobody may ask the job service"))
    assert route.endpoint(request).status_code == 404


def test_a_refusal_on_a_page_counts_by_its_key() -> None:
    def refuse() -> None:
        from core.errors import InputError
        from pages.app.page import show_error

        show_error(InputError("queue_full", limit=50))

    def seen() -> float:
        return registry.get_sample_value("lenet_lab_refusals_total", {"key": "queue_full"}) or 0.0

    before = seen()
    assert AppTest.from_function(refuse).run(timeout=60).error
    assert seen() == before + 1
