"""Visits to the app without a browser: AppTest through the entry point, as a deep link would arrive."""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from core import text
from core.text import Text
from pages.app.page_table import PAGES, ROOT

PATIENCE = 60.0  # seconds; a worker on a busy machine takes five to import torch


def visit(
    name: str, language: str | None = "en", locale: str = "en-US", owner: str | None = None, **link: str
) -> AppTest:
    """Open a page by its address in a new session.

    `link` holds further parameters, with two underscores for each dot.
    """
    at = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=PATIENCE)
    # AppTest.switch_page needs a first run.
    at._page_hash = calc_hash(next(entry.address for entry in PAGES if entry.name == name))
    at.context = {"locale": locale}
    if owner is not None:
        at.session_state["owner"] = owner
    if language is not None:
        at.query_params["lang"] = language
    for key, value in link.items():
        at.query_params[key.replace("__", ".")] = value
    return healthy(at.run())


def healthy(at: AppTest) -> AppTest:
    """Assert that nothing went wrong and that no traceback is shown as a sentence."""
    assert not at.exception, at.exception[0].stack_trace
    assert "Traceback" not in " ".join(texts(at))
    return at


def press(at: AppTest, key: str) -> AppTest:
    """Click a button."""
    return healthy(at.button(key=key).click().run())


def choose(at: AppTest, key: str, value: Any) -> AppTest:
    """Set a control to a value."""
    return healthy(at.get_by_key(key).set_value(value).run())


def open_tab(at: AppTest, key: str, label: str) -> AppTest:
    """Open the tab with this label."""
    at.session_state[key] = label
    return healthy(at.run())


def until(at: AppTest, condition: Callable[[AppTest], Any]) -> AppTest:
    """Run the page again and again, as its timer does in a browser, until the condition holds."""
    deadline = time.monotonic() + PATIENCE
    while not condition(at):
        assert time.monotonic() < deadline, f"waited in vain; the page says {list(texts(at))}"
        time.sleep(0.2)
        healthy(at.run())
    return at


def errors(at: AppTest) -> list[str]:
    """The red sentences as a reader sees them, without the backslashes that escape Markdown."""
    return [error.value.replace("\\", "") for error in at.error]


def words(page: str, language: str = "en") -> Text:
    """The texts of a page."""
    return text.load(language, page)


def keys(at: AppTest) -> list[str | None]:
    """The keys of all elements on the page that have a state in the browser; None for one without a key."""
    return [element.key for element in at._tree if getattr(getattr(element, "proto", None), "id", "")]


def shows(at: AppTest, key: str) -> bool:
    """Whether the page has an element with this key."""
    return key in keys(at)


def data_of(at: AppTest, key: str) -> dict[str, object]:
    """The data that one of our components was given to draw."""
    return dict(json.loads(at.get_by_key(key).proto.json))


def texts(at: AppTest) -> Iterator[str]:
    """Every sentence on the page."""
    for kind in (at.markdown, at.caption, at.info, at.warning, at.error, at.success):
        yield from (element.value for element in kind)
