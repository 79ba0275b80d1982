"""Uploads: how much a learner may keep, all together, and how much an address may send."""

import asyncio
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Self

import pytest
from starlette.responses import PlainTextResponse, Response
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from pages.server import uploads
from pages.server.uploads import Allowance, BoundedUploads
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


class Tab(Uploader):
    """One of several tabs of the same learner."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._token = 64 * "a"


def test_a_learner_keeps_four_of_the_largest_files(hosted: Server, ask: Ask) -> None:
    """However many come at once, through however many tabs; the next learner has room again."""
    cookie = ask("/_stcore/health").headers["set-cookie"].partition(";")[0]

    def put(session: str, number: int) -> int:
        headers = {"Cookie": cookie, "X_Xsrftoken": cookie.partition("=")[2]}
        headers["Content_Type"] = "multipart/form-data; boundary=x"
        try:
            return ask(f"/_stcore/upload_file/{session}/{number}", "PUT", FILE, **headers).status
        except ConnectionError:  # it hangs up on a file that it has refused unread
            return 413

    async def flood() -> None:
        tabs = [await Tab.come(hosted.port) for _ in range(2)]
        other = await Uploader.come(hosted.port)
        with ThreadPoolExecutor(8) as pool:
            answers = Counter(pool.map(put, 4 * [tab.name for tab in tabs], range(8)))
        assert answers == {204: 4, 413: 4}
        await tabs[0].close()
        assert put(tabs[1].name, 8) == 413
        assert put(other.name, 0) == 204
        await tabs[1].close()
        await other.close()

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
        ({"my second tab": 40 * MB, "my third tab": 30 * MB}, str(5 * MB), 200),
        ({"my second tab": 40 * MB, "my third tab": 30 * MB}, str(15 * MB), 413),
    ],
)
def test_what_is_kept_decides(held: dict[str, int], length: str, status: int, base: str) -> None:
    bounded = BoundedUploads(PlainTextResponse("in"), lambda: Counter(held), learner)
    assert put_one(bounded, length, f"{base}/_stcore/upload_file/me/1") == status
    assert not bounded._coming


def learner(session: str) -> str:
    """Whose session it is."""
    return "me" if session.startswith("my ") else session


def put_one(bounded: BoundedUploads, length: str, path: str, address: str = "192.0.2.1") -> int:
    """Send the head of an upload, and return the status of the answer."""
    headers = [(b"content-length", length.encode())] if length else []
    scope: Any = {"type": "http", "method": "PUT", "path": path, "headers": headers, "client": (address, 1)}
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(bounded(scope, None, send))  # type: ignore[arg-type]
    return int(sent[0]["status"])


def test_an_address_sends_so_much_an_hour() -> None:
    """However many learners sit behind it, and whatever has become of the files since."""
    now = 0.0

    def put(address: str = "192.0.2.1", status: int = 204) -> int:
        bounded = BoundedUploads(Response(status_code=status), Counter, str, allowance)
        return put_one(bounded, str(20 * MB), "/_stcore/upload_file/me/1", address)

    allowance = Allowance(2048 * MB, lambda: now)
    for _ in range(200):
        assert put(status=400) == 400  # what wasn't taken doesn't count
    assert [put() for _ in range(103)] == 102 * [204] + [413]
    assert put("198.51.100.9") == 204
    now = 600.0
    assert [put() for _ in range(18)] == 17 * [204] + [413]  # a sixth of it is there again
    now = 2 * 3600.0
    assert put() == 204


def test_addresses_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "_MOST_ADDRESSES", 10)
    now = 0.0
    allowance = Allowance(MB, lambda: now)
    for number in range(100):
        assert allowance.take(f"address-{number}", 1)
        now += 600
    assert len(allowance._taken) <= 11


def test_a_class_behind_one_address_has_room() -> None:
    assert uploads._PER_ADDRESS >= 2 * 10**9
