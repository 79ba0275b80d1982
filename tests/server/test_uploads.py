"""Uploads: how much one session may keep, and all together."""

import asyncio
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Self

import pytest
from starlette.responses import PlainTextResponse
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from pages.server.uploads import BoundedUploads
from tests.benchmarks.browser_session import BrowserSession
from tests.server.conftest import Ask
from tests.support.server import Server

MB = 2**20
FILE = b"".join(
    (
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n',
        bytes(19 * MB),
        b"\r\n--x--\r\n",
    )
)


class Uploader(BrowserSession):
    """A visitor who knows the name of the session."""

    name = ""

    def _take(self, message: ForwardMsg) -> None:
        self.name = self.name or message.new_session.initialize.session_id
        super()._take(message)

    @classmethod
    async def come(cls, port: int) -> Self:
        return await cls.open(port, "shape-calculator")


def test_a_session_keeps_four_of_the_largest_files(hosted: Server, ask: Ask) -> None:
    """However many come at once; the next session has room again."""
    cookie = ask("/_stcore/health").headers["set-cookie"].partition(";")[0]

    def put(session: str, number: int) -> int:
        headers = {"Cookie": cookie, "X_Xsrftoken": cookie.partition("=")[2]}
        headers["Content_Type"] = "multipart/form-data; boundary=x"
        return ask(f"/_stcore/upload_file/{session}/{number}", "PUT", FILE, **headers).status

    async def flood() -> None:
        first, second = await Uploader.come(hosted.port), await Uploader.come(hosted.port)
        with ThreadPoolExecutor(8) as pool:
            answers = Counter(pool.map(put, [first.name] * 8, range(8)))
        assert answers == {204: 4, 413: 4}
        assert put(second.name, 0) == 204
        await first.close()
        await second.close()

    asyncio.run(flood())


@pytest.mark.parametrize("base", ["", "/lab"])
@pytest.mark.parametrize(
    ("held", "length", "status"),
    [
        ({}, str(20 * MB), 200),
        ({"me": 70 * MB}, str(5 * MB), 200),
        ({"me": 70 * MB}, str(15 * MB), 413),
        ({"me": 70 * MB}, "", 413),  # in pieces, whose sum nobody knows
        ({"me": 70 * MB}, "-5", 413),
        ({f"other {k}": 70 * MB for k in range(14)}, str(20 * MB), 200),
        ({f"other {k}": 70 * MB for k in range(15)}, str(20 * MB), 413),
    ],
)
def test_what_is_kept_decides(held: dict[str, int], length: str, status: int, base: str) -> None:
    async def put() -> int:
        bounded = BoundedUploads(PlainTextResponse("in"), lambda: Counter(held))
        headers = [(b"content-length", length.encode())] if length else []
        scope = {
            "type": "http",
            "method": "PUT",
            "path": f"{base}/_stcore/upload_file/me/1",
            "headers": headers,
        }
        sent = []

        async def send(message: dict[str, int]) -> None:
            sent.append(message)

        await bounded(scope, None, send)
        assert not bounded._coming
        return sent[0]["status"]

    assert asyncio.run(put()) == status
