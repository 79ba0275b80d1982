"""The page Home: LeNet as a picture, the route, this machine at every moment, and where to go on."""

import json
from typing import Any

import pytest
import torch
from streamlit.testing.v1 import AppTest

from core.dataset import sketches
from core.files import locations
from core.jobs import JobSpec
from core.lenet import LeNet
from pages.app.page_table import PAGES
from pages.app.punctuation import labelled
from pages.app.services import jobs
from pages.panels.home.network import PARTS
from pages.shared import runs
from tests.conftest import Lab
from tests.support.visit import data_of, press, until, visit, words

TEXT = words("home")


def parts(language: str = "en") -> list[dict[str, str]]:
    drawn: Any = data_of(visit("home", language), "home.network")["parts"]
    return list(drawn)


def links(at: AppTest) -> list[str]:
    return [link.proto.label for link in at.get("page_link")]


def table(at: AppTest) -> str:
    return str(at.table[0].value.to_dict())


def test_the_picture_shows_the_shapes_that_torch_gives(lab: Lab) -> None:
    shapes, image = {}, torch.zeros(1, 3, 32, 32)
    model = LeNet()
    pooled = [f"pool{number}" for number in (1, 2)]
    for name, module in model.named_children():
        module.register_forward_hook(
            lambda _, __, out, name=name: shapes.update(
                {pooled.pop(0) if name == "pool" else name: " × ".join(map(str, out.shape[1:]))}
            )
        )
    model(image)
    drawn = {part.name: row["shape"] for part, row in zip(PARTS, parts(), strict=True)}
    shapes["logits"] = shapes.pop("fc3")
    assert {name: drawn[name] for name in shapes} == shapes
    assert drawn["image"] == drawn["tensor"] == "3 × 32 × 32"


def test_every_part_leads_to_a_page(lab: Lab) -> None:
    addresses = {f"/{entry.address}" for entry in PAGES[1:]}
    for language in ("en", "zh"):
        for row in parts(language):
            address, _, query = row["href"].partition("?")
            assert address in addresses and f"lang={language}" in query


def test_the_route_is_numbered_and_says_how_long_each_stop_takes(lab: Lab) -> None:
    at = visit("home")
    shown = links(at)
    labels = [words("shared")(f"page.{entry.name}") for entry in PAGES[1:]]
    for number, (entry, label) in enumerate(zip(PAGES[1:], labels, strict=True), start=1):
        assert entry.minutes > 0
        stop, minutes = TEXT("stop", number=number, page=label), TEXT("minutes", n=entry.minutes)
        assert any(stop in text and minutes in text for text in shown), label


def test_each_page_ends_with_the_next_one(lab: Lab) -> None:
    following = [*PAGES[2:], None]
    for entry, after in zip(PAGES[1:], following, strict=True):
        link = words("shared")("next", page=words("shared")(f"page.{after.name}")) if after else None
        found = [
            label for label in links(visit(entry.name)) if label.startswith(words("shared")("next", page=""))
        ]
        assert found == ([link] if link else []), entry.name


def test_going_on_skips_a_run_that_has_no_step(trained: Lab) -> None:
    newest = runs.own_runs()[0]
    empty = jobs().submit(JobSpec(newest.entry, newest.params, newest.owner))
    jobs().cancel(empty.id, empty.owner)
    at = until(visit("home"), lambda at: jobs().get(empty.id).state == "cancelled")
    assert runs.own_runs()[0].id == empty.id
    press(at, "home.start")
    assert at.get_by_key("training.run").value == newest.id


def test_the_table_follows_the_drawing(lab: Lab) -> None:
    (lab.cache / "sketches-v1").unlink()
    drawing = sketches.write(locations.parent("sketches"), 400, 100)
    next(drawing)
    at = visit("home")
    ready = labelled(words("shared")("data.sketches"), TEXT("data.ready"))
    assert ready not in table(at)
    list(drawing)
    until(at, lambda at: ready in table(at))


def test_a_visit_keeps_the_learners_runs_from_being_forgotten(lab: Lab) -> None:
    visit("home")
    assert json.loads((lab.runs / "seen.json").read_text()).keys() == {"local"}


def test_its_links_are_built_once_for_all_visits(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """What opens at the bell, for everybody at once."""
    first = links(visit("home"))
    monkeypatch.setattr("streamlit.Page", None)
    assert links(visit("home")) == first
