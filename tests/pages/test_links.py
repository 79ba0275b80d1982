"""Every control of every page is in the link: changed, opened in a new session, compared; it stays short.

The suite draws one row of panels for each page. All of them, from both languages, are tried by

    EVERY_LINK=1 python -m pytest tests/pages/test_links.py

in five minutes; with a higher number as many times, each with other values.
"""

import os
import random
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

import pytest
from streamlit.testing.v1 import AppTest

from core.text import LANGUAGES
from core.written.link import LONGEST
from pages.app.page_table import PAGES
from tests.conftest import Lab
from tests.support.controls import CHOICES, controls, others, tabs, texts_held, unfold, values
from tests.support.visit import choose, healthy, visit

ROUNDS = int(os.environ.get("EVERY_LINK", "0"))
HOST = "https://lenet-lab.some-university.edu"
NAMES = [entry.name for entry in PAGES]
CASES = [
    (page, language)
    for number, page in enumerate(NAMES)
    for language in (LANGUAGES if ROUNDS else (LANGUAGES[number % 2],))
]
# Controls that a link does not hold, and why.
NOT_LINKED = {
    r"language": "the link holds it as lang; tests/pages/test_every_page.py",
    r"data\.folder": "a path of this machine",
    r"training\.compare": "runs of one visitor",
    r"(shapes\.selected|transforms\.step)": "which row of a list the editor shows; the list is in the link",
    r"shapes\.edit\..+": "a part of shapes.layers, which is compared",
    r"transforms\.(todtype|normalize|crop|flip|rotation|jitter|erasing|resize)\..+": (
        "a part of transforms.steps, which is compared"
    ),
    r"(shapes\.new|transforms\.kind)": "what a button beside it is about to add",
    r"shapes\.(paste|class)": "code that a button is about to read",
    r".+\.source": "what comes from a visitor's camera or disk can't be in a link; images of a data set are",
    r"(training|evaluation|inside)\.name\..+": "the name of a run, kept with the run",
}
MISSING = {"cifar-10", "shipped-cifar-10"}  # not on this machine: nothing else of the page would be drawn
DOORS = {  # choices with other controls behind each option
    "shapes": ("shapes.view", ("layer", "network")),
    "training": ("training.model", ("lenet", "resnet18", "own")),
}
CHANGED = 0.7  # of the other choices, since one may take away the controls that another brings
Query = Mapping[str, Any]


def is_linked(key: str) -> bool:
    return not any(re.fullmatch(pattern, key) for pattern in NOT_LINKED)


def follow(page: str, query: Query) -> AppTest:
    """Open a link in a new session, with everything unfolded."""
    return unfold(visit(page, None, **{key.replace(".", "__"): value for key, value in query.items()}))


def query_of(at: AppTest) -> dict[str, Any]:
    """The link of the page."""
    return {
        key: value[0] if isinstance(value, list) and len(value) == 1 else value
        for key, value in at.query_params.items()
    }


def places(page: str, language: str, rng: random.Random) -> Iterator[Query]:
    """A link to each panel of a page, also to those inside another, in random order."""
    waiting: list[Query] = [{"lang": language}]
    if page in DOORS:
        key, options = DOORS[page]
        waiting = [{"lang": language, key: option} for option in rng.sample(options, len(options))]
    while waiting:
        query = waiting.pop()
        rows = {row: names for row, names in tabs(follow(page, query), page).items() if row not in query}
        for row, names in list(rows.items())[:1]:
            waiting += [{**query, row: name} for name in rng.sample(names, len(names))]
        if not rows:
            yield query


def change_all(at: AppTest, query: Query, rng: random.Random) -> None:
    """Change each control once, also those that come with a change, choices first."""
    done = set(query)
    while True:
        found = controls(unfold(at))
        new = [key for key in found if key not in done and is_linked(key)]
        if not new:
            return
        key = next((key for key in new if isinstance(found[key], CHOICES)), new[0])
        done.add(key)
        other = next((value for value in others(found[key], rng) if str(value) not in MISSING), None)
        if other is not None and (rng.random() < CHANGED or not isinstance(found[key], CHOICES)):
            healthy(found[key].set_value(other).run())


def differences(at: AppTest, again: AppTest) -> dict[str, tuple[Any, Any]]:
    """What isn't the same in two sessions, and both values."""
    here, there = values(at), values(again)
    wrong = {
        key: (here.get(key), there.get(key))
        for key in here.keys() | there.keys()
        if is_linked(key) and here.get(key) != there.get(key)
    }
    before, after = texts_held(at), texts_held(again)  # those that both sessions had a use for
    return wrong | {
        key: (before[key], after[key]) for key in before.keys() & after if before[key] != after[key]
    }


@pytest.mark.parametrize(("page", "language"), CASES)
def test_a_link_restores_every_control(trained: Lab, page: str, language: str) -> None:
    """In the other language too, where the same labels mean nothing."""
    rng = random.Random(f"{page} {language}")
    other = next(name for name in LANGUAGES if name != language)
    address = next(entry.address for entry in PAGES if entry.name == page)
    found = list(places(page, language, rng)) * ROUNDS if ROUNDS else [next(places(page, language, rng))]
    for query in found:
        at = follow(page, query)
        change_all(at, query, rng)
        link = query_of(at)
        assert len(f"{HOST}/{address}?{urlencode(link, doseq=True)}") <= LONGEST
        assert differences(at, follow(page, link | {"lang": other})) == {}, link


def test_a_control_that_is_lost_would_be_noticed(lab: Lab) -> None:
    at = choose(choose(follow("layers", {"lang": "en"}), "layers.stride", 3), "layers.kernel", "blur")
    link = query_of(at)
    assert differences(at, follow("layers", link)) == {}
    del link["layers.stride"], link["layers.kernel"]
    wrong = differences(at, follow("layers", link))
    assert wrong.keys() >= {"layers.stride", "layers.kernel"} and wrong["layers.stride"] == (3, 1)


@pytest.mark.parametrize("page", ["explore", "transforms", "layers", "inside"])
def test_a_link_to_images_that_are_missing_here_says_so_and_keeps_them(lab: Lab, page: str) -> None:
    at = visit(page, **{f"{page}__data_set": "cifar-10"})
    assert at.get_by_key(f"{page}.data_set").value == at.query_params[f"{page}.data_set"] == "cifar-10"
