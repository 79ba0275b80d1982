"""The log of a hosted server: JSON, with the learner's hash, without a token."""

import asyncio
import hashlib
import json
import logging
import sys
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.server.logs import JsonLines
from tests.benchmarks.browser_session import BrowserSession
from tests.support.server import Server

SECRET = hashlib.sha256(b"learner").hexdigest()


def record(message: str, *values: object, error: bool = False) -> logging.LogRecord:
    return logging.LogRecord("lab", logging.ERROR, "", 0, message, values, sys.exc_info() if error else None)


def test_a_record_is_one_line() -> None:
    try:
        raise ValueError(f"first\nsecond {SECRET}")
    except ValueError:
        line = JsonLines().format(record("%s\n学习", "a", error=True))
    assert "\n" not in line and SECRET not in line
    read = json.loads(line)
    assert (read["level"], read["logger"], read["message"]) == ("ERROR", "lab", "a\n学习")
    assert "ValueError: first\nsecond …" in read["error"] and read["time"].endswith("+00:00")


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        (f"token {SECRET} came", "token … came"),
        (f"Authorization: Bearer {SECRET[:20]}", "Authorization: Bearer …"),
        (f"owner {SECRET[:32]}", f"owner {SECRET[:32]}"),  # by which runs are filed
        (f"{SECRET}0", f"{SECRET}0"),
    ],
)
def test_a_token_is_left_out(message: str, shown: str) -> None:
    assert json.loads(JsonLines().format(record(message)))["message"] == shown


def test_the_learner_is_named_by_their_hash() -> None:
    def page() -> None:
        import logging

        import streamlit as st

        from pages.server.logs import JsonLines

        st.session_state["owner"] = "0123456789abcdef" * 2
        st.text(JsonLines().format(logging.LogRecord("lab", logging.INFO, "", 0, "hello", (), None)))

    (line,) = AppTest.from_function(page).run(timeout=60).text
    assert json.loads(line.value)["owner"] == "0123456789abcdef" * 2


def test_a_hosted_server_writes_nothing_else(hosted: Server) -> None:
    """Streamlit's loggers, one of a visitor who sends rubbish say, and uvicorn's."""

    async def come() -> None:
        session = await BrowserSession.open(hosted.port, "shape-calculator")
        await session._socket.send(b"rubbish")
        await session._socket.wait_closed()

    asyncio.run(come())
    lines = records(hosted.log)
    names = {line["logger"].partition(".")[0] for line in lines}
    assert names == {"streamlit", "uvicorn"}
    assert any("Traceback" in line.get("error", "") for line in lines)
    assert all({"time", "level", "logger", "message"} <= line.keys() for line in lines)


def records(log: Path) -> list[dict[str, str]]:
    """The records, behind Streamlit's greeting, which is no record."""
    lines = log.read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines if line.strip() and not line.startswith("  ")]
