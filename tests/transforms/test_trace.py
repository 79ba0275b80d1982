"""core.transforms.trace: the random numbers of torch.manual_seed, values between steps, and who refuses."""

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import default_collate

from core.lenet import LeNet
from core.normalisations import AS_IT_IS
from core.transforms.pipeline import PRESETS, TransformStep, build, parse, undoing
from core.transforms.trace import Seeded, cautions, draws, histogram, observe, pixels, undone
from tests.support.sample_data import noise

EVERYTHING = parse("resize_36~crop~flip~rotation~jitter~toimage~todtype~normalize~erasing")
LATE = parse("toimage~todtype~resize_36~crop~flip~rotation~jitter~normalize~erasing_1.0")


def pil(image: Tensor) -> Image.Image:
    return Image.fromarray(image.permute(1, 2, 0).contiguous().numpy())


def seeded(transform: Callable[[Any], Any], image: Any, seed: int) -> Any:
    """The transform as a plain script seeds it."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return transform(image)


@pytest.mark.parametrize("steps", [EVERYTHING, LATE, *PRESETS.values()])
def test_a_draw_is_what_manual_seed_gives(steps: tuple[TransformStep, ...]) -> None:
    if steps == PRESETS["wrong"]:
        steps = steps[::-1]
    image = pil(noise(1)[0][0])
    before = torch.get_rng_state()
    result = draws(image, steps, range(30, 42))
    assert torch.equal(torch.get_rng_state(), before)
    expected = [seeded(build(steps), image, seed) for seed in range(30, 42)]
    assert all(
        torch.equal(value, other) and type(value) is type(other)
        for value, other in zip(result.values, expected, strict=True)
    )
    assert result.refusal is None
    assert result.finished == len(steps)


@pytest.mark.clock
def test_other_threads_neither_disturb_nor_notice() -> None:
    image, steps = pil(noise(1)[0][0]), EVERYTHING
    expected = draws(image, steps, range(4)).values
    stop, results = threading.Event(), []

    def disturb() -> None:
        while not stop.is_set():
            torch.manual_seed(7)
            torch.rand(3)

    def draw() -> None:
        results.append(all(map(torch.equal, draws(image, steps, range(4)).values, expected)))

    with torch.random.fork_rng(devices=[]):
        threads = [threading.Thread(target=disturb), *(threading.Thread(target=draw) for _ in range(4))]
        for thread in threads:
            thread.start()
        for thread in threads[1:]:
            thread.join()
        stop.set()
        threads[0].join()
    assert results == [True] * 4


def test_a_generator_of_ones_own_is_left_alone() -> None:
    with Seeded(0):
        inside = torch.rand(3, generator=torch.Generator().manual_seed(5))
    assert torch.equal(inside, torch.rand(3, generator=torch.Generator().manual_seed(5)))


def test_what_lies_between_the_steps() -> None:
    image = noise(1)[0][0]
    seen = draws(pil(image), PRESETS["test"], [0]).seen
    observed = [(row.kind, row.shape, row.dtype) for row in seen]
    assert observed == [
        ("PIL.Image RGB", (32, 32), "uint8"),
        ("tv_tensors.Image", (3, 32, 32), "uint8"),
        ("tv_tensors.Image", (3, 32, 32), "float32"),
        ("tv_tensors.Image", (3, 32, 32), "float32"),
    ]
    values = [
        image.float(),
        image.float(),
        image / 255,
        build(PRESETS["test"])(pil(image)).as_subclass(Tensor),
    ]
    for row, value in zip(seen, values, strict=True):
        found = torch.tensor([row.low, row.high, row.mean])
        torch.testing.assert_close(found, torch.stack([value.min(), value.max(), value.mean()]))
    assert observe(torch.zeros(3, 2, 4)).kind == "torch.Tensor"
    assert observe(pil(noise(1)[0][0][:, :20])).shape == (20, 32)


@pytest.mark.parametrize(
    ("text", "by", "reached"),
    [
        ("normalize_half~totensor", 0, 0),
        ("flip~normalize~totensor", 1, 1),
        ("toimage~normalize", 1, 1),
        ("totensor~totensor", 1, 1),
        ("toimage~totensor", 1, 1),
        ("flip~crop_64", 1, 1),
        ("totensor~crop_32_40_reflect", 1, 1),
    ],
)
def test_a_wrong_order_is_told_in_pytorchs_own_words(text: str, by: int, reached: int) -> None:
    image, steps = pil(noise(1)[0][0]), parse(text)
    with pytest.raises(Exception) as caught:
        seeded(build(steps), image, 3)
    result = draws(image, steps, [3, 4])
    assert result.refusal is not None
    assert (result.refusal.by, result.refusal.error, result.refusal.message) == (
        by,
        type(caught.value).__name__,
        str(caught.value),
    )
    assert result.finished == reached
    before = [seeded(build(steps[:by]), image, seed) for seed in (3, 4)]
    assert all(
        torch.equal(pixels([value], AS_IT_IS), pixels([other], AS_IT_IS))
        for value, other in zip(result.values, before, strict=True)
    )


def test_what_the_loader_and_the_network_refuse() -> None:
    image = pil(noise(1)[0][0])
    nothing = draws(image, parse("flip"), range(2)).refusal
    with pytest.raises(TypeError) as collated:
        default_collate([image, image])
    assert nothing is not None and (nothing.by, nothing.message) == ("DataLoader", str(collated.value))
    for text in ("toimage", "totensor~resize_28", "totensor~crop_40", "resize_8~totensor"):
        refusal = draws(image, parse(text), range(2)).refusal
        with pytest.raises(RuntimeError) as refused:
            LeNet()(torch.stack([build(parse(text))(image)] * 2))
        assert refusal is not None and (refusal.by, refusal.error, refusal.message) == (
            "LeNet",
            "RuntimeError",
            str(refused.value),
        )
    for size in range(28, 40):  # the floor in the size formula lets a few other sizes pass
        refusal = draws(image, parse(f"resize_{size}~totensor"), [0]).refusal
        assert (refusal is None) == (32 <= size <= 35)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("crop~flip~jitter~toimage~todtype~normalize~erasing", []),
        ("jitter~totensor~normalize_half", []),
        ("totensor~jitter~normalize", []),
        ("toimage~jitter~todtype~normalize", []),
        ("todtype~toimage", [(0, "todtype_pil")]),
        ("erasing_1.0~totensor", []),
        ("toimage~todtype_0~normalize", [(1, "unscaled")]),
        ("totensor~todtype_0", []),
        ("totensor~normalize~flip~jitter", [(3, "jitter_clamps")]),
        ("toimage~todtype_0~jitter", [(1, "unscaled"), (2, "jitter_clamps")]),
        ("totensor~normalize~crop~normalize_half", [(3, "normalize_twice")]),
        ("normalize~totensor~normalize", []),  # stopped before the second normalize
    ],
)
def test_silent_mistakes_are_noticed(text: str, found: list[tuple[int, str]]) -> None:
    steps = parse(text)
    result = draws(pil(noise(1)[0][0]), steps, [0])
    assert [(caution.step, caution.key) for caution in cautions(steps, result.seen)] == found


def test_the_silent_mistakes_are_as_told() -> None:
    image = pil(noise(1)[0][0])
    assert build(parse("todtype"))(image) is image
    unscaled = build(parse("toimage~todtype_0"))(image)
    assert unscaled.max() > 200
    normal = build(PRESETS["test"])(image)
    assert normal.min() < -1 and seeded(build(parse("jitter")), normal, 0).min() >= 0


def test_the_picture_is_the_image_again() -> None:
    images = noise(3)[0]
    for text in (
        "none",
        "toimage",
        "totensor",
        "toimage~todtype~normalize",
        "totensor~normalize_half",
        "totensor~normalize~normalize_imagenet",
    ):
        steps = parse(text)
        values = [draws(pil(image), steps, [0]).values[0] for image in images]
        assert torch.equal(pixels(values, undoing(steps)), images), text
    value = draws(pil(images[0]), PRESETS["test"], [0]).values[0].as_subclass(Tensor)
    assert torch.equal(pixels([value], AS_IT_IS)[0], (value.clamp(0, 1) * 255).round().byte())
    back = observe(undone(value, undoing(PRESETS["test"])))
    assert back.low == pytest.approx(0, abs=1e-6) and back.high == pytest.approx(1)


@pytest.mark.parametrize("kind", ["uint8", "PIL", "float"])
def test_the_histogram_is_numpys(kind: str) -> None:
    images = noise(5)[0]
    floats = images / 100 - 1
    result = histogram({"uint8": [*images], "PIL": [*map(pil, images)], "float": [*floats]}[kind], 32)
    array, ends = (
        (floats, (float(floats.min()), float(floats.max()))) if kind == "float" else (images, (0, 255))
    )
    for channel in range(3):
        counts, edges = np.histogram(array[:, channel].numpy(), 32, ends)
        # A value on an edge may fall either way.
        np.testing.assert_allclose(result.shares[channel], counts / counts.sum(), atol=2e-4)
        np.testing.assert_allclose(result.middles, (edges[:-1] + edges[1:]) / 2, rtol=1e-4, atol=1e-4)


def test_the_histogram_of_one_colour() -> None:
    result = histogram([torch.full((3, 8, 8), 0.5)])
    torch.testing.assert_close(result.shares.sum(1), torch.ones(3))
    assert result.shares.max() == 1
