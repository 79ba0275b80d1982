"""core.transforms.pipeline against torchvision itself: transforms, pipelines as links and code, refusals."""

import random
from collections.abc import Callable
from typing import Any

import pytest
import torch
from PIL import Image
from torchvision import transforms
from torchvision.transforms import v2

from core.checks import Number
from core.errors import InputError
from core.normalisations import NORMALISATIONS
from core.transforms.pipeline import (
    MOST_STEPS,
    PRESETS,
    TRANSFORMS,
    TransformStep,
    build,
    code,
    parse,
    undoing,
    without_augmentation,
    written,
)
from tests.support.sample_data import noise
from tests.transforms.test_trace import pil, seeded

MEAN, STD = (0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)


def oracles() -> list[tuple[TransformStep, Callable[[Any], Any]]]:
    """Each transform at its defaults and with every parameter changed, beside the same written by hand."""
    return [
        (TransformStep("totensor"), transforms.ToTensor()),
        (TransformStep("toimage"), v2.ToImage()),
        (TransformStep("todtype"), v2.ToDtype(torch.float32, scale=True)),
        (TransformStep("todtype", {"scale": False}), v2.ToDtype(torch.float32, scale=False)),
        (TransformStep("normalize"), v2.Normalize(MEAN, STD)),
        (TransformStep("normalize", {"statistics": "half"}), v2.Normalize([0.5] * 3, [0.5] * 3)),
        (
            TransformStep("normalize", {"statistics": "imagenet"}),
            v2.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
        ),
        (TransformStep("crop"), v2.RandomCrop(32, padding=4)),
        (TransformStep("crop", {"size": 20, "padding": 0}), v2.RandomCrop(20)),
        (
            TransformStep("crop", {"size": 40, "padding": 9, "padding_mode": "reflect"}),
            v2.RandomCrop(40, padding=9, padding_mode="reflect"),
        ),
        (TransformStep("flip"), v2.RandomHorizontalFlip()),
        (TransformStep("flip", {"p": 0.9}), v2.RandomHorizontalFlip(0.9)),
        (TransformStep("rotation"), v2.RandomRotation((-15, 15))),
        (TransformStep("rotation", {"degrees": 180}), v2.RandomRotation(180)),
        (TransformStep("jitter"), v2.ColorJitter(0.4, 0.4, 0.4, 0.1)),
        (
            TransformStep("jitter", {"brightness": 1.0, "contrast": 0.0, "saturation": 0.2, "hue": 0.5}),
            v2.ColorJitter(1.0, 0, 0.2, 0.5),
        ),
        (TransformStep("erasing"), v2.RandomErasing()),
        (TransformStep("erasing", {"p": 1.0}), v2.RandomErasing(p=1)),
        (TransformStep("resize"), v2.Resize((40, 40))),
        (TransformStep("resize", {"size": 9}), v2.Resize([9, 9])),
    ]


def tensor(value: Any) -> torch.Tensor:
    return v2.functional.pil_to_tensor(value) if isinstance(value, Image.Image) else value


def outcome(
    transform: Callable[[Any], Any], image: Any, seed: int
) -> tuple[type, torch.Tensor] | tuple[type, str]:
    """What comes out, or PyTorch's own complaint."""
    try:
        value = seeded(transform, image, seed)
    except Exception as error:
        return type(error), str(error)
    return type(value), tensor(value)


def alike(result: tuple[type, Any], other: tuple[type, Any]) -> bool:
    if isinstance(result[1], torch.Tensor) and isinstance(other[1], torch.Tensor):
        return (
            result[0] is other[0] and result[1].dtype == other[1].dtype and torch.equal(result[1], other[1])
        )
    return result == other


@pytest.mark.parametrize(
    ("step", "oracle"), oracles(), ids=lambda value: value.code if isinstance(value, TransformStep) else ""
)
def test_every_transform_is_torchvisions_own(step: TransformStep, oracle: Callable[[Any], Any]) -> None:
    ours, images = step.make(), noise(4)[0]
    inputs = [
        *map(pil, images),
        *(v2.ToDtype(torch.float32, scale=True)(v2.ToImage()(pil(image))) for image in images),
        images[0],
    ]
    results = [
        (outcome(ours, image, seed), outcome(oracle, image, seed)) for seed, image in enumerate(inputs)
    ]
    assert all(alike(*pair) for pair in results)
    assert any(isinstance(result[1], torch.Tensor) for result, _ in results)  # not refusals alone


def test_the_oracles_leave_no_transform_and_no_parameter_out() -> None:
    steps = [step for step, _ in oracles()]
    for kind, row in TRANSFORMS.items():
        tried = [step.params for step in steps if step.kind == kind]
        assert tried
        assert all(len({params[name] for params in tried}) > 1 for name in row.params), kind
        assert row.source.startswith("https://")


def test_the_arithmetic_by_hand() -> None:
    image = noise(1)[0][0]
    scaled = image.float() / 255
    mean, std = (torch.tensor(values).view(3, 1, 1) for values in (MEAN, STD))
    assert torch.equal(build([TransformStep("totensor")])(pil(image)), scaled)
    torch.testing.assert_close(
        build(PRESETS["test"])(pil(image)).as_subclass(torch.Tensor), (scaled - mean) / std
    )
    torch.testing.assert_close(build(PRESETS["tutorial"])(pil(image)), 2 * scaled - 1)
    assert torch.equal(
        build([TransformStep("totensor"), TransformStep("flip", {"p": 1.0})])(pil(image)), scaled.flip(2)
    )


def random_pipeline(chance: random.Random) -> tuple[TransformStep, ...]:
    def value(row: Any) -> Any:
        if not isinstance(row, Number):
            return chance.choice(row.allowed)
        return (
            chance.randint(int(row.low), int(row.high))
            if isinstance(row.default, int)
            else chance.uniform(row.low, row.high)
        )

    kinds = [chance.choice(list(TRANSFORMS)) for _ in range(chance.randint(0, MOST_STEPS))]
    return tuple(
        TransformStep(kind, {name: value(row) for name, row in TRANSFORMS[kind].params.items()})
        for kind in kinds
    )


PIPELINES = [*PRESETS.values(), *(random_pipeline(random.Random(seed)) for seed in range(60))]


@pytest.mark.parametrize("steps", PIPELINES, ids=range(len(PIPELINES)))
def test_the_code_builds_the_same_pipeline(steps: tuple[TransformStep, ...]) -> None:
    names: dict[str, Any] = {}
    exec(code(steps), names)
    written_by_hand = names["transform"] or (lambda image: image)
    for seed, image in enumerate(map(pil, noise(3)[0])):
        assert alike(outcome(build(steps), image, seed), outcome(written_by_hand, image, seed))


@pytest.mark.parametrize("steps", PIPELINES, ids=range(len(PIPELINES)))
def test_a_link_holds_the_whole_pipeline(steps: tuple[TransformStep, ...]) -> None:
    text = written(steps)
    assert parse(text) == steps
    assert text.replace("~", "").replace("_", "").replace(".", "").replace("-", "").isalnum()


def test_parameters_left_out_are_the_defaults() -> None:
    assert parse("crop~todtype~normalize") == (
        TransformStep("crop"),
        TransformStep("todtype"),
        TransformStep("normalize"),
    )
    assert parse("crop_28") == (TransformStep("crop", {"size": 28}),)
    assert parse("none") == ()
    assert TransformStep("crop", {"padding": 2}).params == {
        "size": 32,
        "padding": 2,
        "padding_mode": "constant",
    }


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("", "pipeline_step"),
        ("~", "pipeline_step"),
        ("nothing", "pipeline_step"),
        ("crop__", "setting_out_of_range"),
        ("crop_32_4_constant_1", "pipeline_step"),
        ("Crop", "pipeline_step"),
        ("__class__", "pipeline_step"),
        ("totensor~__import__('os')", "pipeline_step"),
        ("crop_7", "setting_out_of_range"),
        ("crop_65", "setting_out_of_range"),
        ("crop_1e1", "setting_out_of_range"),
        ("crop_" + "9" * 900, "setting_out_of_range"),
        ("flip_nan", "setting_out_of_range"),
        ("flip_-0.1", "setting_out_of_range"),
        ("flip_inf", "setting_out_of_range"),
        ("todtype_2", "setting_wrong"),
        ("normalize_mine", "setting_wrong"),
        ("~".join(["flip"] * (MOST_STEPS + 1)), "pipeline_long"),
        ("x" * 100_000, "pipeline_long"),
        ("~" * 100_000, "pipeline_long"),
    ],
)
def test_a_link_that_makes_no_sense_is_refused(text: str, key: str) -> None:
    with pytest.raises(InputError) as caught:
        parse(text)
    assert caught.value.key == key
    assert len(str(caught.value)) < 300
    assert caught.value.sentence("zh")


@pytest.mark.parametrize(
    ("kind", "params"),
    [
        ("crop", {"size": True}),
        ("crop", {"size": "32"}),
        ("crop", {"size": 32.0}),
        ("crop", {"fill": 1}),
        ("todtype", {"scale": 1}),
        ("normalize", {"statistics": ["cifar"]}),
        ("flip", {"p": float("nan")}),
        ("flip", {"p": None}),
        ("compose", {}),
    ],
)
def test_a_step_is_checked_wherever_it_comes_from(kind: str, params: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        TransformStep(kind, params)


def test_normalize_is_undone() -> None:
    image = noise(1)[0][0].float() / 255
    for names in ([], ["cifar"], ["half"], ["imagenet", "cifar"], ["cifar", "half", "imagenet"]):
        steps = [TransformStep("normalize", {"statistics": name}) for name in names]
        mean, std = (
            torch.tensor(values).view(3, 1, 1) for values in undoing([TransformStep("toimage"), *steps])
        )
        torch.testing.assert_close(build(steps)(image) * std + mean, image)
    assert undoing([]) == ((0, 0, 0), (1, 1, 1))
    assert NORMALISATIONS["cifar"] == (MEAN, STD)


def test_the_test_pipeline_keeps_all_that_is_not_random() -> None:
    assert without_augmentation(PRESETS["training"]) == PRESETS["test"]
    everything = [TransformStep(kind) for kind in TRANSFORMS]
    assert [step.kind for step in without_augmentation(everything)] == [
        "totensor",
        "toimage",
        "todtype",
        "normalize",
        "resize",
    ]
    image = pil(noise(1)[0][0])
    for step in everything:
        inputs = image if step.kind in ("totensor", "toimage") else transforms.ToTensor()(image)
        drawn = {tuple(tensor(seeded(step.make(), inputs, seed)).flatten().tolist()) for seed in range(8)}
        assert (len(drawn) > 1) == step.random, step.kind
