"""Page Layer lab: each tab against torch, links, uploaded pictures, impossible settings."""

import base64
import io
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image
from streamlit.testing.v1 import AppTest

from core.dataset import CLASSES, photos, splits
from core.dataset.splits import SPLIT_SEED
from core.layers import modes
from core.layers.activations import ACTIVATIONS
from core.layers.kernels import KERNELS, written
from core.layers.weighted_sum import strongest
from core.lenet import LeNet
from core.normalise import normalise
from core.training.checkpoints import shipped_model
from pages.panels.layers.kernel_choice import checked
from pages.shared.images.number_map import NumberMap, chosen_place
from pages.shared.images.picture import MOST
from tests.conftest import Lab
from tests.support.visit import choose, errors, healthy, open_tab, press, shows, texts, visit, words

TEXT = words("layers")
SHARED = words("shared")
CONV1 = "conv1-2"


def picture(lab: Lab, label: str = "cat", nth: int = 1) -> torch.Tensor:
    images = splits(lab.sketches, SPLIT_SEED).validation
    rows = (images.labels == CLASSES.index(label)).nonzero().flatten()
    row = int(rows[(nth - 1) % len(rows)])
    return images.images[row : row + 1]


def data_of(at: AppTest, key: str) -> dict[str, Any]:
    return dict(json.loads(at.get_by_key(key).proto.json))


def maps_of(at: AppTest, key: str) -> list[torch.Tensor]:
    """Numbers of the maps given to a component."""
    maps = [number_map for group in data_of(at, key)["groups"] for number_map in group]
    flat = [np.frombuffer(base64.b64decode(number_map["values"]), np.float32).copy() for number_map in maps]
    return [
        torch.from_numpy(values).view(-1, number_map["height"], number_map["width"])
        for values, number_map in zip(flat, maps, strict=True)
    ]


def close(actual: torch.Tensor, expected: torch.Tensor) -> bool:
    return actual.shape == expected.shape and torch.allclose(actual, expected, atol=1e-5)


def opened(at: AppTest, name: str, language: str = "en") -> AppTest:
    return open_tab(at, "layers.tab", words("layers", language)(f"tab.{name}"))


def metric(at: AppTest, key: str) -> str:
    return next(metric.value for metric in at.metric if metric.label == TEXT(key))


# Convolution


def test_the_first_panel_convolves_the_picture(lab: Lab) -> None:
    at = visit("layers")
    x, kernel = picture(lab).float() / 255, KERNELS["vertical_edges"](3)
    first, red, green, blue, output = maps_of(at, "layers.convolution")
    assert close(first, x[0])
    assert all(close(plane[0], kernel[0]) for plane in (red, green, blue))
    assert close(output, F.conv2d(x, kernel[None])[0])
    row, column = strongest(output[0])
    assert data_of(at, "layers.convolution")["selected"] == [4, 0, row, column]
    total = float(output[0, row, column])
    assert f"**{total:.4f}**".replace("-", "−") in " ".join(texts(at))
    choose(at, "layers.kernel", "emboss")  # the place stays, so that kernels can be compared there
    assert data_of(at, "layers.convolution")["selected"] == [4, 0, row, column]


def test_every_setting_is_conv2ds(lab: Lab) -> None:
    link = {
        "kernel": CONV1,
        "stride": "2",
        "padding": "3",
        "dilation": "2",
        "bias": "1.5",
        "class": "ship",
        "number": "4",
        "cell": "7-0",
    }
    at = visit("layers", **{f"layers__{name}": value for name, value in link.items()})
    shipped = shipped_model("sketches")
    x = normalise(picture(lab, "ship", 4), shipped.mean, shipped.std)
    weight, bias = shipped.state_dict["conv1.weight"][2:3], shipped.state_dict["conv1.bias"][2:3] + 1.5
    expected = F.conv2d(x, weight, bias, 2, 3, 2)[0]
    *_, output = maps_of(at, "layers.convolution")
    assert close(output, expected)
    data = data_of(at, "layers.convolution")
    assert data["selected"] == [4, 0, 7, 0]
    assert data["reads"] == [
        {
            "source": 4,
            "target": 0,
            "kernel": 5,
            "stride": 2,
            "padding": 3,
            "dilation": 2,
            "share": [1, 1],
            "whole": False,
        }
    ]
    assert TEXT("sum.title", row=7, column=0) in " ".join(texts(at))
    assert TEXT("conv.learned") in texts(at)
    assert at.code[0].value.count("×") == 3 * 25
    assert all(at.query_params[f"layers.{name}"] == value for name, value in link.items())


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_written_sum_adds_up(lab: Lab, language: str) -> None:
    at = visit("layers", language, layers__kernel="edges", layers__size="2", layers__cell="3-5")
    lines = at.code[0].value.replace("−", "-").splitlines()
    products = [term for line in lines if "×" in line for term in line.split("+ ")]
    sums = [float(line.split("=")[1]) for line in lines if "=" in line]
    assert len(sums) == 3
    for channel in range(3):
        numbers = [term.split("×") for term in products if "×" in term][4 * channel : 4 * channel + 4]
        total = sum(float(value.split()[-1]) * float(weight.strip().strip("()")) for value, weight in numbers)
        assert total == pytest.approx(sums[channel], abs=0.005)


def test_an_impossible_size_is_pytorchs_own_sentence(lab: Lab) -> None:
    at = visit("layers", layers__size="7", layers__dilation="6")
    with pytest.raises(RuntimeError) as error:
        F.conv2d(torch.zeros(1, 3, 32, 32), torch.zeros(1, 3, 7, 7), dilation=6)
    assert errors(at) == [TEXT("impossible", said=error.value)]
    assert not shows(at, "layers.convolution")
    choose(at, "layers.dilation", 1)
    assert not at.error
    assert shows(at, "layers.convolution")


def test_a_cell_that_is_no_more_gives_way_to_the_nearest(lab: Lab) -> None:
    at = visit("layers", layers__cell="29-29")
    assert data_of(at, "layers.convolution")["selected"] == [4, 0, 29, 29]
    choose(at, "layers.stride", 4)
    assert data_of(at, "layers.convolution")["selected"] == [4, 0, 7, 7]


@pytest.mark.parametrize("cell", ["x", "1", "-1--1", "999999999999-0", "1.5-2", "²-3", "3-4-5", "<b>"])
def test_a_bad_cell_in_a_link_does_no_harm(lab: Lab, cell: str) -> None:
    at = visit("layers", layers__cell=cell)
    _, tile, row, column = data_of(at, "layers.convolution")["selected"]
    assert tile == 0 and 0 <= row < 30 and 0 <= column < 30


def test_own_numbers_come_from_the_link(lab: Lab) -> None:
    own = "1,0,0,0,0,0,0,0,-2.5"
    at = visit("layers", layers__kernel="own", layers__own=own)
    planes = maps_of(at, "layers.convolution")[1:4]
    assert all(plane.flatten().tolist() == [1, 0, 0, 0, 0, 0, 0, 0, -2.5] for plane in planes)
    assert at.query_params["layers.own"] == own
    choose(at, "layers.size", "5")
    assert maps_of(at, "layers.convolution")[1].shape == (1, 5, 5)
    assert float(maps_of(at, "layers.convolution")[1].sum()) == -1.5


@pytest.mark.parametrize(
    ("own", "key"), [("1,2", "kernel_count"), ("nan", "kernel_weight"), ("<script>", "kernel_numbers")]
)
def test_bad_numbers_in_a_link_are_said(lab: Lab, own: str, key: str) -> None:
    at = visit("layers", layers__kernel="own", layers__own=own)
    values = {
        "kernel_count": {"found": 2},
        "kernel_weight": {"found": "nan", "limit": 100},
        "kernel_numbers": {"found": own},
    }[key]
    assert errors(at) == [words("errors")(key, **values)]
    assert close(maps_of(at, "layers.convolution")[1][0], KERNELS["vertical_edges"](3)[0])


@pytest.mark.parametrize(
    "sent",
    [
        None,
        [],
        [[1, 2]],
        [[[1] * 3] * 3] * 2,
        [[1] * 8],
        [["1"] * 9],
        [[float("nan")] * 9],
        [[10**400] + [0] * 8],
        [[101] * 9],
        [[True] * 9],
    ],
)
def test_what_a_browser_sends_as_a_kernel_is_checked(sent: object) -> None:
    assert checked(sent, 1, 3) is None
    assert checked([[1, 2, 3, 4, 5, 6, 7, 8, 9.5]], 1, 3) == "1,2,3,4,5,6,7,8,9.5"
    assert checked([[1], [2], [3]], 3, 1) == "1,2,3"


@pytest.mark.parametrize(
    "sent",
    [
        None,
        [0, 0, 0],
        [1, 0, 0, 4],
        [1, 0, 3, 0],
        [1, 1, 0, 0],
        [0, 0, 0, 0],
        [1, 0, -1, 0],
        [1, 0, True, 0],
        "x",
        [1, 0, 0.5, 0],
    ],
)
def test_what_a_browser_sends_as_a_place_is_checked(sent: object) -> None:
    maps = [NumberMap(torch.zeros(9, 9), "", ""), NumberMap(torch.zeros(3, 4), "", "", clickable=True)]
    assert chosen_place(sent, maps) is None
    assert chosen_place([1, 0, 2, 3], maps) == (1, 0, 2, 3)
    tiles = [NumberMap(torch.zeros(16, 5, 5), "", "", clickable=True)]
    assert chosen_place([0, 15, 4, 4], tiles) == (0, 15, 4, 4)
    assert chosen_place([0, 16, 4, 4], tiles) is None


def test_convolution_beside_cross_correlation(lab: Lab) -> None:
    at = visit("layers", layers__kernel="emboss")
    at.session_state["layers.flip"] = True
    healthy(at.run())
    kernel = KERNELS["emboss"](3)[0]
    _, plane, correlated, convolved = maps_of(at, "layers.impulse")
    assert (
        torch.equal(correlated[0], kernel.flip(0, 1))
        and torch.equal(convolved[0], kernel)
        and torch.equal(plane[0], kernel)
    )
    assert shows(at, "layers.flipped")
    choose(at, "layers.kernel", "gaussian")
    assert not shows(at, "layers.flipped")
    assert TEXT("flip.same", largest="0.000") in texts(at)


# Pooling


@pytest.mark.parametrize(
    ("kind", "size", "stride", "padding"),
    [("max", 2, 2, 0), ("average", 3, 2, 1), ("max", 5, 1, 2), ("max", 6, 6, 3)],
)
def test_pooling_is_torchs(lab: Lab, kind: str, size: int, stride: int, padding: int) -> None:
    link = {
        "pool": kind,
        "pool_size": str(size),
        "pool_stride": str(stride),
        "pool_padding": str(padding),
        "pooled": "1-2",
    }
    at = opened(visit("layers", **{f"layers__{name}": value for name, value in link.items()}), "pooling")
    before = F.relu(F.conv2d(picture(lab).float() / 255, KERNELS["vertical_edges"](3)[None]))[
        0
    ].requires_grad_()
    after = (F.max_pool2d if kind == "max" else F.avg_pool2d)(before, size, stride, padding)
    maps = maps_of(at, "layers.pooling")
    assert close(maps[0], before.detach()) and close(maps[1], after.detach())
    (gradient,) = torch.autograd.grad(after.sum(), before, retain_graph=True)
    assert close(maps[2], gradient)
    choose(at, "layers.gradient", "one")
    (gradient,) = torch.autograd.grad(after[0, 1, 2], before)
    assert close(maps_of(at, "layers.pooling")[2], gradient)
    assert f"**{float(after[0, 1, 2].detach()):.3f}**" in " ".join(texts(at))


def test_too_much_padding_is_pytorchs_own_sentence(lab: Lab) -> None:
    at = opened(visit("layers", layers__pool_padding="3"), "pooling")
    assert "pad should be at most half" in errors(at)[0]
    assert not shows(at, "layers.pooling")


def test_the_shift_is_measured_on_this_picture(lab: Lab) -> None:
    from core.layers.shifts import changes, shifted

    at = opened(visit("layers", layers__shift="3"), "pooling")
    image, weight = picture(lab), KERNELS["vertical_edges"](3)[None]
    expected = changes(image.float() / 255, shifted(image, 3).float() / 255, weight, torch.zeros(1))
    percents = {name: f"{100 * value:.0f}%" for name, value in vars(expected).items()}
    assert TEXT("shift.told", pixels=3, **percents) in texts(at)
    assert close(maps_of(at, "layers.shifted")[1], shifted(image, 3)[0].float() / 255)


def test_the_accuracy_is_measured_when_asked_for(lab: Lab) -> None:
    from core.evaluation import evaluate

    at = opened(visit("layers"), "pooling")
    assert not shows(at, "layers.accuracy")
    press(at, "layers.measure")
    validation, shipped = splits(lab.sketches, SPLIT_SEED).validation, shipped_model("sketches")
    unmoved = evaluate(
        shipped.network(), validation.images, validation.labels, mean=shipped.mean, std=shipped.std
    ).accuracy
    sentence = next(line for line in texts(at) if line.startswith("Measured just now"))
    assert f"on {len(validation)} validation sketches. Accuracy: {100 * unmoved:.1f}% unmoved" in sentence
    assert shows(at, "layers.accuracy")


# Activation


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_on_the_map(lab: Lab, name: str) -> None:
    at = opened(
        visit("layers", layers__activation=name, layers__scale="2.0", layers__offset="-1.5"), "activation"
    )
    z = 2 * F.conv2d(picture(lab).float() / 255, KERNELS["vertical_edges"](3)[None])[0] - 1.5
    before, after, slope = maps_of(at, "layers.activated")
    assert close(before, z)
    assert close(after, ACTIVATIONS[name].function(z))
    assert metric(at, "share.dead") == f"{100 * float((after == 0).float().mean()):.1f}%"
    assert metric(at, "share.saturated") == f"{100 * float((slope.abs() < 0.005).float().mean()):.1f}%"
    assert len(at.get("echarts_chart")) == 2
    assert shows(at, "layers.piece_first") == (name == "maxout")


def test_a_relu_dies(lab: Lab) -> None:
    at = opened(visit("layers"), "activation")
    choose(at, "layers.offset", -10.0)
    choose(at, "layers.scale", 0.1)
    assert [metric(at, f"share.{name}") for name in ("negative", "dead", "saturated")] == ["100.0%"] * 3


@pytest.mark.parametrize("language", ["en", "zh"])
def test_all_eight_and_the_module(lab: Lab, language: str) -> None:
    at = opened(visit("layers", language), "activation", language)
    at.session_state["layers.compare"] = True
    at.session_state["layers.module"] = True
    healthy(at.run())
    assert at.dataframe[0].value.iloc[:, 0].tolist() == [row.name for row in ACTIVATIONS.values()]
    assert "AttributeError: 'ReLU' object has no attribute 'shape'" in [code.value for code in at.code]


# Flatten and Linear


def test_a_unit_of_fc1(lab: Lab) -> None:
    at = opened(visit("layers", layers__unit="17", layers__flat="207"), "linear")
    shipped = shipped_model("sketches")
    model, x = shipped.network(), normalise(picture(lab), shipped.mean, shipped.std)
    flat = model.pool(F.relu(model.conv2(model.pool(F.relu(model.conv1(x)))))).flatten(1).detach()
    inputs, weights, products = maps_of(at, "layers.linear")
    assert close(inputs.flatten(), flat[0])
    assert close(weights.flatten(), model.fc1.weight[17].detach())
    assert close(products.flatten(), flat[0] * model.fc1.weight[17].detach())
    assert data_of(at, "layers.linear")["selected"] == [2, 8, 1, 2]  # 8 x 25 + 1 x 5 + 2
    assert TEXT("flat.told", channel=8, row=1, column=2, index=207) in texts(at)
    total = f"**{float(model.fc1(flat)[0, 17].detach()):.4f}**".replace("-", "−")
    assert total in " ".join(texts(at))
    assert "`torch.allclose` with atol=1e-4: True" in " ".join(texts(at))


def test_what_opens_first_is_no_zero(lab: Lab) -> None:
    at = opened(visit("layers", layers__class="airplane"), "linear")
    _, _, products = maps_of(at, "layers.linear")
    map_, *cell = data_of(at, "layers.linear")["selected"]
    assert map_ == 2 and abs(products[tuple(cell)]) == products.abs().max() > 0
    opened(at, "pooling")
    after = maps_of(at, "layers.pooling")[1]
    assert after[tuple(data_of(at, "layers.pooling")["selected"][1:])] == after.max() > 0


@pytest.mark.parametrize("flat", ["400", "999", "-1", "x", "³", "99999999999"])
def test_a_bad_index_in_a_link_does_no_harm(lab: Lab, flat: str) -> None:
    at = opened(visit("layers", layers__flat=flat), "linear")
    assert data_of(at, "layers.linear")["selected"] in ([2, 15, 4, 4], [2, 0, 0, 0])


def test_the_wrong_lines_are_run(lab: Lab) -> None:
    at = opened(visit("layers"), "linear")
    at.session_state["layers.wrong"] = True
    answers = " ".join(code.value for code in healthy(at.run()).code)
    assert (
        "(160x5 and 400x120)" in answers
        and "shape '[-1, 576]' is invalid for input of size 6400" in answers
        and "(25, 576)" in answers
    )


# The whole page


def test_choices_go_from_tab_to_tab(lab: Lab) -> None:
    at = visit("layers")
    choose(choose(at, "layers.kernel", "emboss"), "layers.size", "5")
    choose(at, "layers.stride", 3)
    opened(at, "activation")
    choose(at, "layers.offset", 2.0)
    expected = F.conv2d(picture(lab).float() / 255, KERNELS["emboss"](5)[None])[0] + 2
    assert close(maps_of(at, "layers.activated")[0], expected)
    opened(at, "convolution")
    assert at.get_by_key("layers.stride").value == 3
    assert at.get_by_key("layers.kernel").value == "emboss"
    opened(at, "activation")
    choose(at, "language", "zh")  # the same tab is open
    assert at.get_by_key("layers.kernel").value == "emboss"
    assert at.get_by_key("layers.offset").value == 2.0


def test_a_link_opens_the_tab(lab: Lab) -> None:
    at = visit("layers", "zh", layers__tab__open="linear", layers__unit="5")
    assert shows(at, "layers.linear")
    assert at.get_by_key("layers.unit").value == 5
    assert at.query_params["layers.tab.open"] == "linear"


def test_only_the_open_tab_runs(lab: Lab) -> None:
    at = visit("layers")
    keys = {
        "convolution": "layers.convolution",
        "pooling": "layers.pooling",
        "activation": "layers.activated",
        "linear": "layers.linear",
    }
    for name in keys:
        opened(at, name)
        assert [shows(at, key) for key in keys.values()] == [other == name for other in keys]


def test_every_picture_of_a_class_can_be_chosen(lab: Lab) -> None:
    at = choose(visit("layers"), "layers.class", "truck")
    choose(at, "layers.number", 3)
    assert close(maps_of(at, "layers.convolution")[0], picture(lab, "truck", 3)[0].float() / 255)
    choose(at, "layers.number", MOST)
    assert close(maps_of(at, "layers.convolution")[0], picture(lab, "truck", MOST)[0].float() / 255)


def test_without_cifar_10_the_page_says_how_to_get_it(lab: Lab) -> None:
    at = visit("layers", layers__data_set="cifar-10")
    assert words("shared")("data.missing") in texts(at)
    assert not shows(at, "layers.convolution")
    choose(at, "layers.data_set", "sketches")
    assert shows(at, "layers.convolution")


def test_a_damaged_data_set_is_one_sentence(lab: Lab) -> None:
    file = lab.own_sketches() / "data_batch_2"
    file.write_bytes(b"?" * file.stat().st_size)
    at = visit("layers")
    assert len(at.error) == 1 and "data_batch_2" in errors(at)[0]
    assert not shows(at, "layers.convolution")


# Uploads


def png(width: int = 90, height: int = 60) -> bytes:
    buffer = io.BytesIO()
    Image.linear_gradient("L").resize((width, height)).convert("RGB").save(buffer, "PNG")
    return buffer.getvalue()


def uploaded(name: str, content: bytes, language: str = "en") -> AppTest:
    at = visit("layers", language, layers__source="upload")
    return healthy(at.file_uploader(key="layers.file").upload(name, content, "image/png").run())


def test_an_uploaded_picture_is_convolved(lab: Lab) -> None:
    at = visit("layers", layers__source="upload")
    assert SHARED("picture.none") in [info.value for info in at.info]
    at = uploaded("mine.png", png())
    expected = photos.to_input(photos.read_image(png())).float() / 255
    assert close(maps_of(at, "layers.convolution")[0], expected[0])
    assert data_of(at, "layers.picture")["names"] == [SHARED("picture.uploaded", width=90, height=60)]
    choose(at, "layers.source", "data")
    assert close(maps_of(at, "layers.convolution")[0], picture(lab)[0].float() / 255)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    ("content", "key"),
    [
        (b"", "photo_empty"),
        (b"<svg onload=alert(1)>", "photo_format"),
        (png()[:120], "photo_damaged"),
        (b"cos\nsystem\n", "photo_format"),
    ],
)
def test_a_file_that_is_no_picture_is_one_sentence(lab: Lab, content: bytes, key: str, language: str) -> None:
    at = uploaded("evil.png", content, language)
    formats = {"en": ", ", "zh": "、"}[language].join(photos.FORMATS)
    assert errors(at) == [words("errors", language)(key, formats=formats)]
    assert not shows(at, "layers.convolution")


# train() and eval()


def open_modes(language: str = "en", **link: str) -> AppTest:
    link = {"tab__open": "modes", **link}
    return visit("layers", language, **{f"layers__{name}": value for name, value in link.items()})


def table(at: AppTest, index: int) -> list[list[str]]:
    return [list(row) for row in at.table[index].value.astype(str).to_numpy()]


def column(at: AppTest, index: int) -> list[float]:
    return [float(row[index].replace("−", "-")) for row in table(at, 0)]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_both_modes_of_dropout_and_batchnorm(lab: Lab, language: str) -> None:
    at, x = open_modes(language), torch.tensor(modes.ROW)
    assert column(at, 0) == column(at, 2) == x.tolist()
    assert all(dropped in (0, 2 * value) for dropped, value in zip(column(at, 1), x.tolist(), strict=True))
    normalised = F.batch_norm(x[:, None], None, None, training=True)[:, 0]
    assert column(at, 3) == pytest.approx(normalised.tolist(), abs=0.006)
    first = column(at, 1)
    press(press(at, "layers.again"), "layers.again")
    assert at.get_by_key("layers.passes").value == 3
    assert column(at, 1) != first
    assert column(at, 2) == x.tolist()
    assert column(at, 3) == pytest.approx(normalised.tolist(), abs=0.006)
    mean, var = 4.5 * (1 - 0.9**3), 6 - 5 * 0.9**3
    assert column(at, 4) == pytest.approx(((x - mean) / var**0.5).tolist(), abs=0.006)
    assert any(f"**{mean:.5g}**" in line and f"**{var:.5g}**" in line for line in texts(at))
    choose(at, "layers.p", 0.0)
    assert column(at, 1) == x.tolist()
    assert "ValueError: Expected more than 1 value per channel when training" in at.code[0].value


@pytest.mark.parametrize("language", ["en", "zh"])
def test_eval_and_no_grad_are_two_switches(lab: Lab, language: str) -> None:
    text = words("layers", language)
    at = open_modes(language)
    switches, losses, graphs, kept, moved = zip(*table(at, 1), strict=True)
    assert switches == ("`train()`", "`train()` + `no_grad()`", "`eval()`", "`eval()` + `no_grad()`")
    assert losses[0] == losses[1] != losses[2] == losses[3]
    assert graphs == ("True", "False", "True", "False")
    assert [int(number) > 0 for number in kept] == [True, False, True, False]
    assert moved == tuple(text(f"modes.moved.{name}") for name in ("true", "true", "false", "false"))
    assert "grad_fn=<NllLossBackward0>" in at.code[1].value
    said = "RuntimeError: element 0 of tensors does not require grad and does not have a grad_fn"
    assert said in at.code[1].value
    choose(at, "layers.network", "lenet")
    assert len({row[1] for row in table(at, 1)}) == 1
    assert text("modes.same", difference="0") in texts(at)


def test_a_link_to_the_modes_is_restored_and_checked(lab: Lab) -> None:
    at = open_modes(p="0.2", passes="5", network="lenet")
    assert (at.get_by_key("layers.p").value, at.get_by_key("layers.passes").value) == (0.2, 5)
    assert at.get_by_key("layers.network").value == "lenet"
    at = open_modes(p="nan", passes="1e9", network="<script>")
    assert len(errors(at)) == 2
    assert (at.get_by_key("layers.p").value, at.get_by_key("layers.passes").value) == (0.5, 1)
    assert at.get_by_key("layers.network").value == "with_modes"
    press(choose(at, "layers.passes", 50), "layers.again")
    assert at.get_by_key("layers.passes").value == 50


def test_the_code_of_the_modes_runs(lab: Lab) -> None:
    at = open_modes()
    at.session_state["layers.code.modes"] = True
    names: dict[str, Any] = vars(modes) | {"passes": None, "case": None, "difference": None}
    exec(healthy(at.run()).code[-1].value, names)
    assert torch.equal(names["passes"](2, 0.5).norm_eval, modes.passes(2, 0.5).norm_eval)
    assert names["difference"](LeNet(), modes.noise()[0]) == 0
    assert names["case"](LeNet(), *modes.noise(), training=False, no_grad=True).saved == 0


def test_a_link_says_what_it_asks_too_much_of(lab: Lab) -> None:
    link = {
        "stride": "99",
        "padding": "-1",
        "bias": "nan",
        "number": "0",
        "kernel": "nobody",
        "size": "8",
        "source": "ftp",
        "class": "cow",
    }
    at = visit("layers", **{f"layers__{name}": value for name, value in link.items()})
    assert len(errors(at)) == 4
    assert at.get_by_key("layers.kernel").value == "vertical_edges"
    assert maps_of(at, "layers.convolution")[-1].shape == (1, 30, 30)
    assert written(KERNELS["vertical_edges"](3)) == "-1,0,1,-2,0,2,-1,0,1"


def test_damaged_shipped_weights_are_one_sentence(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from core.training import checkpoints

    shutil.copytree(checkpoints.SHIPPED, tmp_path / "weights")
    file = tmp_path / "weights" / "lenet-sketches.safetensors"
    file.write_bytes(file.read_bytes()[:-1])
    monkeypatch.setattr(checkpoints, "SHIPPED", tmp_path / "weights")
    at = visit("layers")
    assert errors(at) == [words("errors")("checkpoint_damaged", path=file.name)]
    assert not shows(at, "layers.convolution")
