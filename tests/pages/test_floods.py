"""Floods from one network address are stopped, and a class behind one is not."""

import asyncio
from typing import Any

import pytest
import uvicorn

from core.errors import InputError
from pages.app import floods
from pages.app.floods import Hourly
from pages.panels.training import start
from tests.conftest import Lab
from tests.support.visit import errors, press, visit

ANN, BOB, CY = "a" * 32, "b" * 32, "c" * 32


@pytest.fixture
def hosted(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Lab:
    """A server of many learners, where two may come from an address and two trainings be started."""
    monkeypatch.setenv("LENET_LAB_HOSTED", "1")
    monkeypatch.setattr(floods, "newcomers", Hourly("flood_learners", 2))
    monkeypatch.setattr(start, "trainings", Hourly("flood_trainings", 2))
    for module in (floods, start):  # AppTest has no connection to take it from
        monkeypatch.setattr(module, "address", lambda: "198.51.100.9")
    return lab


@pytest.mark.parametrize("language", ["en", "zh"])
def test_too_many_new_learners_are_turned_away_and_known_ones_are_not(
    hosted: Lab, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    for name in (ANN, ANN, BOB):
        assert not errors(visit("losses", language, owner=name))
    refusal = InputError("flood_learners", limit=2).sentence(language)
    assert errors(visit("losses", language, owner=CY)) == [refusal]
    assert not errors(visit("losses", language, owner=ANN))
    monkeypatch.setattr(floods, "address", lambda: "203.0.113.7")
    assert not errors(visit("losses", language, owner=CY))


def test_too_many_trainings_are_refused(hosted: Lab) -> None:
    at = visit("training", owner=ANN)
    for _ in range(2):
        start.trainings.count("198.51.100.9")
    press(at, "training.train")
    assert errors(at) == [str(InputError("flood_trainings", limit=2))]


def test_on_ones_own_machine_nothing_is_counted(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(floods, "newcomers", Hourly("flood_learners", 0))
    assert not errors(visit("losses"))


def test_an_hour_later_there_is_room_again() -> None:
    now = 0.0
    hourly = Hourly("flood_trainings", 2, lambda: now)
    for _ in range(2):
        hourly.require_room("here")
        hourly.count("here")
        now += 60
    with pytest.raises(InputError):
        hourly.require_room("here")
    hourly.require_room("elsewhere")
    now = 3601.0
    hourly.require_room("here")  # the first is an hour ago


def test_addresses_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(floods, "_MOST_ADDRESSES", 10)
    now = 0.0
    hourly = Hourly("flood_trainings", 2, lambda: now)
    for number in range(100):
        hourly.count(f"address-{number}")
        now += 600
    assert len(hourly._times) <= 11


def test_limits_leave_room_for_a_class() -> None:
    assert floods.newcomers._most >= 200 and floods.trainings._most >= 60


def test_behind_a_proxy_on_this_machine_the_address_is_the_last_entry() -> None:
    found: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        found.append(scope["client"][0])

    config = uvicorn.Config(app)  # as Streamlit makes it
    config.load()
    for peer in ("127.0.0.1", "198.51.100.9"):
        headers = [(b"x-forwarded-for", b"192.0.2.1, 203.0.113.7")]
        scope = {"type": "websocket", "client": (peer, 1), "headers": headers, "scheme": "ws"}
        asyncio.run(config.loaded_app(scope, None, None))  # type: ignore[arg-type]
    assert found == ["203.0.113.7", "198.51.100.9"]
