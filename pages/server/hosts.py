"""The names that this server answers to, what others are answered, and whose pages may connect."""

import shlex
from html import escape
from urllib.parse import urlsplit

import streamlit as st
from starlette.datastructures import Headers
from starlette.responses import HTMLResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketClose
from streamlit.web.server.starlette.starlette_websocket import is_host_allowed

from core import text
from pages.server import counts

_LONGEST = 253  # characters of a name in the DNS
_PAGE = """<!DOCTYPE html>
<html lang="{language}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>LeNet Lab</title>
<body style="max-width: 42rem; margin: 4rem auto; padding: 0 1rem; font: 1.1rem/1.6 system-ui, sans-serif">
<h1>{title}</h1>
<p>{why}</p>
<p>{what}</p>
<pre style="white-space: pre-wrap"><code>--server.allowedHosts {name}</code></pre>
"""


class KnownHosts:
    """Middleware that tells a browser which option is missing where Streamlit refuses the websocket.

    Streamlit would serve the page itself, which then waits for its websocket in vain. Requests that want no
    page, a health check by a bare address say, pass.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            headers = Headers(scope=scope)
            if "text/html" in headers.get("accept", "") and not is_host_allowed(headers.get("host")):
                counts.refusal("host")
                await _refusal(headers)(scope, receive, send)
                return
        await self._app(scope, receive, send)


class OwnPages:
    """Middleware that lets only pages of this server, or of `server.corsAllowedOrigins`, open a websocket.

    Streamlit also lets any page of this machine's other ports, which would be "local" here, and to find out
    whether an origin is this machine asks a foreign host for its address.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket" and not _is_own(Headers(scope=scope)):
            counts.refusal("origin")
            await WebSocketClose(1008)(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _is_own(headers: Headers) -> bool:
    """Whether the page is from here; a program that is no browser names no origin."""
    origin = headers.get("origin")
    if origin is None or not st.get_option("server.enableCORS"):
        return True
    allowed = [known.rstrip("/") for known in st.get_option("server.corsAllowedOrigins")]
    return origin.partition("://")[2] == headers.get("host") or origin in allowed


def _refusal(headers: Headers) -> HTMLResponse:
    """The page in the language that the browser prefers."""
    language = "zh" if headers.get("accept-language", "").lower().startswith("zh") else "en"
    words = text.load(language, "server")
    name = _name(headers.get("host", ""))
    page = _PAGE.format(
        language="zh-CN" if language == "zh" else language,
        title=escape(words("host.title", host=name)),
        why=escape(words("host.why")),
        what=escape(words("host.what")),
        name=escape(shlex.quote(name)),
    )
    return HTMLResponse(page, status_code=403, headers={"Cache-Control": "no-store"})


def _name(host: str) -> str:
    """The name in a Host header, without its port."""
    try:
        return (urlsplit(f"//{host}").hostname or host)[:_LONGEST]
    except ValueError:
        return host[:_LONGEST]
