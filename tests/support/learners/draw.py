"""Random plans: convolutional stages, some of them alike, branches, and a head."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from core.shapes.layers import LAYERS
from tests.support.learners.plan import Branch, Part, Shape, Step, shapes

# Activations by how often learners write them; those that the table of layers lacks are never drawn.
ACTIVATIONS: Mapping[str, tuple[int, Callable[[Random], dict[str, Any]]]] = {
    "ReLU": (30, lambda rng: {"inplace": True} if rng.random() < 0.3 else {}),
    "LeakyReLU": (
        5,
        lambda rng: rng.choice([{}, {"negative_slope": 0.2}, {"negative_slope": 0.1, "inplace": True}]),
    ),
    "ELU": (2, lambda rng: rng.choice([{}, {"alpha": 0.5}])),
    "GELU": (3, lambda rng: rng.choice([{}, {}, {"approximate": "tanh"}])),
    "SiLU": (2, lambda rng: {}),
    "Sigmoid": (4, lambda rng: {}),
    "Tanh": (4, lambda rng: {}),
    "ReLU6": (1, lambda rng: {}),
    "SELU": (1, lambda rng: {}),
    "CELU": (1, lambda rng: {}),
    "Mish": (1, lambda rng: {}),
    "Hardswish": (1, lambda rng: {}),
    "Hardsigmoid": (1, lambda rng: {}),
    "Softplus": (1, lambda rng: {}),
    "Softsign": (1, lambda rng: {}),
    "PReLU": (2, lambda rng: {}),
}


def has(*kinds: str) -> list[str]:
    """Those of these kinds that the table of layers has today."""
    return [kind for kind in kinds if kind in LAYERS]


def activation(rng: Random) -> Step:
    kinds = has(*ACTIVATIONS)
    kind = rng.choices(kinds, [ACTIVATIONS[kind][0] for kind in kinds])[0]
    return Step(kind, ACTIVATIONS[kind][1](rng))


@dataclass(frozen=True)
class Recipe:
    """What the stages of one group have in common."""

    kernel: Any
    padding: Any
    stride: int
    bias: bool
    act: Step
    norm: str
    convolutions: int
    norm_last: bool
    pool: Step | None
    drop: Step | None


def recipe(rng: Random) -> Recipe:
    kernel = rng.choice([3, 3, 3, 5, (3, 3), (5, 3), 1])
    sides = kernel if isinstance(kernel, tuple) else (kernel, kernel)
    same = tuple(side // 2 for side in sides)
    padding = rng.choice([0, same if sides[0] != sides[1] else same[0], same, "same"])
    norm = rng.choice(["", "", "BatchNorm2d", "BatchNorm2d", *has("GroupNorm", "InstanceNorm2d")])
    return Recipe(
        kernel=kernel,
        padding=padding,
        stride=1 if padding == "same" else rng.choice([1, 1, 1, 2]),
        bias=not norm or rng.random() < 0.6,
        act=activation(rng),
        norm=norm,
        convolutions=rng.choice([1, 1, 1, 2]),
        norm_last=rng.random() < 0.15,
        pool=rng.choice([None, pool(rng), pool(rng)]),
        drop=rng.choice([None, None, dropout(rng, ("Dropout", "Dropout2d"))]),
    )


def pool(rng: Random) -> Step:
    return rng.choice(
        [
            Step("MaxPool2d", {"kernel_size": 2}),
            Step("MaxPool2d", {"kernel_size": 2, "stride": 2}),
            Step("MaxPool2d", {"kernel_size": (2, 2)}),
            Step("MaxPool2d", {"kernel_size": 3, "stride": 2, "padding": 1}),
            Step("MaxPool2d", {"kernel_size": 3, "stride": 2, "ceil_mode": True}),
            Step("AvgPool2d", {"kernel_size": 2}),
            Step("AvgPool2d", {"kernel_size": 2, "stride": 2}),
        ]
    )


def dropout(rng: Random, kinds: Sequence[str]) -> Step:
    return Step(rng.choice(has(*kinds)), rng.choice([{}, {"p": 0.25}, {"p": 0.5}, {"p": 0.1}]))


def stage(made: Recipe, inside: int, outside: int) -> list[Step]:
    """Convolution, normalisation, activation, pooling, dropout, as the recipe has them."""
    steps = []
    for count in range(made.convolutions):
        params: dict[str, Any] = {
            "in_channels": outside if count else inside,
            "out_channels": outside,
            "kernel_size": made.kernel,
        }
        if made.stride != 1 and not count:
            params["stride"] = made.stride
        if made.padding:
            params["padding"] = made.padding
        if not made.bias:
            params["bias"] = False
        norm = [normalisation(made.norm, outside)] if made.norm else []
        inner = [made.act, *norm] if made.norm_last else [*norm, made.act]
        steps += [Step("Conv2d", params), *inner]
    return steps + [step for step in (made.pool, made.drop) if step is not None]


def normalisation(kind: str, channels: int) -> Step:
    if kind == "GroupNorm":
        return Step(kind, {"num_groups": 2, "num_channels": channels})
    return Step(kind, {"num_features": channels})


@dataclass(frozen=True)
class Group:
    """Stages that have the same kinds of layers; a single one stands for itself."""

    stages: tuple[tuple[Part, ...], ...]

    @property
    def parts(self) -> list[Part]:
        return [part for stage in self.stages for part in stage]


@dataclass(frozen=True)
class Plan:
    """A network: groups of convolutional stages, and the head; the image it is made for."""

    image: Shape
    groups: tuple[Group, ...]
    head: tuple[Step, ...]

    @property
    def parts(self) -> list[Part]:
        return [*(part for group in self.groups for part in group.parts), *self.head]


def plan(rng: Random) -> Plan:
    """A network that fits its image."""
    while True:
        image = (rng.choice([1, 3, 3]), *[rng.choice([28, 32, 32, 64])] * 2)
        groups = _groups(rng, image)
        try:
            shape = shapes([part for group in groups for part in group.parts], image)[-1]
            drawn = Plan(image, tuple(groups), tuple(head(rng, shape)))
            if min(shape[1:]) < 1 or min(map(min, shapes(drawn.parts, image))) < 1:
                continue
        except (RuntimeError, ValueError):
            continue
        return drawn


def _groups(rng: Random, image: Shape) -> list[Group]:
    groups, channels = [], image[0]
    for _ in range(rng.choice([1, 1, 2, 2, 3])):
        made = recipe(rng)
        stages = []
        for _ in range(rng.choice([1, 1, 2, 3])):
            outside = rng.choice([4, 6, 8, 8, 12, 16, 16, 20])
            stages.append(tuple(stage(made, channels, outside)))
            channels = outside
        groups.append(Group(tuple(stages)))
        if rng.random() < 0.12:
            groups.append(Group(((branch(rng, channels),),)))
    return groups


def branch(rng: Random, channels: int) -> Branch:
    """A residual or parallel branch that keeps the number of channels, and the size."""
    act = rng.choice([Step("ReLU"), Step("ReLU", {"inplace": False})])
    conv = Step("Conv2d", {"in_channels": channels, "out_channels": channels, "kernel_size": 3, "padding": 1})
    norm = Step("BatchNorm2d", {"num_features": channels})
    if rng.random() < 0.3:
        half = Step("Conv2d", {"in_channels": channels, "out_channels": channels // 2, "kernel_size": 1})
        other = replace(half, params={**half.params, "kernel_size": 3, "padding": 1})
        return Branch(((half,), (other, act)), "cat")
    short = Step("Conv2d", {"in_channels": channels, "out_channels": channels, "kernel_size": 1})
    main = rng.choice([(conv,), (conv, norm), (conv, norm, act, conv, norm), (conv, act, conv)])
    return Branch((main, rng.choice([(), (), (short,), (short, norm)])))


def head(rng: Random, shape: Shape) -> list[Step]:
    """From the last map to the logits."""
    classes = rng.choice([10, 10, 10, 2, 5, 100])
    steps, width = _flattened(rng, shape)
    hidden = rng.choice([0, 1, 1, 2])
    act = activation(rng)
    for _ in range(hidden):
        wide = rng.choice([32, 64, 84, 50, 120])
        steps.append(Step("Linear", {"in_features": width, "out_features": wide}))
        if "BatchNorm1d" in LAYERS and rng.random() < 0.15:
            steps.append(Step("BatchNorm1d", {"num_features": wide}))
        steps.append(act)
        if rng.random() < 0.3:
            steps.append(dropout(rng, ("Dropout",)))
        width = wide
    steps.append(Step("Linear", {"in_features": width, "out_features": classes}))
    ends = [None, None, None, Step("Softmax", {"dim": 1})]
    ends += [Step(kind, {"dim": rng.choice([1, -1])}) for kind in has("LogSoftmax")]
    end = rng.choice(ends)
    return [*steps, *([end] if end else [])]


def _flattened(rng: Random, shape: Shape) -> tuple[list[Step], int]:
    numbers = shape[0] * shape[1] * shape[2]
    ways = [([], numbers)] if numbers <= 4000 else []
    if shape[1] == shape[2] > 1:
        ways.append(([Step("AvgPool2d", {"kernel_size": shape[1]})], shape[0]))
    for kind in has("AdaptiveAvgPool2d", "AdaptiveMaxPool2d"):
        ways.append(([Step(kind, {"output_size": rng.choice([1, (1, 1)])})], shape[0]))
        ways.append(([Step(kind, {"output_size": rng.choice([2, (2, 2)])})], 4 * shape[0]))
    if not ways:
        ways = [([Step("AvgPool2d", {"kernel_size": shape[1:]})], shape[0])]
    steps, width = rng.choice(ways)
    return [*steps, Step("Flatten")], width
