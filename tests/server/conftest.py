"""One hosted server for all tests of this folder, and requests that no browser would send."""

import http.client
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support.server import Server

TOKEN = "to-be-sent-by-prometheus"
Ask = Callable[..., "Answer"]


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: str


@pytest.fixture(scope="package")
def hosted(tmp_path_factory: pytest.TempPathFactory, small_sketches: Path) -> Iterator[Server]:
    """A server for many learners."""
    folder = tmp_path_factory.mktemp("server")
    server = Server(
        folder, small_sketches, LENET_LAB_HOSTED="1", LENET_LAB_SPARES="0", LENET_LAB_METRICS_TOKEN=TOKEN
    )
    yield server
    server.stop()


@pytest.fixture
def ask(hosted: Server) -> Ask:
    """Send one request to the server; a header's name has underscores for hyphens."""

    def request(path: str, method: str = "GET", body: bytes | None = None, **headers: str) -> Answer:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        with closing(http.client.HTTPConnection("127.0.0.1", hosted.port, timeout=30)) as connection:
            connection.request(method, path, body, sent)
            response = connection.getresponse()
            content = b"" if response.status == 101 else response.read()
        return Answer(
            response.status,
            {k.lower(): v for k, v in response.getheaders()},
            content.decode(errors="replace"),
        )

    return request
