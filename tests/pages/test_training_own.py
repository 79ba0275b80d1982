"""Your network on the training page: from the calculator to a run, and what is refused before one starts."""

import json

import pytest
import torch
import torch.nn.functional as F
from streamlit.testing.v1 import AppTest

from core.jobs import Run
from core.shapes.code import from_short, sequential
from core.shapes.network import PRESETS
from core.training.network import build
from pages.app.services import jobs
from tests.conftest import Lab
from tests.support.sample_data import same
from tests.support.visit import errors, healthy, press, shows, texts, until, visit, words

TEXT, SHAPES, ERRORS = words("training"), words("shapes"), words("errors")
SMALL = "Conv2d(3,8,3,2),BatchNorm2d(8),ReLU(),Flatten(),Linear(1800,10)"
BROKEN = "Conv2d(3,6,5),Flatten(),Linear(400,10)"
SLOW = "Conv2d(3,1024,3,padding=1),Conv2d(1024,512,3,padding=1),AdaptiveAvgPool2d(1),Flatten(),Linear(512,10)"


def own(network: str, language: str = "en", **link: str) -> AppTest:
    return visit("training", language, training__model="own", training__network=network, **link)


def label(at: AppTest) -> str:
    """What the list of layers says of itself."""
    found = [expander.label for expander in at.expander if "·" in expander.label]
    return found[0] if found else ""


def measurements(lab: Lab) -> list[Run]:
    """The measurements of a step, whoever asked for them."""
    entries = {
        path.parent.name: json.loads(path.read_text())["entry"] for path in lab.runs.glob("*/spec.json")
    }
    return [jobs().get(run_id) for run_id, entry in entries.items() if entry == "step-time"]


def settled(at: AppTest, lab: Lab) -> AppTest:
    """The page once the measurement of a step has ended."""
    until(at, lambda at: not any(run.active for run in measurements(lab)))
    return healthy(at.run())


def run_of(at: AppTest) -> Run:
    return jobs().get(at.get_by_key("training.run").value)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_network_of_the_calculator_is_trained(lab: Lab, language: str) -> None:
    text, shared = words("training", language), words("shared", language)
    link = {"training__epochs": "1", "training__train_size": "200", "training__run": "new"}
    at = settled(own(SMALL, language, **link), lab)
    layers, parameters, macs, time = label(at).split(" · ")
    assert (
        layers == text("compare.network", layers=5) and "18,250" in parameters and "66,600" in macs and time
    )
    at.session_state["training.own.list"] = True
    assert sequential(from_short(SMALL)) in [block.value for block in healthy(at.run()).code]
    press(at, "training.train")
    run = run_of(until(at, lambda at: run_of(at).state == "done"))
    assert run.params["config"]["network"] == SMALL
    named = at.get_by_key("training.run").format_func(run.id)
    assert shared("run.network", layers=5, recipe=shared("recipe.fast")) in named


def test_reset_brings_the_network_back(lab: Lab) -> None:
    at = own(SMALL, training__epochs="1", training__train_size="200")
    press(at, "training.train")
    run = run_of(until(at, lambda at: run_of(at).state == "done"))
    at = press(visit("training", training__run=run.id), "training.reset")
    assert at.get_by_key("training.model").value == "own"
    assert at.query_params["training.network"] == SMALL
    assert at.get_by_key("training.epochs").value == 1


def test_where_the_learner_has_been_at_the_calculator_its_list_comes_first(lab: Lab) -> None:
    assert label(visit("training", training__model="own")).startswith("12 layers")
    at = visit("shapes", shapes__view="network", shapes__layers=SMALL)
    at.switch_page("pages/training.py")
    at.query_params["training.model"] = "own"
    assert label(healthy(at.run())).startswith("5 layers")


@pytest.mark.parametrize(
    ("network", "key"),
    [
        (BROKEN, "network_breaks"),
        ("Conv2d(3,6,5),Flatten(),Linear(4704,11)", "network_output"),
        ("empty", "network_output"),
        ("Other(name='Magic',shape=(10,),parameters=5)", "network_unknown"),
        ("Flatten(),Linear(3072,4000),Linear(4000,10)", "network_too_large"),
        ("AdaptiveAvgPool2d((2,5)),Conv2d(1000000000,1,1),Flatten()", None),
        ("import os", "layers_unread"),
        ("(" * 500, None),
        ("Linear(1,1)," * 2000, None),
    ],
)
def test_what_cant_be_trained_is_one_sentence_beside_a_button_that_does_nothing(
    lab: Lab, network: str, key: str | None
) -> None:
    at = own(network)
    assert len(errors(at)) == 1
    if key is not None:
        assert errors(at)[0].startswith(ERRORS[key].partition("{")[0].partition("`")[0])
    assert at.button(key="training.train").disabled
    assert not measurements(lab)


def test_a_network_whose_epoch_takes_too_long_is_refused(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    at = settled(own(SMALL), lab)
    assert not at.button(key="training.train").disabled
    monkeypatch.setattr(
        "core.training.costs.TRAINING_IMAGES", dict.fromkeys(("sketches", "cifar-10"), 10**12)
    )
    healthy(at.run())
    assert errors(at)[0].startswith(ERRORS["network_slow"].partition("{")[0])
    assert at.button(key="training.train").disabled


@pytest.mark.parametrize("link", [{"training__model": "own"}, {"training__repeat": "3"}])
def test_before_anything_is_measured_an_endless_epoch_is_refused_too(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, link: dict[str, str]
) -> None:
    monkeypatch.setattr(
        "core.training.costs.TRAINING_IMAGES", dict.fromkeys(("sketches", "cifar-10"), 10**12)
    )
    at = visit("training", **link)
    assert errors(at)[0].startswith(ERRORS["network_slow"].partition("{")[0])
    assert at.button(key="training.train").disabled


def test_pytorchs_own_refusal_is_told_before_a_run(lab: Lab) -> None:
    at = settled(own("Flatten(),Linear(3072,10),Sigmoid(),ReLU(inplace=True)"), lab)
    assert errors(at) and at.button(key="training.train").disabled


@pytest.mark.parametrize("kind", ["Softmax", "LogSoftmax"])
def test_a_softmax_at_the_end_is_a_warning(lab: Lab, kind: str) -> None:
    at = own(f"Flatten(),Linear(3072,10),{kind}(1)")
    assert TEXT(f"own.{kind}") in [warning.value for warning in at.warning]
    assert not at.button(key="training.train").disabled


def test_what_the_warnings_say_of_the_loss_is_so() -> None:
    logits, label = torch.full((1, 10), -1e4), torch.tensor([0])
    logits[0, 0] = 1e4
    assert float(F.cross_entropy(logits.softmax(1), label)) == pytest.approx(1.4612, abs=5e-5)
    drawn = torch.randn(5, 10)
    assert torch.allclose(drawn.log_softmax(1).log_softmax(1), drawn.log_softmax(1), atol=1e-6)


@pytest.mark.parametrize("network", [PRESETS["lenet"].text, SMALL, PRESETS["resnet"].text])
def test_the_code_shown_is_the_network_that_runs(network: str) -> None:
    scope: dict[str, object] = {}
    with torch.random.fork_rng():
        torch.manual_seed(0)
        exec(sequential(from_short(network)), scope)
        torch.manual_seed(0)
        built = build(network)
    model = scope["model"]
    assert isinstance(model, torch.nn.Sequential)
    assert repr(model) == repr(built) and same(model.state_dict(), built.state_dict())


@pytest.mark.parametrize("image", ["1", "64"])
def test_the_calculator_trains_nothing_for_images_of_another_size(lab: Lab, image: str) -> None:
    at = visit(
        "shapes",
        shapes__view="network",
        shapes__height=image,
        shapes__width=image,
        shapes__layers="AdaptiveAvgPool2d(4),Flatten(),Linear(48,10)",
    )
    assert not shows(at, "shapes.train") and SHAPES("train.image") in list(texts(at))


@pytest.mark.parametrize("text", [BROKEN, "Flatten(),Linear(3072,11)", "empty"])
def test_the_calculator_offers_no_training_of_what_cant_be_trained(lab: Lab, text: str) -> None:
    assert not shows(visit("shapes", shapes__view="network", shapes__layers=text), "shapes.train")


def test_a_step_is_measured_once_for_everybody(lab: Lab) -> None:
    for _ in range(2):
        settled(own(SMALL), lab)
    assert len(measurements(lab)) == 1
