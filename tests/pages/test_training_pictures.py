"""The pictures of a run on the page Train LeNet: the kernels of conv1, the confusion of the last epoch."""

import base64
import json
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.dataset import CLASSES
from core.evaluation import evaluate
from core.figures.tiles import confusion_image, sheet
from core.inside.filters import colour_images
from core.jobs.history import Confusion
from core.text import LANGUAGES
from core.training import checkpoints
from pages.shared import loaders
from tests.conftest import TRAIN, Lab
from tests.support.visit import data_of, press, shows, texts, until, visit, words

pytestmark = pytest.mark.clock


def drawn(png: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(png).decode()}"


def newest(lab: Lab) -> Path:
    return max(lab.runs.glob("2*"))


def rewrite(run: Path, *, without: tuple[str, ...] = (), before: str = "", state: str = "done") -> None:
    """Leave out the events of some kinds, or all from the first of a kind on; change the state of the run."""
    lines = (run / "events.jsonl").read_text().splitlines(keepends=True)
    kinds = [json.loads(line)["type"] for line in lines]
    lines = lines[: kinds.index(before) if before else None]
    kept = [line for line in lines if json.loads(line)["type"] not in without]
    (run / "events.jsonl").write_text("".join(kept))
    content = json.loads((run / "state.json").read_text())
    (run / "state.json").write_text(json.dumps(content | {"state": state}))


def pictures(at: AppTest) -> tuple[object, object]:
    return data_of(at, "training.kernels")["sheet"], data_of(at, "training.confusion")["sheet"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_finished_run_shows_its_last_network(trained: Lab, language: str) -> None:
    at, text = visit("training", language), words("training", language)
    weights = checkpoints.load_weights(newest(trained) / "weights" / "epoch-0002.safetensors")
    network, validation = weights.network(), loaders.image_set(trained.sketches, "validation")
    kernels = colour_images(network.conv1.weight.detach())
    judged = evaluate(network, validation.images, validation.labels, mean=weights.mean, std=weights.std)
    counts = judged.confusion.tolist()
    assert pictures(at) == (drawn(sheet(kernels, 6)), drawn(sheet(confusion_image(counts), 1)))
    step = str(weights.step)
    assert text("kernels", step=step) in texts(at)
    names = data_of(at, "training.kernels")["names"]
    assert names == [text("kernels.alt", n=index, step=step) for index in range(6)]
    assert data_of(at, "training.confusion")["names"] == [text("confusion.alt", epoch=2)]
    first, second, n = Confusion(2, counts).mixed_up
    called = [words("shared", language)(f"class.{CLASSES[label]}") for label in (first, second)]
    right, total = round(judged.accuracy * len(validation)), TRAIN // 10
    pair = {"first": called[0], "second": called[1]}
    assert n and text("confusion", epoch=2, right=right, total=total, **pair) in texts(at)


def test_the_pictures_of_a_running_training_change(lab: Lab) -> None:
    at = visit("training", training__recipe="tutorial", training__epochs="1000")
    press(at, "training.train")
    until(at, lambda at: shows(at, "training.kernels") and shows(at, "training.confusion"))
    early = pictures(at)
    until(at, lambda at: all(new != old for new, old in zip(pictures(at), early, strict=True)))
    press(at, "training.stop")
    until(at, lambda at: words("training")("state.cancelled") in texts(at))
    assert all(new != old for new, old in zip(pictures(at), early, strict=True))


@pytest.mark.parametrize("language", LANGUAGES)
def test_before_the_first_epoch_there_is_no_matrix(trained: Lab, language: str) -> None:
    text = words("training", language)
    rewrite(newest(trained), before="epoch", state="paused")
    at = visit("training", language)
    assert shows(at, "training.kernels") and not shows(at, "training.confusion")
    assert text("confusion.later") in texts(at)


def test_a_run_that_ended_before_its_first_epoch_promises_no_matrix(trained: Lab) -> None:
    rewrite(newest(trained), before="epoch", state="cancelled")
    at = visit("training")
    assert shows(at, "training.kernels") and not shows(at, "training.confusion")
    assert words("training")("confusion.later") not in texts(at)


def test_a_run_from_before_there_were_pictures_opens_without(trained: Lab) -> None:
    rewrite(newest(trained), without=("kernels", "confusion"))
    at = visit("training")
    assert at.metric and len(at.get("echarts_chart")) == 2
    assert not shows(at, "training.kernels") and not shows(at, "training.confusion")
    assert words("training")("confusion.later") not in texts(at)
