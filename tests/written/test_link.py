"""core.written.link: what is packed opens again; a cut, changed or bursting one is refused in a sentence."""

import base64
import zlib
from urllib.parse import quote_plus

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.errors import InputError
from core.shapes.code import from_short, short
from core.shapes.network import PRESETS
from core.written.link import LONGEST, MOST, PREFIX, READABLE, is_packed, opened, packed
from tests.shapes.test_layers import random_network

LONG = short(PRESETS["vgg"].layers * 3)


def stream(raw: bytes) -> str:
    """A compressed text as `packed` writes it, of anything."""
    return PREFIX + base64.urlsafe_b64encode(zlib.compress(raw, 9)).decode().rstrip("=")


@given(st.text(max_size=3000))
@example("")
@example("卷积 " * 300)
@example("a" * MOST)
@example("a" * (MOST + 1))
@example("\x00" * 5000)
def test_what_is_packed_opens_again(text: str) -> None:
    if is_packed(text):
        return
    form = packed(text)
    assert opened(form) == text
    assert len(quote_plus(form)) <= len(quote_plus(text))
    assert packed(form) == form  # a link within the app packs what may be packed already


@given(st.text(max_size=READABLE // 12))
def test_a_short_text_stays_readable(text: str) -> None:
    assert packed(text) == text


def test_only_letters_that_an_address_takes_as_they_are() -> None:
    form = packed(LONG)
    assert is_packed(form) and quote_plus(form) == form


@pytest.mark.parametrize("text", [LONG, "卷积 " * 300, "0.25," * 147])
def test_a_text_cut_anywhere_is_refused(text: str) -> None:
    form = packed(text)
    for end in range(len(PREFIX), len(form)):
        with pytest.raises(InputError, match="cut or changed"):
            opened(form[:end])


@given(st.data())
def test_a_changed_text_is_refused_or_opens(data: st.DataObject) -> None:
    """One changed character; that of the last four bits that carry nothing changes nothing."""
    form = packed(LONG)
    place = data.draw(st.integers(len(PREFIX), len(form) - 1))
    letter = data.draw(st.characters(codec="utf-8"))
    try:
        assert opened(form[:place] + letter + form[place + 1 :]) == LONG
    except InputError as error:
        assert error.key == "link_damaged"


@given(st.text())
@example("=")
@example("AAAA")
@example("x" * 100_000)
def test_anything_behind_the_prefix_is_refused_or_a_text(text: str) -> None:
    try:
        assert isinstance(opened(PREFIX + text), str)
    except InputError as error:
        assert error.key == "link_damaged"


@pytest.mark.parametrize(
    "form",
    [
        stream(b"x" * 50_000_000),  # 50 kB that take 50 MB
        stream(b"x" * (MOST + 1)),
        stream(b"\xff\xfe"),  # not UTF-8
        stream(b"x") + "AAAA",
        PREFIX + base64.urlsafe_b64encode(zlib.compress(b"x") + b"more").decode().rstrip("="),
        PREFIX + base64.b64encode(b"no stream").decode(),
        PREFIX + stream(b"x").removeprefix(PREFIX)[:-1] + "é",
        PREFIX,
    ],
    ids=["bomb", "too long", "not UTF-8", "two", "trailing", "no stream", "not ASCII", "empty"],
)
def test_a_hostile_text_is_refused(form: str) -> None:
    with pytest.raises(InputError, match="cut or changed"):
        opened(form)


def test_the_largest_text_opens() -> None:
    assert opened(stream(b"x" * MOST)) == "x" * MOST


def test_networks_of_a_hundred_random_layers_fit_into_a_link() -> None:
    for start in range(0, 200, 50):
        layers = tuple(layer for seed in range(start, start + 50) for layer in random_network(seed)[0])[:100]
        assert len(layers) == 100
        form = packed(short(layers))
        assert len(quote_plus(form)) < LONGEST - 700  # the address, and the page's other controls
        assert short(from_short(opened(form))) == short(layers)
