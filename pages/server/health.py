"""/health: whether the server can take one more visitor. Streamlit's own check says yes when it can't."""

import os
from contextlib import ExitStack

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from pages.server.base_path import address

_FILES = 4  # that a visit keeps open: its websocket and an event loop


def routes() -> list[Route]:
    """The one address, for a load balancer or systemd."""
    return [Route(address("/health"), _health)]


async def _health(_: Request) -> Response:
    try:
        require_files()
    except OSError as error:
        return PlainTextResponse(f"no room for a visitor: {error.strerror}", status_code=503)
    return PlainTextResponse("ok", headers={"Cache-Control": "no-store"})


def require_files() -> None:
    """Check that a visit's files can be opened. Raises OSError."""
    with ExitStack() as opened:
        for _ in range(_FILES):
            opened.callback(os.close, os.open(os.devnull, os.O_RDONLY))
