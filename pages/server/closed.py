"""Addresses of Streamlit's that a class has no use for: they answer as if they weren't there."""

import re

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

# its metrics name our functions; the agent pages let programs press buttons, once somebody switches them on
_CLOSED = re.compile(r"/_stcore/(metrics|agent|script-health-check)(/|$)")


class ClosedAddresses:
    """Middleware that hides them, whatever lies before them in the path."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and _CLOSED.search(scope["path"]):
            await PlainTextResponse("Not Found", status_code=404)(scope, receive, send)
            return
        await self._app(scope, receive, send)
