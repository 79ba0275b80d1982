"""Page Shape calculator: sliders and formula, a network that breaks and is fixed, pasted text, links."""

import inspect
import json
import re

import pytest
import torch
from streamlit.testing.v1 import AppTest

from core.shapes import LAYERS, conv_output_size
from core.shapes.code import from_short, short
from core.shapes.network import MEASURED, PRESETS
from core.written.link import opened
from tests.conftest import Lab
from tests.support.visit import choose, errors, healthy, open_tab, press, shows, texts, visit, words

TEXT = words("shapes")
LENET = PRESETS["lenet"]


def link(**values: object) -> dict[str, str]:
    """Link parameters of the page, two underscores for a dot: kernel_size stays one word."""
    return {f"shapes__{name}": str(value) for name, value in values.items()}


def network(language: str = "en", **values: object) -> AppTest:
    return visit("shapes", language, **link(view="network", **values))


def drawn(at: AppTest, key: str) -> dict[str, object]:
    """Data given to one of our components."""
    return dict(json.loads(at.get_by_key(key).proto.json))


def table(at: AppTest) -> list[dict[str, object]]:
    return list(drawn(at, "shapes.table")["rows"])  # type: ignore[call-overload]


def outputs(at: AppTest) -> list[str]:
    return [row["cells"][0] for row in table(at)]  # type: ignore[index]


def headline(at: AppTest) -> str:
    return str(at.header[0].value)


def metric(at: AppTest, key: str) -> str:
    return next(metric.value for metric in at.metric if metric.label == TEXT(key))


def latex(at: AppTest) -> list[str]:
    return [element.value for element in at.get("latex")] or [
        element.value for element in at.markdown if r"\frac" in element.value
    ]


# One layer


def test_the_result_follows_every_slider(lab: Lab) -> None:
    at = visit("shapes")
    assert headline(at) == "32 → 28"
    for name, value in (("kernel_size", 7), ("stride", 2), ("padding", 3), ("dilation", 2), ("size", 40)):
        choose(at, f"shapes.{name}", value)
    assert headline(at) == f"40 → {conv_output_size(40, 7, 2, 3, 2)}"
    assert any(r"40 + 2 \cdot 3 - 2 \cdot (7 - 1) - 1" in formula for formula in latex(at))
    data = drawn(at, "shapes.kernel")
    assert data["rows"] == data["columns"]
    assert data["rows"]["output"] == conv_output_size(40, 7, 2, 3, 2)  # type: ignore[index]


def test_a_division_that_is_not_whole_shows_floor_and_lost_rows(lab: Lab) -> None:
    at = visit("shapes", **link(stride=2))
    page_text = " ".join(texts(at))
    assert headline(at) == "32 → 14"
    assert "27 / 2 = 13.5 is **rounded down** to 13" in page_text
    assert "namely 31 (counted from 0)" in page_text
    assert any(r"\left\lfloor 13.5 \right\rfloor" in formula for formula in latex(at))
    assert drawn(at, "shapes.kernel")["rows"]["unread"] == [31]  # type: ignore[index]


def test_a_kernel_larger_than_its_input_is_explained_in_place(lab: Lab) -> None:
    at = visit("shapes", **link(size=3))
    assert headline(at) == "3 → –"
    assert errors(at)[0].startswith("The kernel doesn't fit: kernel_size 5 with dilation 1 spans 5 cells")
    with pytest.raises(RuntimeError) as refusal:
        torch.nn.Conv2d(1, 1, 5)(torch.zeros(1, 1, 3, 3))
    assert [block.value for block in at.code] == [str(refusal.value)]
    assert drawn(at, "shapes.kernel")["rows"]["output"] == 0  # type: ignore[index]
    choose(at, "shapes.padding", 1)
    assert not at.error
    assert headline(at) == "3 → 1"


def test_a_rectangle_starts_as_the_square(lab: Lab) -> None:
    at = choose(visit("shapes", **link(size=20, kernel_size=3)), "shapes.rectangular", True)
    assert headline(at) == "20 × 20 → 18 × 18"
    choose(at, "shapes.size.width", 30)
    choose(at, "shapes.stride", 2)
    assert headline(at) == "20 × 30 → 9 × 28"
    assert at.get_by_key("shapes.kernel_size.width").value == 3
    assert "Rows never read" in " ".join(texts(at))


def test_pooling_rounds_up_and_limits_its_padding(lab: Lab) -> None:
    at = choose(visit("shapes", **link(size=13)), "shapes.mode", "max")
    assert headline(at) == "13 → 6"  # kernel and stride 2, as usual for a pooling
    choose(at, "shapes.ceil_mode", True)
    assert headline(at) == "13 → 7"
    assert "**rounded up** to 6" in " ".join(texts(at))
    choose(at, "shapes.padding", 2)
    assert errors(at) == [words("errors")("shape_pool_padding", padding=2, kernel_size=2, most=1)]
    assert "pad should be at most half of effective kernel size" in at.code[0].value
    choose(at, "shapes.mode", "avg")
    assert not shows(at, "shapes.dilation")
    assert not at.error


def test_a_large_input_is_computed_and_not_drawn(lab: Lab) -> None:
    at = visit("shapes", **link(size=224))
    assert headline(at) == "224 → 220"
    assert not shows(at, "shapes.kernel")
    assert TEXT("grid.too_large", most=64) in [info.value for info in at.info]


def test_backwards_finds_settings_and_takes_them_over(lab: Lab) -> None:
    at = open_tab(visit("shapes"), "shapes.backwards", True)
    press(at, "shapes.wanted.0")
    assert headline(at) == "32 → 32"
    assert at.get_by_key("shapes.padding").value == 2
    choose(at, "shapes.wanted", "half")
    press(at, "shapes.wanted.0")
    assert headline(at) == "32 → 16"
    choose(at, "shapes.wanted", "own")
    choose(at, "shapes.wanted.size", 500)
    assert any("The possible outputs go from 2 to 48" in warning.value for warning in at.warning)
    choose(at, "shapes.wanted", "same")
    choose(at, "shapes.kernel_size", 4)
    assert TEXT("wanted.even", kernel_size=4) in texts(at)


def test_a_link_restores_one_layer_and_says_what_is_out_of_range(lab: Lab) -> None:
    at = visit(
        "shapes", "zh", **link(mode="max", size=20, kernel_size=4, stride=3, padding=2, ceil_mode="true")
    )
    assert headline(at) == "20 → 8"
    at = visit("shapes", **link(size=10**6, kernel_size=10**6, stride=0, padding=-1, dilation="nan"))
    assert headline(at) == "32 → 28"
    assert {line.split(" is ")[0] for line in errors(at)} == {
        "size",
        "kernel_size",
        "stride",
        "padding",
        "dilation",
    }


# A whole network


def test_lenet_comes_first_with_its_numbers(lab: Lab) -> None:
    at = network()
    assert metric(at, "metric.output") == "[1, 10]"
    assert metric(at, "metric.parameters") == "62,006"
    assert metric(at, "metric.macs") == "651,720"
    assert outputs(at)[:4] == ["[1, 3, 32, 32]", "[1, 6, 28, 28]", "[1, 6, 28, 28]", "[1, 6, 14, 14]"]
    assert TEXT("agrees", count=12) in texts(at)
    assert [box["shape"] for box in drawn(at, "shapes.volumes")["boxes"]][:2] == [[3, 32, 32], [6, 28, 28]]  # type: ignore[attr-defined]
    assert "shapes.layers" not in at.query_params
    choose(at, "shapes.batch", 16)
    assert metric(at, "metric.output") == "[16, 10]"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_lenet_breaks_at_28_pixels_and_one_click_fixes_it(lab: Lab, language: str) -> None:
    text = words("shapes", language)
    at = network(language, height=28)
    choose(at, "shapes.width", 28)
    assert [row["state"] for row in table(at)] == [""] * 8 + ["broken"] + ["after"] * 4
    assert errors(at)[0].startswith(text("broken", name="fc1", reason="").strip())
    assert any(
        "mat1 and mat2 shapes cannot be multiplied (1x256 and 400x120)" in block.value for block in at.code
    )
    assert at.button(key="shapes.fix").label == text("fix.in_features", name="fc1", in_features=256)
    assert drawn(at, "shapes.volumes")["boxes"][-1]["group"] == "broken"  # type: ignore[index]
    press(at, "shapes.fix")
    assert not at.error
    assert outputs(at)[-1] == "[1, 10]"
    assert "Linear(256,120)" in at.query_params["shapes.layers"]


def test_every_preset_is_one_click(lab: Lab) -> None:
    at = network()
    for name in (*PRESETS, "lenet"):
        press(at, f"shapes.preset.{name}")
        assert not at.error
        assert len(table(at)) == 1 + len(PRESETS[name].layers)
        assert (
            tuple(at.get_by_key(f"shapes.{side}").value for side in ("channels", "height", "width"))
            == PRESETS[name].input_shape
        )
    press(at, "shapes.preset.empty")
    assert TEXT("empty") in [info.value for info in at.info]
    assert not shows(at, "shapes.remove")
    press(at, "shapes.add")
    assert [row["made"] for row in table(at)] == ["", "Conv2d(3, 16, kernel_size=3)"]


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_says_what_it_shows_and_how_good_it_was(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, name: str, language: str
) -> None:
    monkeypatch.setitem(MEASURED, "lenet", 12.3)
    if name in MEASURED:
        monkeypatch.setitem(MEASURED, name, 45.6)
    channels, height, width = PRESETS[name].input_shape
    layers = PRESETS[name].text or "empty"
    at = network(language, layers=layers, channels=channels, height=height, width=width)
    found = [each.value for each in at.markdown if re.search(r"\d%", each.value)]
    if name not in MEASURED:
        assert not found
        return
    assert len(found) == 1 and words("shapes", language)(f"preset.{name}.about") in found[0]
    assert re.findall(r"[\d.]+%", found[0]) == (["45.6%"] if name == "lenet" else ["45.6%", "12.3%"])
    choose(at, "shapes.height", 40)
    assert not [each.value for each in at.markdown if re.search(r"\d%", each.value)]


def test_layers_are_added_moved_removed_and_changed(lab: Lab) -> None:
    at = network()
    choose(at, "shapes.selected", 2)
    choose(at, "shapes.new", "BatchNorm2d")
    press(at, "shapes.add")
    assert [row["name"] for row in table(at)][3:5] == ["pool1", "bn1"]
    assert not at.error
    press(at, "shapes.up")
    assert [row["name"] for row in table(at)][3:5] == ["bn1", "pool1"]
    assert at.get_by_key("shapes.selected").value == 2
    press(at, "shapes.remove")
    assert len(table(at)) == 13
    choose(at, "shapes.selected", 0)
    choose(at, "shapes.edit.Conv2d.out_channels", 8)
    assert errors(at)[0].startswith("**conv2 breaks.** 8 channels arrive, but in_channels is 6")
    press(at, "shapes.fix")
    assert outputs(at)[-1] == "[1, 10]"
    open_tab(at, "shapes.more", True)
    choose(at, "shapes.edit.rectangular", True)
    choose(at, "shapes.edit.Conv2d.kernel_size.1", 3)
    assert (
        table(at)[1]["made"]
        == "Conv2d(3, 8, kernel_size=(5, 3), stride=(1, 1), padding=(0, 0), dilation=(1, 1))"
    )
    choose(at, "shapes.edit.same", True)
    assert outputs(at)[1] == "[1, 8, 32, 32]"


def test_the_list_lives_in_the_link(lab: Lab) -> None:
    text = "Conv2d(1,4,3,padding='same'),Tanh(),AvgPool2d(2),Flatten(),Linear(784,10)"
    at = network(layers=text, channels=1, height=28, width=28)
    assert outputs(at)[1:] == ["[1, 4, 28, 28]", "[1, 4, 28, 28]", "[1, 4, 14, 14]", "[1, 784]", "[1, 10]"]
    choose(at, "shapes.selected", 4)
    choose(at, "shapes.edit.Linear.out_features", 3)
    kept = at.query_params["shapes.layers"]
    again = network(layers=kept, channels=1, height=28, width=28)
    assert outputs(again)[-1] == "[1, 3]"
    assert short(from_short(kept)) == kept
    assert outputs(network(layers="empty")) == ["[1, 3, 32, 32]"]


HOSTILE = [
    "__import__('os').system('touch /tmp/hacked')",
    "(" * 5000,
    "Conv2d(3,6,5)," * 3000,
    "Conv2d(0,6,5)",
    "ReLU(),nonsense,Tanh()",
    "%00",
    "ReLU()" + ",ReLU()" * 200,
    "<script>alert(1)</script>",
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_list_in_a_link_is_a_sentence(lab: Lab, text: str) -> None:
    at = network(layers=text)
    assert 1 <= len(errors(at)) <= 3
    assert all(len(line) < 250 for line in errors(at))
    if text.startswith("ReLU(),nonsense"):
        assert [row["name"] for row in table(at)] == ["input", "relu1", "tanh1"]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_module_known_by_its_shape_is_shown_edited_and_moved(lab: Lab, language: str) -> None:
    text = words("shapes", language)
    layers = "Conv2d(3,6,5),Other('Residual block',shape=(16,14,14),parameters=1234),Linear(14,2)"
    at = network(language, layers=layers)
    assert outputs(at)[1:] == ["[1, 6, 28, 28]", "[1, 16, 14, 14]", "[1, 16, 14, 2]"]
    assert table(at)[2]["made"] == "Residual block" and not errors(at)
    assert text("agrees.some", count=2) in texts(at)
    assert any(shown.value.startswith("≥ ") for shown in at.metric if shown.label == text("metric.macs"))
    choose(at, "shapes.selected", 1)
    assert text("other.about") in texts(at)
    choose(at, "shapes.edit.Other.shape", "")
    assert outputs(at)[2:] == [text("unknown"), "–"]
    assert [row["state"] for row in table(at)] == [""] * 4 and not errors(at)
    boxes = drawn(at, "shapes.volumes")["boxes"]
    assert [box["caption"] for box in boxes][2:] == [text("unknown")]  # type: ignore[attr-defined]
    choose(at, "shapes.edit.Other.shape", "16, x")
    assert len(errors(at)) == 1 and outputs(at)[2] == text("unknown")
    choose(at, "shapes.edit.Other.shape", "9")
    assert outputs(at)[2] == "[1, 9]"
    choose(at, "shapes.edit.Other.name", "Block")
    assert "Other('Block',shape=(9,),parameters=1234)" in at.query_params["shapes.layers"]
    press(at, "shapes.up")
    assert table(at)[1]["made"] == "Block(...)"
    press(at, "shapes.remove")
    choose(at, "shapes.new", "Other")
    press(at, "shapes.add")
    assert table(at)[2]["made"] == "MyBlock(...)"


def test_every_sort_of_kind_can_be_added_and_edited(lab: Lab) -> None:
    sorts = {tuple((param.kind, param.options) for param in row.params): kind for kind, row in LAYERS.items()}
    assert len(sorts) > 15
    at = network(layers="Conv2d(3,16,1)", height=8, width=8)
    for place, kind in enumerate(sorts.values(), 1):
        choose(at, "shapes.new", kind)
        press(at, "shapes.add")
        if shows(at, "shapes.more"):
            open_tab(at, "shapes.more", True)
        assert at.get_by_key("shapes.selected").value == place and len(table(at)) == place + 2
        layer = from_short(opened(at.query_params["shapes.layers"]))[place]
        assert layer.kind == kind
        for param in layer.row.params:
            wide = isinstance(layer.values[param.name], tuple) and param.kind == "pair"
            assert shows(at, f"shapes.edit.{kind}.{param.name}{'.0' if wide else ''}") == (
                len(param.options) != 1
            )
    healthy(at)


def test_typed_numbers_and_rectangles_of_the_newer_kinds(lab: Lab) -> None:
    text = "ZeroPad2d(1),Upsample(scale_factor=2),LayerNorm((3,68,68)),AdaptiveAvgPool2d(4)"
    at = network(layers=text)
    choose(at, "shapes.selected", 0)
    choose(at, "shapes.edit.ZeroPad2d.padding", "1, 2, 0, 0")
    assert outputs(at)[1:3] == ["[1, 3, 32, 35]", "[1, 3, 64, 70]"]
    assert at.button(key="shapes.fix").label == TEXT(
        "fix.normalized_shape", name="ln1", normalized_shape="(3, 64, 70)"
    )
    press(at, "shapes.fix")
    choose(at, "shapes.selected", 2)
    choose(at, "shapes.edit.LayerNorm.normalized_shape", "70")
    assert "LayerNorm(70)" in [row["made"] for row in table(at)]
    open_tab(at, "shapes.more", True)
    choose(at, "shapes.selected", 1)
    choose(at, "shapes.edit.rectangular", True)
    choose(at, "shapes.edit.Upsample.scale_factor.1", 0.5)
    assert outputs(at)[2] == "[1, 3, 64, 17]"
    choose(at, "shapes.selected", 3)
    choose(at, "shapes.edit.rectangular", True)
    choose(at, "shapes.edit.AdaptiveAvgPool2d.output_size.1", None)
    assert table(at)[4]["made"] == "AdaptiveAvgPool2d((4, None))"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_flatten_that_takes_the_batch_is_pointed_out(lab: Lab, language: str) -> None:
    text = words("shapes", language)
    at = network(language, layers="Flatten(0),Linear(3072,10)")
    choose(at, "shapes.batch", 16)
    assert outputs(at) == ["[16, 3, 32, 32]", "[3072]", "[10]"]
    assert text("merged", name="flatten1") in [warning.value for warning in at.warning]
    at = network(language, layers="Flatten(0),Flatten()")
    assert at.button(key="shapes.fix").label == text("fix.start_dim", name="flatten1", start_dim=1)


# Pasting


def paste(at: AppTest, text: str) -> AppTest:
    open_tab(at, "shapes.pasting", True)
    at.text_area(key="shapes.paste").set_value(text)
    return press(at, "shapes.read")


def test_a_pasted_class_is_read_and_shown_as_code(lab: Lab) -> None:
    from core import lenet

    at = paste(network(layers="ReLU()"), inspect.getsource(lenet))
    assert TEXT("paste.done", count=12) in [element.value for element in at.success]
    assert metric(at, "metric.parameters") == "62,006"
    open_tab(at, "shapes.source", True)
    code = next(block.value for block in at.code if "class Net" in block.value)
    names: dict[str, object] = {}
    exec(code, names)
    net = names["Net"]()  # type: ignore[operator]
    assert tuple(net(torch.zeros(2, 3, 32, 32)).shape) == (2, 10)
    assert sum(p.numel() for p in net.parameters()) == 62_006


def test_lines_that_cannot_be_read_are_said(lab: Lab) -> None:
    at = paste(
        network(),
        "self.conv1 = nn.Conv2d(3, 6, 5)\nself.odd = nn.Transformer(8)\n"
        "self.fc = nn.Linear(hidden, 10)\nself.x = = 3",
    )
    assert [row["name"] for row in table(at)] == ["input", "conv1", "block1", "block2"]
    lines = [re.match(r"- Line (\d)", line) for line in texts(at)]
    assert [match[1] for match in lines if match] == ["2", "3", "4"]


def test_another_network_of_the_text_can_be_chosen_and_the_image_follows(lab: Lab) -> None:
    at = paste(
        network(),
        "digits = nn.Sequential(nn.Conv2d(1, 6, 5), nn.Flatten(), nn.Linear(3456, 10))\n"
        "photos = nn.Sequential(nn.Flatten(), nn.Linear(3072, 7))",
    )
    assert [row["name"] for row in table(at)] == ["input", "flatten1", "fc1"]
    at.selectbox(key="shapes.pasted.network").set_value(0).run()
    assert [row["name"] for row in table(at)] == ["input", "conv1", "flatten1", "fc1"]
    assert (at.number_input(key="shapes.channels").value, at.number_input(key="shapes.height").value) == (
        1,
        28,
    )
    healthy(at)


@pytest.mark.parametrize("text", ["", "hello", "import os\nos.system('x')", "(" * 19_000, "x" * 19_999])
def test_nothing_to_read_leaves_the_list_alone(lab: Lab, text: str) -> None:
    at = paste(network(), text)
    assert TEXT("paste.nothing") in [element.value for element in at.warning]
    assert len(table(at)) == 13


# What both views share


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("view", ["layer", "network"])
def test_each_view_explains_and_shows_its_code(lab: Lab, view: str, language: str) -> None:
    text = words("shapes", language)
    at = visit("shapes", language, **link(view=view))
    assert text(f"notice.{view}") in texts(at)
    open_tab(at, "shapes.tab", text("tab.code"))
    assert any("class SizeFormula" in block.value for block in at.code)


def test_the_language_changes_words_and_keeps_the_network(lab: Lab) -> None:
    at = network(layers="Conv2d(3,4,3),ReLU()")
    before = outputs(at)
    choose(at, "language", "zh")
    assert outputs(at) == before
    assert table(at)[0]["name"] == "输入"
    healthy(at.run())
