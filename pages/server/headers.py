"""Security headers of every answer; the policy on content allows what Streamlit's front end needs."""

import os
import re
from base64 import b64encode
from hashlib import sha256

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_INLINE = re.compile(r"<script>(.*?)</script>", re.DOTALL)
_FIXED = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",  # a link to a run is nobody else's business
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=(), payment=(), usb=()",
}


class SecurityHeaders:
    """Middleware that adds the headers; `html` is the front end as it is served, whose scripts may run."""

    def __init__(self, app: ASGIApp, html: str) -> None:
        self._app = app
        self._headers = _FIXED | {"Content-Security-Policy": content_policy(html)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(self._headers)
            await send(message)

        await self._app(scope, receive, send_with_headers if scope["type"] == "http" else send)


def content_policy(html: str) -> str:
    """The Content-Security-Policy for pages that load as `html`."""
    hashes = [b64encode(sha256(script.encode()).digest()).decode() for script in _INLINE.findall(html)]
    policy = {
        "default-src": ["'self'"],
        # components are imported from blobs; the front end's protobuf brings WebAssembly
        "script-src": ["'self'", "blob:", "'wasm-unsafe-eval'", *(f"'sha256-{value}'" for value in hashes)],
        "style-src": ["'self'", "'unsafe-inline'"],  # our style sheet, Emotion's and Plotly's
        "img-src": ["'self'", "data:", "blob:"],
        "font-src": ["'self'", "data:"],
        "media-src": ["'self'", "blob:"],
        "worker-src": ["'self'", "blob:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'self'", *os.environ.get("LENET_LAB_FRAMES", "").split()],
    }
    return "; ".join(" ".join([name, *sources]) for name, sources in policy.items())
