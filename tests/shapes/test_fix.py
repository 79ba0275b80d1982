"""core.shapes.fix: every kind of layer is repaired, or left where no simple correction exists."""

import random

import pytest

from core.shapes import Layer, trace
from core.shapes.fix import fix
from core.shapes.trace import failing
from core.text import LANGUAGES, load
from tests.shapes.settings import KNOWN, random_setting

FLATTEN = Layer("Flatten", {})
LINEAR = Layer("Linear", {"in_features": 8, "out_features": 8})
# Refusals without a simple correction, for what a map has to become is the learner's choice.
LEFT = ("layer_needs_map", "layer_pixel_shuffle", "layer_unflatten", "layer_too_many_dimensions")


def repaired(layers: tuple[Layer, ...], image: tuple[int, int, int]) -> set[str]:
    """Keys of the corrections until the network runs; at the end, the key of what is left."""
    keys = set()
    for _ in range(9):
        rows = trace(layers, image)
        broken = failing(rows)
        if broken is None:
            return keys
        correction = fix(layers, rows)
        if correction is None:
            refusal = rows[broken].refusal
            assert refusal is not None
            return {*keys, refusal.key}
        assert correction.layers != layers, correction
        for language in LANGUAGES:
            assert load(language, "shapes")(f"fix.{correction.key}", **correction.values)
        keys.add(correction.key)
        layers = correction.layers
    pytest.fail(f"never repaired: {layers}")


@pytest.mark.parametrize("kind", KNOWN)
def test_every_kind_is_repaired(kind: str) -> None:
    for seed in range(60):
        draw = random.Random(f"{kind} {seed}")
        image = (draw.choice([1, 2, 3, 4, 8]), draw.randint(1, 12), draw.randint(1, 12))
        before = draw.choice([(), (), (), (FLATTEN,), (Layer("Flatten", {"start_dim": 0}),), (LINEAR,)])
        layers = (*before, random_setting(kind, image, draw), *before)
        left = repaired(layers, image) & LAYERS_REFUSALS
        assert left <= set(LEFT), (kind, seed, left)


LAYERS_REFUSALS = {key for key in load("en", "errors") if key.startswith(("layer_", "shape_"))}


@pytest.mark.parametrize(
    ("kind", "params", "image", "key", "written"),
    [
        ("BatchNorm1d", {"num_features": 4}, (3, 8, 8), "kind", "BatchNorm2d"),
        ("GroupNorm", {"num_groups": 4, "num_channels": 8}, (6, 8, 8), "num_channels", "GroupNorm"),
        ("PReLU", {"num_parameters": 4}, (3, 8, 8), "num_parameters", "PReLU"),
        ("LayerNorm", {"normalized_shape": (8, 8)}, (3, 8, 9), "normalized_shape", "LayerNorm"),
        ("InstanceNorm2d", {"num_features": 3}, (3, 1, 1), "drop", None),
        ("Upsample", {}, (3, 8, 8), "scale_factor", "Upsample"),
        ("ReflectionPad2d", {"padding": (1, 9, 0, 8)}, (3, 4, 4), "padding", "ReflectionPad2d"),
        ("Hardtanh", {"min_val": 2}, (3, 4, 4), "min_val", "Hardtanh"),
    ],
)
def test_one_correction_is_enough(
    kind: str, params: dict[str, object], image: tuple[int, int, int], key: str, written: str | None
) -> None:
    layers = (Layer(kind, params),)
    correction = fix(layers, trace(layers, image))
    assert correction is not None and correction.key == key
    assert [layer.kind for layer in correction.layers] == ([written] if written else [])
    assert failing(trace(correction.layers, image)) is None


def test_a_depthwise_convolution_stays_one() -> None:
    params = {"in_channels": 8, "out_channels": 8, "kernel_size": 3, "groups": 8}
    layers = (Layer("Conv2d", params),)
    correction = fix(layers, trace(layers, (6, 9, 9)))
    assert correction is not None and correction.key == "in_channels_depthwise"
    assert correction.layers[0].values["groups"] == correction.layers[0].values["out_channels"] == 6


def test_batch_norm_behind_a_linear_layer_becomes_that_of_vectors() -> None:
    layers = (
        FLATTEN,
        Layer("Linear", {"in_features": 27, "out_features": 5}),
        Layer("BatchNorm2d", {"num_features": 5}),
    )
    correction = fix(layers, trace(layers, (3, 3, 3)))
    assert correction is not None and correction.layers[2] == Layer("BatchNorm1d", {"num_features": 5})
