"""Random settings of every kind of layer, mostly such as fit what arrives, compared with torch."""

import random
import warnings
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch.utils.flop_counter import FlopCounterMode

from core.errors import InputError
from core.shapes import LAYERS, Layer
from core.shapes.layers import OTHER, REQUIRED, Merged
from core.shapes.torch_check import layer_class
from core.text import LANGUAGES

Shape = tuple[int, ...]
Given = tuple[dict[str, Any], dict[str, Any]]  # arguments always given, and sometimes
KNOWN = [kind for kind in LAYERS if kind != OTHER]
# torch's errors for a setting that it refuses
REFUSALS = (RuntimeError, ValueError, IndexError, TypeError, AssertionError)
BATCH = 7  # no number of channels here, so that torch can't take the batch for channels
# Where torch takes the batch for rows or channels without a word, and more dimensions than are shown here.
STRICTER = {
    "layer_needs_map": ("ZeroPad2d", "PixelShuffle", "AdaptiveAvgPool2d"),
    "layer_batch_dimension": ("Unflatten",),
    "layer_too_many_dimensions": ("Unflatten",),
}
TORCH_WARNS = (  # about settings that it takes
    "ignore:Using padding='same'",
    "ignore:Implicit dimension choice",
    "ignore:dropout2d",
    "ignore:input's size at dim",
)
SINGLE = "layer_norm_single"  # refused for a batch of one image only


def number(draw: random.Random, low: int, high: int) -> int | tuple[int, int]:
    one = draw.randint(low, high)
    return (one, draw.randint(low, high)) if draw.random() < 0.3 else one


def fitting(draw: random.Random, right: int) -> int:
    return right if draw.random() < 0.9 else draw.randint(1, 6)


def channels(name: str, **more: Any) -> Callable[[random.Random, Shape], Given]:
    return lambda draw, shape: (
        {name: fitting(draw, shape[0])},
        {**more, "eps": 1e-3, "affine": draw.random() < 0.5, "bias": False},
    )


def convolution(draw: random.Random, shape: Shape) -> Given:
    inputs = fitting(draw, shape[0])
    groups = draw.choice([1, 1, 1, inputs, 2])
    outputs = draw.randint(1, 4) * (groups if draw.random() < 0.9 else 1)
    sizes = {"kernel_size": number(draw, 1, 5), "groups": groups}
    padding = draw.choice([number(draw, 0, 4), number(draw, 0, 4), "same", "valid"])
    modes = ["zeros", "reflect", "replicate", "circular"]
    some = {"stride": number(draw, 1, 3), "padding": padding, "dilation": number(draw, 1, 3), "bias": False}
    return {"in_channels": inputs, "out_channels": outputs, **sizes}, {
        **some,
        "padding_mode": draw.choice(modes),
    }


def transposed(draw: random.Random, shape: Shape) -> Given:
    params, some = convolution(draw, shape)
    some |= {"padding": number(draw, 0, 4), "output_padding": number(draw, 0, 2), "padding_mode": "zeros"}
    return params, some


def pooling(draw: random.Random, shape: Shape) -> Given:
    some = {
        "stride": draw.choice([None, number(draw, 1, 4)]),
        "padding": number(draw, 0, 2),
        "ceil_mode": True,
    }
    return {"kernel_size": number(draw, 1, 4)}, some


def upsample(draw: random.Random, shape: Shape) -> Given:
    factor = draw.choice([2, 3.0, 0.5, 0.1, 1.7, (2, 1.5), (0.3, 4)])
    given = draw.choice([{"size": number(draw, 1, 9)}, {"scale_factor": factor}, {"scale_factor": factor}])
    some = {"mode": draw.choice(["bilinear", "bicubic", "nearest-exact"])}
    some |= {name: draw.choice([None, True, False]) for name in ("align_corners", "recompute_scale_factor")}
    return given if draw.random() < 0.9 else {}, some | {"scale_factor": 2} if draw.random() < 0.1 else some


def unflatten(draw: random.Random, shape: Shape) -> Given:
    dim = draw.randint(1, len(shape)) if draw.random() < 0.8 else draw.randint(-4, 3)
    size = shape[min(abs(dim), len(shape)) - 1] if dim else BATCH
    first = draw.choice([divisor for divisor in range(1, size + 1) if size % divisor == 0])
    sizes = draw.choice(
        [(first, size // first), (first, -1), (-1, first), (2, 3), (-1, -1), (1, first, -1), (size,)]
    )
    return {"dim": dim, "unflattened_size": sizes}, {}


def group_norm(draw: random.Random, shape: Shape) -> Given:
    groups = draw.choice([1, 1, 2, shape[0]])
    return {"num_groups": groups, "num_channels": fitting(draw, shape[0])}, {"affine": False, "bias": False}


def layer_norm(draw: random.Random, shape: Shape) -> Given:
    sizes = shape[draw.randrange(len(shape)) :] if draw.random() < 0.9 else (draw.randint(1, 6),)
    return (
        {"normalized_shape": sizes[0] if len(sizes) == 1 else sizes},
        {"elementwise_affine": False, "bias": False, "eps": 1e-3},
    )


def border(draw: random.Random, shape: Shape) -> Given:
    sides = tuple(draw.randint(0, 5) for _ in range(4))
    return {"padding": draw.choice([sides[0], sides])}, {}


def grid(draw: random.Random, shape: Shape) -> Given:
    sides = number(draw, 1, 9)
    return {"output_size": draw.choice([sides, sides, (None, 3), (2, None)])}, {}


SETTINGS: Mapping[str, Callable[[random.Random, Shape], Given]] = {
    "Conv2d": convolution,
    "ConvTranspose2d": transposed,
    "MaxPool2d": lambda draw, shape: (
        pooling(draw, shape)[0],
        pooling(draw, shape)[1] | {"dilation": number(draw, 1, 3)},
    ),
    "AvgPool2d": lambda draw, shape: (
        pooling(draw, shape)[0],
        pooling(draw, shape)[1] | {"count_include_pad": False, "divisor_override": 3},
    ),
    "AdaptiveAvgPool2d": grid,
    "AdaptiveMaxPool2d": grid,
    "BatchNorm1d": channels("num_features"),
    "BatchNorm2d": channels("num_features"),
    "InstanceNorm2d": channels("num_features", track_running_stats=True),
    "GroupNorm": group_norm,
    "LayerNorm": layer_norm,
    "LocalResponseNorm": lambda draw, shape: ({"size": draw.randint(1, 7)}, {"alpha": 1e-3, "k": 2}),
    "PReLU": lambda draw, shape: ({}, {"num_parameters": fitting(draw, shape[0]), "init": 0.1}),
    "Hardtanh": lambda draw, shape: ({}, {"min_val": draw.choice([-2, 0, 3.5]), "max_val": 2}),
    "Softmax": lambda draw, shape: ({}, {"dim": draw.randint(-4, 3)}),
    "LogSoftmax": lambda draw, shape: ({}, {"dim": draw.randint(-4, 3)}),
    "LeakyReLU": lambda draw, shape: ({}, {"negative_slope": -0.5}),
    "ELU": lambda draw, shape: ({}, {"alpha": 0.5}),
    "CELU": lambda draw, shape: ({}, {"alpha": 0.5}),
    "Softplus": lambda draw, shape: ({}, {"beta": 2, "threshold": 10.0}),
    "GELU": lambda draw, shape: ({}, {"approximate": "tanh"}),
    **dict.fromkeys(("Dropout", "Dropout2d", "AlphaDropout"), lambda draw, shape: ({}, {"p": 0.25})),
    **dict.fromkeys(("ZeroPad2d", "ReflectionPad2d", "ReplicationPad2d"), border),
    "Upsample": upsample,
    "PixelShuffle": lambda draw, shape: ({"upscale_factor": draw.randint(1, 3)}, {}),
    "Flatten": lambda draw, shape: ({}, {"start_dim": draw.randint(1, 3), "end_dim": draw.randint(-3, 3)}),
    "Unflatten": unflatten,
    "BasicBlock": lambda draw, shape: (
        {"inplanes": fitting(draw, shape[0]), "planes": draw.choice([shape[0], draw.randint(1, 6)])},
        {"stride": draw.randint(1, 3)},
    ),
    "Linear": lambda draw, shape: (
        {"in_features": fitting(draw, shape[-1]), "out_features": draw.randint(1, 20)},
        {"bias": False},
    ),
}


def required(kind: str) -> Layer:
    """A layer of this kind with its required arguments only."""
    special = {"unflattened_size": (2, 2), "name": "Block"}
    names = [param.name for param in LAYERS[kind].params if param.default is REQUIRED]
    return Layer(kind, {name: special.get(name, 2) for name in names})


def random_setting(kind: str, shape: Shape, draw: random.Random) -> Layer:
    """A layer of this kind that mostly fits the shape."""
    params, some = SETTINGS.get(kind, lambda draw, shape: ({}, {"inplace": True}))(draw, shape)
    known = {param.name for param in LAYERS[kind].params}
    given = {name: value for name, value in some.items() if name in known and draw.random() < 0.4}
    return Layer(kind, params | given)


def random_arrival(kind: str, draw: random.Random) -> Shape:
    """The shape of what arrives: mostly one that the kind takes, sometimes without a batch."""
    whole = (draw.choice([1, 2, 3, 4, 6, 8, 9]), draw.randint(1, 12), draw.randint(1, 12))
    dims = [1, 1, 2, 3] if kind in ("BatchNorm1d", "Unflatten") else [1, 2, 3, 3, 3, 3, 3, 3, 3]
    shape = whole[: draw.choice(dims)]
    return Merged(shape) if draw.random() < 0.15 else shape


def compare(kind: str, seed: int) -> str | None:
    """Check one random setting against torch: size, parameters, MACs; return the key of our refusal."""
    draw = random.Random(f"{kind} {seed}")
    arriving = random_arrival(kind, draw)
    layer = random_setting(kind, arriving, draw)
    if kind == "Flatten" and draw.random() < 0.3:
        layer = layer.changed(start_dim=draw.choice([0, -len(arriving) - 1]))
    return compared(layer, arriving)


def compared(layer: Layer, arriving: Shape) -> str | None:
    """Check one layer against torch; return the key of our refusal."""
    refusal, ours = None, None
    try:
        ours = layer.output(arriving)
    except InputError as error:
        refusal = error
        assert all(5 < len(error.sentence(language)) < 400 for language in LANGUAGES)
    one_image = isinstance(ours, Merged) or (refusal is not None and refusal.key == SINGLE)
    batch = () if isinstance(arriving, Merged) else (1,) if one_image else (BATCH,)
    theirs = of_torch(layer, (*batch, *arriving))
    where = (layer, arriving, theirs, str(refusal))
    if refusal is not None:
        assert is_refused(layer, refusal, theirs) and (refusal.key != SINGLE or theirs is None), where
        return refusal.key
    assert theirs is not None and ours is not None, where
    shape, parameters, flops = theirs
    assert ours == (shape if isinstance(ours, Merged) else shape[1:]), where
    assert layer.parameters == parameters, where
    images = 1 if isinstance(ours, Merged) else BATCH
    assert 2 * images * layer.row.macs(layer.values, arriving, ours) == flops, where
    return None


def is_refused(layer: Layer, refusal: InputError, theirs: tuple[Shape, int, int] | None) -> bool:
    """Whether torch refuses too, or lets pass what is knowingly refused here; an empty output is none."""
    passes = layer.kind in STRICTER.get(refusal.key, ()) or refusal.key == SINGLE
    return theirs is None or passes or 0 in theirs[0]


def of_torch(layer: Layer, shape: Shape) -> tuple[Shape, int, int] | None:
    """Output shape, parameters and FLOPs of torch's layer; None where it refuses."""
    x = torch.zeros(shape)
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        try:
            module = layer_class(layer.kind)(**layer.params).eval()
            output = module(x)
        except REFUSALS:
            return None
        with FlopCounterMode(display=False) as counter:  # itself lets pass what torch refuses
            module(x)
    return tuple(output.shape), sum(map(torch.numel, module.parameters())), counter.get_total_flops()


def most(kind: str, count: int) -> Mapping[str | None, int]:
    """How often each refusal came among so many random settings, None for none."""
    keys = [compare(kind, seed) for seed in range(count)]
    return {key: keys.count(key) for key in sorted(set(keys), key=str)}
