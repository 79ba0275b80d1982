"""The page Inside LeNet without a browser: the sum of each kind of unit, links, hostile links, filters."""

import base64
import re
from typing import Any

import numpy as np
import pytest
import torch

from core.dataset import CLASSES, splits
from core.dataset.splits import SPLIT_SEED
from core.inside.forward_pass import ForwardPass, forward_pass
from core.inside.stages import stages
from core.inside.units import Survey, survey
from core.normalise import normalise
from core.training import checkpoints
from pages.panels.inside import units
from tests.conftest import Lab
from tests.support.visit import choose, data_of, errors, shows, texts, visit, words

TEXT = words("inside")
LENET = stages("")


def expected(lab: Lab) -> ForwardPass:
    """The forward pass of the picture that the page shows first: the first cat."""
    weights, images = checkpoints.shipped_model("sketches"), splits(lab.sketches, SPLIT_SEED).validation
    first = images.images[images.labels == CLASSES.index("cat")][:1]
    with torch.no_grad():
        return forward_pass(weights.network(), normalise(first, weights.mean, weights.std))


def maps(at: Any, key: str = "inside.forward") -> list[dict[str, Any]]:
    groups: Any = data_of(at, key)["groups"]
    return [number_map for group in groups for number_map in group]


def numbers(number_map: dict[str, Any]) -> np.ndarray:
    return np.frombuffer(base64.b64decode(number_map["values"]), np.float32)


@pytest.mark.parametrize("before", [False, True])
def test_the_picture_shows_every_stage(lab: Lab, before: bool) -> None:
    at = visit("inside", **({"inside__relu": "before"} if before else {}))
    passed = expected(lab)
    stages = ("conv1", "pool1", "conv2", "pool2", "flat", "fc1", "fc2", "logits", "softmax")
    if not before:
        stages = ("relu1", "pool1", "relu2", "pool2", "flat", "relu3", "relu4", "logits", "softmax")
    drawn = maps(at)
    assert len(drawn) == len(stages) + 1
    for number_map, stage in zip(drawn[1:], stages, strict=True):
        np.testing.assert_allclose(numbers(number_map), passed[stage].flatten().numpy(), atol=1e-6)
        assert number_map["alt"] and number_map["clickable"]
    best = int(passed.logits.argmax())
    assert TEXT(
        "forward.answer", name=CLASSES[best], percent=f"{100 * float(passed.softmax[0, best]):.1f}"
    ) in texts(at)


@pytest.mark.parametrize(
    "name",
    [
        "conv1-2-3-4",
        "relu1-5-27-27",
        "conv2-15-9-9",
        "relu2-0-0-0",
        "fc1-0-9-11",
        "relu3-0-0-3",
        "fc2-0-6-11",
        "logits-0-9-0",
    ],
)
def test_the_sum_of_a_unit_is_what_torch_says(lab: Lab, name: str) -> None:
    at = visit("inside", inside__unit=name, inside__relu="before" if re.match("conv|fc", name) else "after")
    here = LENET.unit(name)
    assert here is not None
    stage = {"relu1": "conv1", "relu2": "conv2", "relu3": "fc1", "relu4": "fc2"}.get(here.stage, here.stage)
    value = float(expected(lab)[stage].flatten()[LENET[here.stage].index(here)])
    text = " ".join(texts(at)).replace("−", "-")
    assert f"**{value:.4f}**" in text and f"PyTorch says {value:.6f}" in text
    assert float(re.search(r"difference ([\d.e+-]+),", text)[1]) < 1e-4  # type: ignore[index]
    products = [numbers(number_map) for number_map in maps(at, "inside.terms")]
    np.testing.assert_allclose(products[0] * products[1], products[2], atol=1e-6)
    assert data_of(at, "inside.forward")["selected"][1:] == [here.channel, here.row, here.column]  # type: ignore[index]


def test_units_that_compute_nothing_or_little(lab: Lab) -> None:
    passed = expected(lab)
    window = passed["relu1"][0, 1, 4:6, 6:8].max()
    assert f"**{float(window):.4f}**" in " ".join(texts(visit("inside", inside__unit="pool1-1-2-3")))
    index = 3 * 25 + 2 * 5 + 4
    text = " ".join(texts(visit("inside", inside__unit="flat-0-3-14")))
    assert (
        TEXT(
            "unit.flat",
            index=index,
            count=400,
            maps="pooled 16\N{NO-BREAK SPACE}×\N{NO-BREAK SPACE}5\N{NO-BREAK SPACE}×\N{NO-BREAK SPACE}5",
            channel=3,
            row=2,
            column=4,
            value=f"{float(passed['flat'][0, index]):.4f}",
        )
        in text
    )
    assert f"**{float(passed.softmax[0, 4]):.4g}**" in " ".join(
        texts(visit("inside", inside__unit="softmax-0-4-0"))
    )
    assert f"= **{float(passed['input'][0, 1, 2, 3]):.4f}**".replace("-", "−") in " ".join(
        texts(visit("inside", inside__unit="input-0-2-3"))
    )


def test_a_unit_says_which_pixels_it_sees(lab: Lab) -> None:
    text = list(texts(visit("inside", inside__unit="pool2-0-1-2")))
    assert TEXT("unit.reads", height=16, width=16, top=4, bottom=19, left=8, right=23) in text
    assert TEXT("unit.reads.all") in list(texts(visit("inside", inside__unit="relu3-0-0-0")))


@pytest.mark.parametrize("link", ["", "junk", "relu1-99-0-0", "relu2-0-0", "<b>x</b>", "9" * 500])
def test_a_link_to_no_unit_shows_the_strongest(lab: Lab, link: str) -> None:
    at = visit("inside", inside__unit=link)
    index = int(expected(lab)["relu2"].flatten().argmax())
    _, height, width = LENET["relu2"].shape
    assert data_of(at, "inside.forward")["selected"] == [
        3,
        index // (height * width),
        index // width % height,
        index % width,
    ]


def test_mistakes_are_pictures_too(lab: Lab) -> None:
    at = visit("inside", inside__source="mistakes")
    weights, images = checkpoints.shipped_model("sketches"), splits(lab.sketches, SPLIT_SEED).validation
    wrong = (
        weights.network()(normalise(images.images, weights.mean, weights.std)).argmax(1) != images.labels
    ).sum()
    if wrong:
        assert len(at.get_by_key("inside.mistake").options) == int(wrong) and shows(at, "inside.forward")
    else:
        assert words("shared")("picture.mistakes.none") in [info.value for info in at.info]


def test_filters_are_the_weights(lab: Lab) -> None:
    at = visit("inside", inside__tab__open="filters")
    model = checkpoints.shipped_model("sketches").network()
    conv1, conv2 = maps(at, "inside.filters")
    np.testing.assert_array_equal(numbers(conv1), model.conv1.weight.detach().flatten().numpy())
    np.testing.assert_array_equal(numbers(conv2), model.conv2.weight.detach().flatten().numpy())
    assert (conv1["low"], conv1["tiles"], conv2["tiles"]) == (-conv1["high"], 18, 96)
    assert shows(at, "inside.weights") and shows(at, "inside.activations")


def test_the_images_that_excite_a_unit(lab: Lab) -> None:
    at = choose(
        choose(visit("inside", inside__tab__open="units"), "inside.stage", "relu4"), "inside.number.relu4", 5
    )
    weights, images = checkpoints.shipped_model("sketches"), splits(lab.sketches, SPLIT_SEED).validation
    found = survey(weights.network(), LENET, images.images, weights.mean, weights.std)["relu4"]
    if 5 in found.dead:
        assert TEXT("units.is_dead", n=5) in [info.value for info in at.info]
    else:
        captions = [
            TEXT("units.caption", name=CLASSES[int(images.labels[row])], value=f"{value:.2f}")
            for row, value in zip(found.images[5].tolist(), found.values[5].tolist(), strict=True)
            if value > 0
        ]
        assert data_of(at, "inside.top")["captions"] == captions
    assert str(len(found.dead)) in next(line for line in texts(at) if "fc2" in line and "of 84" in line)


def test_only_images_that_excite_a_unit_are_shown(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    def scarce(*_: Any) -> dict[str, Survey]:
        values, zeros = torch.zeros(16, 10), torch.zeros(16, 10, dtype=torch.int64)
        values[0, :2] = torch.tensor([3.0, 2.0])  # none of the others is ever positive
        return {"relu2": Survey(values, zeros, zeros, 10)}

    monkeypatch.setattr(units, "surveyed", scarce)
    at = visit("inside", inside__tab__open="units")
    assert [len(data_of(at, key)["captions"]) for key in ("inside.top", "inside.patches")] == [2, 2]  # type: ignore[arg-type]
    choose(at, "inside.number.relu2", 1)
    assert TEXT("units.is_dead", n=1) in [info.value for info in at.info] and not shows(at, "inside.top")


def test_the_last_bars_have_the_names_of_the_classes(lab: Lab) -> None:
    drawn = maps(visit("inside"))
    assert [len(item["bars"]) for item in drawn] == [0] * 8 + [10, 10] and drawn[8]["bars"] == list(CLASSES)


def test_a_damaged_model_is_one_sentence(lab: Lab, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoints, "SHIPPED", tmp_path)
    assert errors(visit("inside")) == [words("errors")("no_shipped_model", data_set="sketches")]
