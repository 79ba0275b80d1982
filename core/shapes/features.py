"""Kinds of layers that need no map: activations, normalisations, dropout, flatten, linear, and the rest."""

import math
from collections.abc import Callable, Mapping

from core.errors import InputError, shown
from core.shapes.kinds import (
    INPLACE,
    MOST_DIMENSIONS,
    MOST_FEATURES,
    MOST_NUMBERS,
    LayerKind,
    Merged,
    Param,
    Shape,
    Values,
    dimension,
    fixed,
    flag,
    need_channels,
    need_map,
    same_shape,
)

OTHER = "Other"  # the kind of a module that isn't torch's

# Activations


def _activation(prefix: str, *params: Param) -> LayerKind:
    return LayerKind(prefix, "activation", params, same_shape)


def _softmax(prefix: str) -> LayerKind:
    return LayerKind(
        prefix,
        "activation",
        (Param("dim", "whole", None, low=-4, high=3),),
        _softmax_shape,
        mixes=lambda values, dims: (_softmax_dimension(values, dims),),
        merged="batch",
    )


def _softmax_shape(values: Values, shape: Shape) -> Shape:
    if values["dim"] is not None:
        dimension("dim", values["dim"], len(shape) + 1)
    return shape


def _softmax_dimension(values: Values, dims: int) -> int:
    """The dimension whose numbers add up to 1; without dim, torch chooses the first or the second."""
    dim: int | None = values["dim"]
    return int(dims not in (1, 3)) if dim is None else dim % dims


def _prelu_shape(values: Values, shape: Shape) -> Shape:
    if values["num_parameters"] > 1:
        need_channels("num_parameters", values["num_parameters"], shape[0] if shape else 1)
    return shape


def _hardtanh_shape(values: Values, shape: Shape) -> Shape:
    if values["max_val"] <= values["min_val"]:
        raise InputError("layer_hardtanh", min_val=values["min_val"], max_val=values["max_val"])
    return shape


_SLOPE = (-100, 100)
ACTIVATIONS: Mapping[str, LayerKind] = {
    "ReLU": _activation("relu", INPLACE),
    "LeakyReLU": _activation("leaky", Param("negative_slope", "real", 0.01, *_SLOPE), INPLACE),
    "PReLU": LayerKind(
        "prelu",
        "activation",
        (Param("num_parameters", "whole", 1), Param("init", "real", 0.25, *_SLOPE)),
        _prelu_shape,
        parameters=lambda values: values["num_parameters"],
        merged="batch",
    ),
    "ReLU6": _activation("relu", INPLACE),
    "ELU": _activation("elu", Param("alpha", "real", 1.0, *_SLOPE), INPLACE),
    "SELU": _activation("selu", INPLACE),
    "CELU": _activation("celu", Param("alpha", "real", 1.0, 0.001, 100), INPLACE),
    "GELU": _activation("gelu", Param("approximate", "choice", "none", options=("none", "tanh"))),
    "SiLU": _activation("silu", INPLACE),
    "Mish": _activation("mish", INPLACE),
    "Softplus": _activation(
        "softplus", Param("beta", "real", 1.0, 0.001, 1000), Param("threshold", "real", 20.0, 0, 1000)
    ),
    "Hardswish": _activation("hardswish", INPLACE),
    "Hardsigmoid": _activation("hardsigmoid", INPLACE),
    "Hardtanh": LayerKind(
        "hardtanh",
        "activation",
        (
            Param("min_val", "real", -1.0, *_SLOPE),
            Param("max_val", "real", 1.0, *_SLOPE),
            INPLACE,
            fixed("min_value", None),
            fixed("max_value", None),
        ),
        _hardtanh_shape,
    ),
    "Sigmoid": _activation("sigmoid"),
    "LogSigmoid": _activation("logsigmoid"),
    "Tanh": _activation("tanh"),
    "Softsign": _activation("softsign"),
    "Softmax": _softmax("softmax"),
    "LogSoftmax": _softmax("logsoftmax"),
}

# Normalisations


def _batch_norm(kind: str, dims: tuple[int, ...], key: str) -> LayerKind:
    """BatchNorm over channels, for inputs with so many dimensions besides the batch."""

    def shape_after(values: Values, shape: Shape) -> Shape:
        if len(shape) not in dims:
            raise InputError(key, kind=kind, shape=list(shape))
        need_channels("num_features", values["num_features"], shape[0])
        return shape

    return LayerKind(
        "bn",
        "normalisation",
        (
            Param("num_features", "whole", high=MOST_FEATURES),
            Param("eps", "real", 1e-5, 0, 1),
            Param("momentum", "real", 0.1, 0, 1),
            flag("affine", True),
            fixed("track_running_stats", True),  # without them eval() needs a whole batch
            flag("bias", True),
        ),
        shape_after,
        parameters=_norm_parameters("num_features"),
        merged="batch",
    )


def _norm_parameters(channels: str) -> Callable[[Values], int]:
    return lambda values: values[channels] * (1 + values["bias"]) * values["affine"]


def _instance_norm_shape(values: Values, shape: Shape) -> Shape:
    """Shape of nn.InstanceNorm2d, which takes the batch for channels where there are none."""
    needs_channels = values["affine"] or values["track_running_stats"]
    need_map("InstanceNorm2d", shape, least=3 if needs_channels else 2)
    if needs_channels:
        need_channels("num_features", values["num_features"], shape[0])
    if not values["track_running_stats"] and math.prod(shape[-2:]) == 1:
        raise InputError("layer_norm_single", kind="InstanceNorm2d", shape=list(shape))
    return shape


def _group_norm_shape(values: Values, shape: Shape) -> Shape:
    batch, image = (shape[0], shape[1:]) if isinstance(shape, Merged) else (1, shape)
    groups, channels = values["num_groups"], values["num_channels"]
    if channels % groups:
        raise InputError("layer_norm_groups", num_channels=channels, num_groups=groups)
    if not image:
        need_map("GroupNorm", shape)
    if values["affine"]:
        need_channels("num_channels", channels, image[0])
    if image[0] % groups:
        raise InputError("layer_norm_groups", num_channels=image[0], num_groups=groups)
    if batch * math.prod(image) == groups:
        raise InputError("layer_norm_single", kind="GroupNorm", shape=list(shape))
    return shape


def _response_norm_shape(values: Values, shape: Shape) -> Shape:
    need_map("LocalResponseNorm", shape, least=2)
    return shape


def _layer_norm_sizes(values: Values) -> Shape:
    sizes = values["normalized_shape"]
    return sizes if isinstance(sizes, tuple) else (sizes,)


def _layer_norm_shape(values: Values, shape: Shape) -> Shape:
    sizes = _layer_norm_sizes(values)
    if shape[-len(sizes) :] != sizes:
        raise InputError("layer_norm_shape", normalized_shape=shown(sizes), shape=list(shape))
    return shape


def _layer_norm_mixes(values: Values, dims: int) -> range:
    return range(dims - len(_layer_norm_sizes(values)), dims)


NORMALISATIONS: Mapping[str, LayerKind] = {
    "BatchNorm2d": _batch_norm("BatchNorm2d", (3,), "layer_needs_map"),
    "BatchNorm1d": _batch_norm("BatchNorm1d", (1, 2), "layer_needs_features"),
    "LayerNorm": LayerKind(
        "ln",
        "normalisation",
        (
            Param("normalized_shape", "sizes", high=MOST_NUMBERS),
            Param("eps", "real", 1e-5, 0, 1),
            flag("elementwise_affine", True),
            flag("bias", True),
        ),
        _layer_norm_shape,
        parameters=lambda values: (
            math.prod(_layer_norm_sizes(values)) * (1 + values["bias"]) * values["elementwise_affine"]
        ),
        mixes=_layer_norm_mixes,
    ),
    "GroupNorm": LayerKind(
        "gn",
        "normalisation",
        (
            Param("num_groups", "whole", high=MOST_FEATURES),
            Param("num_channels", "whole", high=MOST_FEATURES),
            Param("eps", "real", 1e-5, 0, 1),
            flag("affine", True),
            flag("bias", True),
        ),
        _group_norm_shape,
        parameters=_norm_parameters("num_channels"),
        mixes=lambda values, dims: range(1, dims),
        merged="own",
    ),
    "InstanceNorm2d": LayerKind(
        "norm",
        "normalisation",
        (
            Param("num_features", "whole"),
            Param("eps", "real", 1e-5, 0, 1),
            Param("momentum", "real", 0.1, 0, 1),
            flag("affine", False),
            flag("track_running_stats", False),
            flag("bias", True),
        ),
        _instance_norm_shape,
        parameters=_norm_parameters("num_features"),
        mixes=lambda values, dims: () if values["track_running_stats"] else range(dims - 2, dims),
        merged="image",
    ),
    "LocalResponseNorm": LayerKind(
        "lrn",
        "normalisation",
        (
            Param("size", "whole"),
            Param("alpha", "real", 1e-4, 0, 100),
            Param("beta", "real", 0.75, 0, 100),
            Param("k", "real", 1.0, 0, 100),
        ),
        _response_norm_shape,
        merged="batch",
    ),
}


# Dropout


def _dropout() -> LayerKind:
    return LayerKind("drop", "dropout", (Param("p", "real", 0.5, 0, 1), INPLACE), same_shape)


DROPOUTS: Mapping[str, LayerKind] = {kind: _dropout() for kind in ("Dropout", "Dropout2d", "AlphaDropout")}

# Flatten, linear, and the rest


def _flat_shape(values: Values, shape: Shape) -> Shape:
    """Flatten's output; dimension 0 is the batch, here of one image, negative numbers count from the end."""
    whole = shape if isinstance(shape, Merged) else (1, *shape)
    first, last = (dimension(name, values[name], len(whole)) for name in ("start_dim", "end_dim"))
    if first > last:
        raise InputError("layer_flatten_order", start_dim=values["start_dim"], end_dim=values["end_dim"])
    flat = (*whole[:first], math.prod(whole[first : last + 1]), *whole[last + 1 :])
    return Merged(flat) if isinstance(shape, Merged) or (first < last and not first) else flat[1:]


def _unflat_shape(values: Values, shape: Shape) -> Shape:
    whole = shape if isinstance(shape, Merged) else (1, *shape)
    dim, sizes = dimension("dim", values["dim"], len(whole)), values["unflattened_size"]
    if dim == 0 and not isinstance(shape, Merged):
        raise InputError("layer_batch_dimension", name="dim", value=values["dim"])
    known = math.prod(size for size in sizes if size > 0)
    free = sizes.count(-1)
    if 0 in sizes or free > 1 or whole[dim] % known or (not free and whole[dim] != known):
        raise InputError("layer_unflatten", sizes=shown(sizes), dim=values["dim"], found=whole[dim])
    parts = (whole[dim] // known if size < 0 else size for size in sizes)
    output = (*whole[:dim], *parts, *whole[dim + 1 :])
    if len(output) - (not isinstance(shape, Merged)) > MOST_DIMENSIONS:
        raise InputError("layer_too_many_dimensions", shape=shown(output[1:]), most=MOST_DIMENSIONS)
    return Merged(output) if isinstance(shape, Merged) else output[1:]


def _linear_shape(values: Values, shape: Shape) -> Shape:
    expected, found = values["in_features"], shape[-1]
    if found != expected and len(shape) > 1:
        raise InputError(
            "layer_not_flat", in_features=expected, found=found, shape=list(shape), product=math.prod(shape)
        )
    if found != expected:
        raise InputError("layer_features", in_features=expected, found=found)
    return *shape[:-1], values["out_features"]


FLATTENINGS: Mapping[str, LayerKind] = {
    "Flatten": LayerKind(
        "flatten",
        "flatten",
        (Param("start_dim", "whole", 1, low=-4, high=3), Param("end_dim", "whole", -1, low=-4, high=3)),
        _flat_shape,
        merged="own",
    ),
    "Unflatten": LayerKind(
        "unflatten",
        "flatten",
        (
            Param("dim", "whole", low=-4, high=3),
            Param("unflattened_size", "shape", low=-1, high=MOST_NUMBERS),
        ),
        _unflat_shape,
        windows=lambda values, shape: None,
        merged="own",
    ),
}
LINEARS: Mapping[str, LayerKind] = {
    "Linear": LayerKind(
        "fc",
        "linear",
        (
            Param("in_features", "whole", high=MOST_FEATURES),
            Param("out_features", "whole", high=MOST_FEATURES),
            flag("bias", True),
        ),
        _linear_shape,
        parameters=lambda values: values["out_features"] * (values["in_features"] + values["bias"]),
        macs=lambda values, arriving, output: int(math.prod(output) * values["in_features"]),
        mixes=lambda values, dims: (dims - 1,),
    ),
}
OTHERS: Mapping[str, LayerKind] = {
    "Identity": LayerKind("identity", "other", (), same_shape),
    # a module or a branch whose inside isn't known here
    OTHER: LayerKind(
        "block",
        "other",
        (
            Param("name", "name"),
            Param("shape", "shape", None, high=MOST_NUMBERS),
            Param("parameters", "whole", 0, low=0, high=MOST_NUMBERS),
        ),
        lambda values, shape: values["shape"],
        parameters=lambda values: values["parameters"],
        merged="own",
    ),
}
