"""/health: ok while there is room for a visitor, a refusal when no file can be opened any more."""

import asyncio
import os
import resource

import pytest
from starlette.requests import Request

from pages.server import health
from tests.server.conftest import Ask


def test_a_server_with_room_is_healthy(ask: Ask) -> None:
    answer = ask("/health", Host="10.0.0.7")
    assert (answer.status, answer.body) == (200, "ok")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no limit of open files")
@pytest.mark.parametrize(("left", "status"), [(3, 503), (4, 200)])
def test_a_server_that_can_open_too_few_files_is_not(left: int, status: int) -> None:
    (route,) = health.routes()
    loop = asyncio.new_event_loop()  # takes files itself
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    opened = [os.open(os.devnull, os.O_RDONLY)]
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (opened[0] + 20, hard))
        with pytest.raises(OSError, match="Too many open files"):
            while True:
                opened.append(os.open(os.devnull, os.O_RDONLY))
        for _ in range(left):
            os.close(opened.pop())
        answer = loop.run_until_complete(route.endpoint(Request({"type": "http"})))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        for number in opened:
            os.close(number)
        loop.close()
    assert answer.status_code == status
