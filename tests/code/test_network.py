"""core.code.network: the exported script is executed and prints the calculator's own numbers."""

from functools import partial

import pytest
import torch

from core.code.network import network_printed, network_program
from core.shapes import trace
from core.shapes.code import from_short
from core.shapes.network import PRESETS
from core.text import LANGUAGES
from tests.support.programs import executed, judged

HUGE = "Flatten(),Linear(3072,1000000),Linear(1000000,1000000),Linear(1000000,1000)"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", PRESETS)
def test_shapes_and_parameters_are_those_of_the_calculator(
    name: str, language: str, capsys: pytest.CaptureFixture[str]
) -> None:
    preset = PRESETS[name]
    traced = trace(preset.layers, preset.input_shape)
    found = executed(network_program(preset.layers, traced, preset.input_shape, 3, language).script)
    assert found["shapes"][0] == (3, *preset.input_shape)
    assert found["shapes"][1:] == [(3, *(row.output_shape or ())) for row in traced]
    assert found["parameters"] == sum(row.parameters for row in traced)
    assert capsys.readouterr().out == network_printed(preset.layers, traced, 3, language)
    with torch.no_grad():
        assert found["model"](torch.rand(1, *preset.input_shape)).shape == (1, *found["shapes"][-1][1:])


def test_a_batch_of_one_and_a_grey_image() -> None:
    layers, image = from_short("Flatten(),Linear(12,5),BatchNorm1d(5)"), (1, 3, 4)
    found = executed(network_program(layers, trace(layers, image), image, 1, "en").script)
    assert found["shapes"] == [(1, 1, 3, 4), (1, 12), (1, 5), (1, 5)] and found["parameters"] == 75


def test_a_network_too_large_for_a_machine_takes_no_memory() -> None:
    layers, image = from_short(HUGE), (3, 32, 32)
    traced = trace(layers, image)
    before = torch.get_default_device()
    try:
        found = executed(network_program(layers, traced, image, 64, "en").script)
    finally:
        torch.set_default_device(before)
    assert found["shapes"][-1] == (64, 1000)
    assert found["parameters"] == sum(row.parameters for row in traced) > 10**12


def test_a_broken_network_stops_at_its_layer() -> None:
    layers = from_short("Conv2d(3,6,5),Flatten(),Linear(400,10)")
    traced = trace(layers, (3, 32, 32))
    with pytest.raises(RuntimeError, match="mat1 and mat2 shapes cannot be multiplied"):
        executed(network_program(layers, traced, (3, 32, 32), 1, "en").script)
    assert network_printed(layers, traced, 1, "en") is None


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("text", [*(preset.text for preset in PRESETS.values()), HUGE])
def test_script_and_notebook_are_short_and_in_one_language(text: str, language: str) -> None:
    layers = from_short(text)
    judged(partial(network_program, layers, trace(layers, (3, 32, 32)), (3, 32, 32), 8, language), language)
