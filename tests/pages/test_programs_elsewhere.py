"""Programs of the other pages: their buttons and parts, in both languages, from a link."""

import pytest
from streamlit.testing.v1 import AppTest

from core.code.evaluation import evaluation_program
from core.code.network import network_program
from core.code.pipeline import pipeline_program
from core.code.race import race_program
from core.shapes import trace
from core.shapes.code import from_short
from core.text import LANGUAGES
from core.training.checkpoints import shipped_model
from core.transforms.loader import Loading
from core.transforms.pipeline import PRESETS, written
from tests.conftest import Lab
from tests.support.visit import choose, press, visit, words


def labels(at: AppTest, kind: str) -> list[str]:
    return [element.proto.label for element in at.get(kind)]


def offered(at: AppTest, language: str) -> list[str]:
    """The parts on the page, whose buttons are there too."""
    code = words("code", language)
    assert {code("download.script"), code("download.notebook")} <= set(labels(at, "download_button"))
    assert code("copy") in labels(at, "expander")
    return [block.value for block in at.code]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_race(language: str, lab: Lab) -> None:
    link = {
        "surface": "ravine", "lr": "0.25", "x": "2.5", "y": "-1.0", "steps": "20",
        "noise": "0.5", "seed": "9", "tab__open": "code",
    }  # fmt: skip
    at = visit("optimizers", language, **{f"optimizers__{key}": value for key, value in link.items()})
    choose(at, "optimizers.picked", ["adam"])
    hyper = {"adam": {"lr": 0.25, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8}}
    made = race_program("ravine", (2.5, -1.0), 20, 0.5, 9, hyper, language)
    shown = offered(at, language)
    assert [part.code for part in made.sections] == shown[: len(made.sections)]
    press(at, "code.explained.step")
    assert at.session_state["optimizers.tab"] == words("optimizers", language)("tab.step")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_race_of_nobody_is_no_program(language: str, lab: Lab) -> None:
    at = visit("optimizers", language, optimizers__tab__open="code")
    choose(at, "optimizers.picked", [])
    assert words("optimizers", language)("nobody_picked") in [i.value for i in at.info]
    assert not at.get("download_button")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("preset", ["training", "wrong"])
def test_a_pipeline(preset: str, language: str, lab: Lab) -> None:
    link = {
        "steps": written(PRESETS[preset]), "image.sketches": "5", "seed": "3", "batch_size": "32",
        "shuffle": "false", "sorted": "true", "tab__open": "code",
    }  # fmt: skip
    at = visit("transforms", language, **{f"transforms__{key}": value for key, value in link.items()})
    loading = Loading(batch_size=32, shuffle=False)
    made = pipeline_program(PRESETS[preset], loading, True, "sketches", 5, 3, 12, language)
    assert [part.code for part in made.sections] == offered(at, language)[: len(made.sections)]
    code = words("code", language)
    assert (code("pipeline.refused") in [note.value for note in at.warning]) == (preset == "wrong")
    assert (code("pipeline.batches") in [note.value for note in at.caption]) == (preset == "training")
    press(at, "code.explained.loader")
    assert at.session_state["transforms.tab"] == words("transforms", language)("tab.loader")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_network(language: str, lab: Lab) -> None:
    text = "Flatten(),Linear(48,7),ReLU()"
    link = {"layers": text, "view": "network", "height": "4", "width": "4", "batch": "5", "tab__open": "code"}
    at = visit("shapes", language, **{f"shapes__{key}": value for key, value in link.items()})
    layers = from_short(text)
    made = network_program(layers, trace(layers, (3, 4, 4)), (3, 4, 4), 5, language)
    assert [part.code for part in made.sections] == offered(at, language)[: len(made.sections)]
    assert not at.warning
    choose(at, "shapes.batch", 6)
    assert "BATCH_SIZE = 6" in " ".join(offered(at, language))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("text", "key"),
    [("Flatten(),Linear(48,7)", "network.refused"), ("Other('Mine',(3,4,4),5)", "network.unknown")],
)
def test_a_network_that_does_not_run_says_so(text: str, key: str, language: str, lab: Lab) -> None:
    at = visit("shapes", language, shapes__layers=text, shapes__view="network", shapes__tab__open="code")
    offered(at, language)
    assert words("code", language)(key) in [note.value for note in at.warning]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("page", "tab", "file"),
    [("evaluation", "code", "weights.pt"), ("saving", "take", "lenet-shipped-sketches.safetensors")],
)
def test_an_evaluation(page: str, tab: str, file: str, language: str, lab: Lab) -> None:
    at = visit(page, language, **{f"{page}__tab__open": tab, "saving__form": file.rpartition(".")[2]})
    weights = shipped_model("sketches")
    made = evaluation_program(file, "", weights.mean, weights.std, "sketches", language)
    code = words("code", language)
    shown = offered(at, language)
    assert all(part.code in shown for part in made.sections)
    explained = {*labels(at, "page_link"), *(button.label for button in at.button)}
    assert {code("explained.confusion"), code("explained.breaks")} <= explained
    assert code("about.evaluation") in [text.value for text in at.markdown]
