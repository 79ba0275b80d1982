"""The browser's Back and Forward: one entry in its history for each visit to a page, left as it was."""

from functools import cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route
from streamlit.file_util import get_static_dir

from pages.app.page_table import PAGES, ROOT, address
from pages.server import base_path

_SCRIPT = ROOT / "assets" / "components" / "app" / "history.js"


def routes() -> list[Route]:
    """Serve every page of the app with our script in it, which has to run before Streamlit's own."""
    start = base_path.address("/")
    return [Route(path, _front_end) for path in (start, *(address(entry.name) for entry in PAGES))]


async def _front_end(_: Request) -> HTMLResponse:
    return HTMLResponse(html(), headers={"Cache-Control": "no-cache"})


@cache
def html() -> str:
    """The front end with our script in it."""
    page = Path(get_static_dir(), "index.html").read_text(encoding="utf-8")
    script = f"<script>(() => {{\n{_SCRIPT.read_text(encoding='utf-8')}}})()</script>"
    return page.replace("<head>", f"<head>\n{script}", 1)
