"""Links of earlier versions, as handouts and chats hold them, still open and restore what they did.

A link that worked once is never taken out of OLD; what a later version writes is added to it.
"""

from collections.abc import Mapping

import pytest
from streamlit.testing.v1 import AppTest

from core.shapes.code import from_short, short
from core.shapes.network import PRESETS
from core.written.link import opened, packed
from pages.app.page import plain
from tests.conftest import Lab
from tests.support.visit import errors, healthy, visit, words

VGG = PRESETS["vgg"].text  # 600 characters of a link: links held them all before there were compressed texts
PACKED_VGG = (
    "z1.eNqNjcsKwjAQRX8ngUEykxi6cWPFVRUR_IBgghZqUkIUP98RwUex0O2953DqFG_khQa0oKF33rfxtEAJS1eO523KF37RStiH5iAk1"
    "C-e6YnCxt13KXU80retadzWNMw96WnCvxyr1ozb1gxzTE8UfnLrzpUSIs9NG4PLAhUZQKre-CqnPl2LULP5B6IKUMkH409ytg"
)
KERNEL = ",".join(f"{number / 10}" for number in range(-70, 77))  # 3 x 7 x 7, as in a link before
BLOCKS = "Conv2d(3,8,3,padding=1),BatchNorm2d(8),ReLU(),BasicBlock(8,16,2),AdaptiveAvgPool2d(1),Flatten()"
Link = Mapping[str, str]

# Page, link, controls that it sets, texts that it sets where there is no control.
OLD: tuple[tuple[str, Link, Mapping[str, object], Link], ...] = (
    (
        "training",  # November 2026, the first pages
        {"training.recipe": "tutorial", "training.data_set": "cifar-10", "training.epochs": "3"}
        | {"training.batch_size": "64", "training.optimizer": "adam", "training.lr": "0.002"}
        | {"training.schedule": "cosine", "training.crop": "2", "training.flip": "true"},
        {"training.recipe": "tutorial", "training.data_set": "cifar-10", "training.epochs": 3}
        | {"training.batch_size": 64, "training.optimizer": "adam", "training.lr": 0.002}
        | {"training.schedule": "cosine", "training.crop": 2, "training.flip": True},
        {},
    ),
    (
        "training",
        {"training.model": "own", "training.network": "Conv2d(3,8,3,2),ReLU(),Flatten(),Linear(1800,10)"},
        {"training.model": "own"},
        {"training.network": "Conv2d(3,8,3,2),ReLU(),Flatten(),Linear(1800,10)"},
    ),
    (
        "training",
        {"training.model": "own", "training.network": PACKED_VGG},
        {"training.model": "own"},
        {"training.network": VGG},
    ),
    (
        "training",
        {"training.model": "resnet18", "training.mode": "scratch", "training.resnet.epochs": "2"},
        {"training.model": "resnet18", "training.mode": "scratch", "training.resnet.epochs": 2},
        {},
    ),
    (
        "training",
        {"training.repeat": "sweep", "training.values.lr": "0.02, 0.08", "training.sweep_seeds": "5"},
        {"training.repeat": "sweep", "training.values.lr": "0.02, 0.08", "training.sweep_seeds": "5"},
        {},
    ),
    *(
        ("shapes", {"shapes.view": "network", "shapes.layers": text}, {"shapes.view": "network"}, {})
        for text in (
            "Conv2d(3,6,5,stride=1,padding=0)",
            "Conv2d(3,6,(5,3),1,padding='same',bias=False)",
            "Conv2d(3,6,5),Other('Residual block',shape=(16,14,14),parameters=1234),Linear(14,2)",
            BLOCKS,
            VGG,
            PACKED_VGG,
            "empty",
        )
    ),
    (
        "shapes",
        {
            "shapes.view": "layer",
            "shapes.kernel_size": "5",
            "shapes.stride": "2",
            "shapes.padding": "2",
            "shapes.size": "64",
        },
        {"shapes.kernel_size": 5, "shapes.stride": 2, "shapes.padding": 2, "shapes.size": 64},
        {},
    ),
    (
        "transforms",  # parameters left out, a switch as 0
        {"transforms.steps": "toimage~todtype_0~normalize~jitter", "transforms.seed": "7"},
        {},
        {
            "transforms.steps": "toimage~todtype_0~normalize_cifar~jitter_0.4_0.4_0.4_0.1",
            "transforms.seed": "7",
        },
    ),
    (
        "layers",
        {"layers.kernel": "own", "layers.own": KERNEL, "layers.size": "7", "layers.cell": "12-12"},
        {"layers.kernel": "own", "layers.size": "7"},
        {"layers.own": KERNEL, "layers.cell": "12-12"},
    ),
    ("layers", {"layers.tab.open": "pooling", "layers.pool_padding": "1"}, {"layers.pool_padding": 1}, {}),
    (
        "losses",
        {"losses.logits": "0,0,0,0,0,0,0,0,0,9", "losses.target": "truck", "losses.temperature": "2"},
        {"losses.logits": "0,0,0,0,0,0,0,0,0,9", "losses.target": "truck", "losses.temperature": 2.0},
        {},
    ),
    (
        "losses",
        {"losses.tab.open": "mse", "losses.predictions": "1,2,3,6"},
        {"losses.predictions": "1,2,3,6"},
        {},
    ),
    (
        "optimizers",
        {"optimizers.surface": "himmelblau", "optimizers.lr": "0.02", "optimizers.steps": "300"}
        | {"optimizers.adam.beta1": "0.5"},
        {"optimizers.surface": "himmelblau", "optimizers.lr": 0.02, "optimizers.steps": 300}
        | {"optimizers.adam.beta1": 0.5},
        {},
    ),
    ("explore", {"explore.image": "800", "explore.page": "20"}, {"explore.image": 800}, {}),
    (
        "evaluation",
        {"evaluation.run": "shipped", "evaluation.true": "3", "evaluation.predicted": "5"},
        {"evaluation.run": "shipped"},
        {},
    ),
    (
        "inside",
        {"inside.run": "shipped", "inside.unit": "pool2-0-1-2"},
        {"inside.run": "shipped"},
        {"inside.unit": "pool2-0-1-2"},
    ),
    (
        "inside",
        {"inside.tab.open": "robustness", "inside.change": "rotate", "inside.strength.rotate": "90"},
        {"inside.change": "rotate", "inside.strength.rotate": 90.0},
        {},
    ),
    ("saving", {"saving.run": "shipped", "saving.tab.open": "take"}, {"saving.run": "shipped"}, {}),
)


def follow(page: str, link: Link, language: str = "en") -> AppTest:
    """Open a link with its keys as they are in it."""
    return visit(page, language, **{key.replace(".", "__"): value for key, value in link.items()})


def kept(at: AppTest, key: str) -> str:
    """A text of the link that has no control."""
    return str(at.session_state[f"kept.{key}"])


@pytest.mark.parametrize(("page", "link", "controls", "held"), OLD)
def test_a_link_of_an_earlier_version_opens(
    lab: Lab, page: str, link: Link, controls: Mapping[str, object], held: Link
) -> None:
    at = follow(page, link)
    assert errors(at) == []
    assert {key: at.get_by_key(key).value for key in controls} == controls
    assert {key: kept(at, key) for key in held} == held
    for key in {*controls, *held} & link.keys() & set(at.query_params):  # a default needn't be there
        assert opened(at.query_params[key]) in (link[key], opened(link[key]), held.get(key))


@pytest.mark.parametrize("text", [row[1]["shapes.layers"] for row in OLD if "shapes.layers" in row[1]])
def test_the_layers_of_a_link_are_those_that_it_names(lab: Lab, text: str) -> None:
    at = follow("shapes", {"shapes.view": "network", "shapes.layers": text})
    layers = from_short(opened(text)) if text != "empty" else ()
    assert short(from_short(kept(at, "shapes.layers").replace("empty", ""))) == short(layers)


def test_a_long_list_of_an_old_link_is_compressed_and_stays_what_it_is(lab: Lab) -> None:
    """Also while the browser still sends the address that was followed."""
    at = follow("shapes", {"shapes.view": "network", "shapes.layers": VGG})
    assert at.query_params["shapes.layers"] == packed(VGG) == PACKED_VGG
    at.query_params["shapes.layers"] = VGG
    at.button(key="shapes.preset.mlp").click()
    healthy(at.run())
    assert kept(at, "shapes.layers") == PRESETS["mlp"].text
    at.query_params["shapes.layers"] = VGG  # said before the new list had come
    assert kept(healthy(at.run()), "shapes.layers") == PRESETS["mlp"].text


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    ("page", "link", "key"),
    [
        ("shapes", {"shapes.view": "network"}, "shapes.layers"),
        ("training", {"training.model": "own"}, "training.network"),
        ("transforms", {}, "transforms.steps"),
        ("layers", {"layers.kernel": "own"}, "layers.own"),
    ],
)
def test_a_link_cut_in_a_long_text_is_one_sentence_and_the_page_works(
    lab: Lab, page: str, link: Link, key: str, language: str
) -> None:
    at = follow(page, {**link, key: PACKED_VGG[:100]}, language)
    assert errors(at) == [words("errors", language)["link_damaged"]]
    assert all(at.get_by_key(name).value == value for name, value in link.items())


def test_a_damaged_text_where_texts_are_short_gives_way_to_what_is_usual(lab: Lab) -> None:
    for page, key in (
        ("training", "training.optimizer"),
        ("training", "training.run"),
        ("layers", "layers.tab.open"),
        ("layers", "layers.cell"),
        ("layers", "layers.size"),
        ("transforms", "transforms.seed"),
        ("inside", "inside.unit"),
    ):
        at = follow(page, {key: PACKED_VGG[:100]})
        assert len(errors(at)) <= 1


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    ("page", "key", "value"),
    [
        ("training", "training.optimizer", "ada"),
        ("training", "training.run", "20250101-000000-deleted"),
        ("losses", "losses.tab.open", "cross_"),
        ("optimizers", "optimizers.surface", "<b>*x*</b>"),
    ],
)
def test_a_link_that_was_cut_or_outlived_its_run_is_told_in_one_sentence(
    page: str, key: str, value: str, language: str
) -> None:
    at = visit(page, language, **{key.replace(".", "__"): value})
    toasts = [toast.value for toast in at.toast]
    assert len(toasts) == 1 and not at.error
    assert toasts == [words("errors", language)("link_unknown", values=plain(value))]
    assert not healthy(at.run()).toast  # once


def test_a_whole_link_is_not_remarked_upon() -> None:
    assert not visit("training", training__optimizer="adam", training__tab__open="code").toast
