"""Pipelines of torchvision transforms: the table of steps, and pipelines as link text, Compose and code."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
import torchvision
from torchvision.transforms import v2

from core.checks import Number, Option, Value, known, short
from core.errors import InputError, shown
from core.normalisations import NORMALISATIONS, Normalisation

Steps = tuple["TransformStep", ...]

MOST_STEPS = 12
_LONGEST = 1200  # characters of a pipeline in a link; twelve steps of four numbers stay below
_NOTHING = "none"  # an empty pipeline in a link
STATISTICS = ("cifar", "half", "imagenet")  # of NORMALISATIONS


Params = Mapping[str, Number | Option]
Arguments = tuple[tuple[Any, ...], dict[str, Any]]


@dataclass(frozen=True)
class Kind:
    """A transform: its class, its parameters, and how they become arguments of the class.

    `random`: draws anew for each image, so it is an augmentation. `source`: where it is described.
    """

    make: Callable[..., Any]
    source: str
    params: Params = field(default_factory=dict)
    arguments: Callable[[Mapping[str, Any]], Arguments] = lambda _: ((), {})
    random: bool = False
    module: str = "v2"

    @property
    def name(self) -> str:
        """Name of the class."""
        return self.make.__name__


def _named(params: Mapping[str, Any]) -> Arguments:
    return (), dict(params)


_DOCS = "https://docs.pytorch.org/vision/stable/generated/torchvision.transforms."
_P = Number(0.5, 0.0, 1.0)

TRANSFORMS: Mapping[str, Kind] = {
    # The v1 class: v2.ToTensor is deprecated and warns each time it is made.
    "totensor": Kind(torchvision.transforms.ToTensor, _DOCS + "ToTensor.html", module="transforms"),
    "toimage": Kind(v2.ToImage, _DOCS + "v2.ToImage.html"),
    "todtype": Kind(
        v2.ToDtype,
        _DOCS + "v2.ToDtype.html",
        {"scale": Option(True, (True, False))},
        lambda params: ((torch.float32,), dict(params)),
    ),
    "normalize": Kind(
        v2.Normalize,
        _DOCS + "v2.Normalize.html",
        {"statistics": Option("cifar", STATISTICS)},
        lambda params: (NORMALISATIONS[params["statistics"]], {}),
    ),
    "crop": Kind(
        v2.RandomCrop,
        _DOCS + "v2.RandomCrop.html",
        {
            "size": Number(32, 8, 64),
            "padding": Number(4, 0, 40),
            "padding_mode": Option("constant", ("constant", "reflect")),
        },
        lambda params: ((params["size"],), _unless(params, padding=0, padding_mode="constant")),
        random=True,
    ),
    "flip": Kind(
        v2.RandomHorizontalFlip, _DOCS + "v2.RandomHorizontalFlip.html", {"p": _P}, _named, random=True
    ),
    "rotation": Kind(
        v2.RandomRotation,
        _DOCS + "v2.RandomRotation.html",
        {"degrees": Number(15, 0, 180)},
        lambda params: ((params["degrees"],), {}),
        random=True,
    ),
    "jitter": Kind(
        v2.ColorJitter,
        _DOCS + "v2.ColorJitter.html",
        {name: Number(0.4, 0.0, 1.0) for name in ("brightness", "contrast", "saturation")}
        | {"hue": Number(0.1, 0.0, 0.5)},
        _named,
        random=True,
    ),
    "erasing": Kind(v2.RandomErasing, "https://arxiv.org/abs/1708.04896", {"p": _P}, _named, random=True),
    "resize": Kind(
        v2.Resize,
        _DOCS + "v2.Resize.html",
        {"size": Number(40, 8, 64)},
        lambda params: (((params["size"], params["size"]),), {}),
    ),
}


def _unless(params: Mapping[str, Any], **defaults: Any) -> dict[str, Any]:
    """Parameters named in `defaults` whose values differ from it."""
    return {name: params[name] for name, default in defaults.items() if params[name] != default}


@dataclass(frozen=True)
class TransformStep:
    """One transform of a pipeline; parameters left out take their default.

    Raises InputError for an unknown kind or a parameter the table doesn't allow.
    """

    kind: str
    params: Mapping[str, Value] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.kind not in TRANSFORMS:
            raise InputError("pipeline_step", step=shown(self.kind), allowed=tuple(TRANSFORMS))
        rows = TRANSFORMS[self.kind].params
        known(self.params, rows)
        params = {name: self.params.get(name, row.default) for name, row in rows.items()}
        for name, row in rows.items():
            row.checked(f"{self.kind}.{name}", params[name])
        object.__setattr__(self, "params", params)

    @property
    def random(self) -> bool:
        """Whether the step draws anew for each image."""
        return TRANSFORMS[self.kind].random

    @property
    def code(self) -> str:
        """The call that makes the transform, without the module: `RandomCrop(32, padding=4)`."""
        row = TRANSFORMS[self.kind]
        positional, named = row.arguments(self.params)
        arguments = [*map(repr, positional), *(f"{name}={value!r}" for name, value in named.items())]
        return f"{row.name}({', '.join(arguments)})"

    def make(self) -> Any:
        """Build the torchvision transform."""
        row = TRANSFORMS[self.kind]
        positional, named = row.arguments(self.params)
        return row.make(*positional, **named)


_FINISH = (TransformStep("toimage"), TransformStep("todtype"), TransformStep("normalize"))

PRESETS: Mapping[str, Steps] = {
    "training": (TransformStep("crop"), TransformStep("flip"), *_FINISH),
    "test": _FINISH,
    "tutorial": (TransformStep("totensor"), TransformStep("normalize", {"statistics": "half"})),
    "wrong": (TransformStep("normalize", {"statistics": "half"}), TransformStep("totensor")),
}


def build(steps: Iterable[TransformStep]) -> Callable[[Any], Any]:
    """Compose all steps into one transform."""
    transforms = [step.make() for step in steps]
    return v2.Compose(transforms) if transforms else _as_it_is  # Compose itself refuses an empty list


def _as_it_is(image: Any) -> Any:
    return image


def code(steps: Sequence[TransformStep]) -> str:
    """Python code that makes the same pipeline as `build`, under the name `transform`."""
    if not steps:
        return "transform = None"
    v1 = ["from torchvision import transforms"] if any(step.kind == "totensor" for step in steps) else []
    imports = ["import torch", *v1, "from torchvision.transforms import v2"]
    calls = [f"    {TRANSFORMS[step.kind].module}.{step.code}," for step in steps]
    return "\n".join([*imports, "", "transform = v2.Compose([", *calls, "])"])


def parse(text: str) -> Steps:
    """Parse the text that `written` wrote: `crop_32_4_constant~flip_0.5~totensor`.

    Parameters left out at the end take their default.

    Raises InputError for anything else: text from a link may be anything.
    """
    if text == _NOTHING:
        return ()
    if len(text) > _LONGEST or text.count("~") >= MOST_STEPS:
        raise InputError("pipeline_long", limit=MOST_STEPS)
    return tuple(map(_step, text.split("~")))


def _step(text: str) -> TransformStep:
    kind, *values = text.split("_")
    rows = TRANSFORMS[kind].params if kind in TRANSFORMS else {}
    if len(values) > len(rows):
        raise InputError("pipeline_step", step=shown(text), allowed=tuple(TRANSFORMS))
    return TransformStep(
        kind, {name: row.read(value) for (name, row), value in zip(rows.items(), values, strict=False)}
    )


def written(steps: Iterable[TransformStep]) -> str:
    """Steps as short text, in characters that need no escaping in a link."""
    return "~".join("_".join([step.kind, *map(short, step.params.values())]) for step in steps) or _NOTHING


def without_augmentation(steps: Iterable[TransformStep]) -> Steps:
    """The pipeline for judging images: random steps removed, the rest unchanged."""
    return tuple(step for step in steps if not step.random)


def undoing(steps: Iterable[TransformStep]) -> Normalisation:
    """(mean, std) by channel: x * std + mean undoes every Normalize of these steps; 0 and 1 without one."""
    mean, std = [0.0] * 3, [1.0] * 3
    for step in steps:
        if step.kind == "normalize":
            for channel, (m, s) in enumerate(
                zip(*NORMALISATIONS[str(step.params["statistics"])], strict=True)
            ):
                mean[channel] += std[channel] * m
                std[channel] *= s
    return Normalisation((mean[0], mean[1], mean[2]), (std[0], std[1], std[2]))
