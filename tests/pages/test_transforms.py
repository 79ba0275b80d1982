"""Page Data pipeline: the edited list, PyTorch's refusals, Dataset, DataLoader, and the measurement."""

import base64
import json
import os
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from streamlit.testing.v1 import AppTest
from torch import Tensor

from core.dataset import CLASSES, CIFAR10Dataset, ImageSet, splits
from core.dataset.splits import SPLIT_SEED
from core.evaluation import evaluate
from core.jobs import JobSpec
from core.normalisations import AS_IT_IS
from core.training import checkpoints
from core.transforms.loader import Loading
from core.transforms.pipeline import (
    MOST_STEPS,
    PRESETS,
    TRANSFORMS,
    TransformStep,
    code,
    parse,
    undoing,
    written,
)
from core.transforms.speed import Speed
from core.transforms.trace import draws, pixels
from pages.app.punctuation import together
from pages.app.services import jobs, latest, start_or_join
from pages.panels.transforms import speed
from tests.conftest import TRAIN, Lab
from tests.pages.shared.test_data_set import cut_off
from tests.support.sample_data import write_data_set
from tests.support.visit import choose, errors, press, shows, texts, until, visit, words

TEXT = words("transforms")
COUNT = TRAIN - TRAIN // 10
START = PRESETS["training"]


def steps_of(at: AppTest) -> tuple[TransformStep, ...]:
    """Pipeline taken from the link; the page must show its code."""
    steps = parse(at.query_params.get("transforms.steps", written(START)))
    assert code(steps) in [block.value for block in at.code]
    return steps


def data_of(at: AppTest, key: str) -> dict[str, Any]:
    return dict(json.loads(at.get_by_key(key).proto.json))


def tiles(at: AppTest, key: str) -> Tensor:
    """Pictures of a grid, uint8 [N, 3, H, W], cut out of the sheet as the browser does."""
    data = data_of(at, key)
    sheet = torch.from_numpy(np.array(Image.open(BytesIO(base64.b64decode(data["sheet"].partition(",")[2])))))
    count, columns = len(data["captions"]), data["columns"]
    side = sheet.shape[1] // columns
    cut = sheet.view(-1, side, columns, side, 3).permute(0, 2, 4, 1, 3).reshape(-1, 3, side, side)
    return cut[:count]


def training_images(lab: Lab) -> ImageSet:
    return splits(lab.sketches, SPLIT_SEED).train


def drawn(lab: Lab, steps: tuple[TransformStep, ...], index: int = 0, seed: int = 0) -> Any:
    image, _ = CIFAR10Dataset.of(training_images(lab).images, training_images(lab).labels)[index]
    return draws(image, steps, range(12 * seed, 12 * seed + 12))


def test_it_opens_with_twelve_draws_of_the_usual_pipeline(lab: Lab) -> None:
    at = visit("transforms")
    assert steps_of(at) == START
    assert torch.equal(tiles(at, "transforms.original")[0], training_images(lab).images[0])
    found = tiles(at, "transforms.draws")
    assert torch.equal(found, pixels(drawn(lab, START).values, undoing(START)))
    assert len({tile.numpy().tobytes() for tile in found}) > 6
    assert not at.error and not at.warning
    assert TEXT("accepted", shape=together([12, 3, 32, 32])) in " ".join(texts(at))
    assert len(at.get("echarts_chart")) == 1


def test_a_wrong_order_shows_pytorchs_own_error_and_moving_repairs_it(lab: Lab) -> None:
    at = press(visit("transforms"), "transforms.preset.wrong")
    assert steps_of(at) == PRESETS["wrong"]
    (refusal,) = errors(at)
    assert refusal == TEXT("refused", by="`1. Normalize((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))`")
    assert "TypeError: Normalize() does not support PIL images." in [block.value for block in at.code]
    assert torch.equal(tiles(at, "transforms.draws")[3], training_images(lab).images[0])  # as far as it got
    press(at, "transforms.down")
    assert steps_of(at) == PRESETS["wrong"][::-1] == PRESETS["tutorial"]
    assert not at.error
    assert at.get_by_key("transforms.step").value == 1  # still the same step
    press(at, "transforms.up")
    assert steps_of(at) == PRESETS["wrong"]
    assert len(at.error) == 1


@pytest.mark.parametrize("name", PRESETS)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_preset(lab: Lab, name: str, language: str) -> None:
    at = press(visit("transforms", language), f"transforms.preset.{name}")
    assert steps_of(at) == PRESETS[name]
    assert len(at.error) == (name == "wrong")
    assert at.button(key=f"transforms.preset.{name}").label == words("transforms", language)(f"preset.{name}")


@pytest.mark.parametrize("kind", TRANSFORMS)
def test_every_step_can_be_added_chosen_and_removed(lab: Lab, kind: str) -> None:
    at = choose(visit("transforms"), "transforms.kind", kind)
    press(at, "transforms.add")
    assert steps_of(at) == (START[0], TransformStep(kind), *START[1:])
    assert at.get_by_key("transforms.step").value == 1
    assert any(TEXT(f"step.{kind}") in line for line in texts(at))
    for name in TRANSFORMS[kind].params:
        assert shows(at, f"transforms.{kind}.{name}")
    press(at, "transforms.remove")
    assert steps_of(at) == START


@pytest.mark.parametrize(
    ("kind", "name", "value"),
    [
        ("crop", "size", 24),
        ("crop", "padding", 0),
        ("crop", "padding_mode", "reflect"),
        ("flip", "p", 1.0),
        ("todtype", "scale", False),
        ("normalize", "statistics", "imagenet"),
    ],
)
def test_every_kind_of_parameter_changes_its_step_in_place(
    lab: Lab, kind: str, name: str, value: object
) -> None:
    at = visit("transforms")
    place = [step.kind for step in START].index(kind)
    choose(at, "transforms.step", place)
    assert at.get_by_key(f"transforms.{kind}.{name}").value == START[place].params[name]
    choose(at, f"transforms.{kind}.{name}", value)
    changed = TransformStep(kind, {**START[place].params, name: value})
    assert steps_of(at) == (*START[:place], changed, *START[place + 1 :])
    assert torch.equal(
        tiles(at, "transforms.draws"), pixels(drawn(lab, steps_of(at)).values, undoing(steps_of(at)))
    )
    choose(at, "language", "zh")
    assert steps_of(at)[place] == changed
    assert at.get_by_key(f"transforms.{kind}.{name}").value == value


def test_two_steps_of_a_kind_have_their_own_parameters(lab: Lab) -> None:
    at = visit("transforms", transforms__steps="flip_0.5~flip_0.25~totensor")
    assert at.get_by_key("transforms.flip.p").value == 0.5
    choose(at, "transforms.step", 1)
    assert at.get_by_key("transforms.flip.p").value == 0.25
    choose(at, "transforms.flip.p", 1.0)
    assert steps_of(at) == parse("flip_0.5~flip_1.0~totensor")
    choose(at, "transforms.step", 0)
    assert at.get_by_key("transforms.flip.p").value == 0.5


def test_a_list_has_two_ends(lab: Lab) -> None:
    at = visit("transforms", transforms__steps="totensor")
    assert at.button(key="transforms.up").disabled and at.button(key="transforms.down").disabled
    press(at, "transforms.remove")
    assert at.query_params["transforms.steps"] == "none"
    assert TEXT("list.empty") in [info.value for info in at.info]
    assert "DataLoader" in errors(at)[0]
    press(at, "transforms.add")
    assert len(steps_of(at)) == 1
    full = "~".join(["flip"] * MOST_STEPS)
    at = visit("transforms", transforms__steps=full)
    assert at.button(key="transforms.add").disabled


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("toimage~todtype_0", "unscaled"),
        ("todtype~totensor", "todtype_pil"),
        ("totensor~normalize~jitter", "jitter_clamps"),
        ("totensor~normalize~normalize", "normalize_twice"),
    ],
)
def test_a_silent_mistake_is_said(lab: Lab, text: str, key: str) -> None:
    at = visit("transforms", transforms__steps=text)
    (warning,) = [warning.value for warning in at.warning]
    assert TEXT(f"caution.{key}", step="").strip() in warning
    assert not at.error


def test_draw_again_and_another_image(lab: Lab) -> None:
    at = visit("transforms")
    first = tiles(at, "transforms.draws")
    press(at, "transforms.again")
    assert at.query_params["transforms.seed"] == "1"
    second = tiles(at, "transforms.draws")
    assert not torch.equal(first, second)
    assert torch.equal(second, pixels(drawn(lab, START, seed=1).values, undoing(START)))
    choose(at, "transforms.image.sketches", COUNT - 1)
    assert torch.equal(tiles(at, "transforms.original")[0], training_images(lab).images[COUNT - 1])
    assert torch.equal(
        tiles(at, "transforms.draws"), pixels(drawn(lab, START, COUNT - 1, 1).values, undoing(START))
    )


def test_normalize_is_undone_for_display_or_not(lab: Lab) -> None:
    at = visit("transforms")
    choose(at, "transforms.show", "clipped")
    assert torch.equal(tiles(at, "transforms.draws"), pixels(drawn(lab, START).values, AS_IT_IS))
    assert at.query_params["transforms.show"] == "clipped"
    press(at, "transforms.preset.tutorial")
    assert tiles(at, "transforms.draws").float().mean() < 100  # half of the values are below 0
    assert not shows(visit("transforms", transforms__steps="totensor"), "transforms.show")  # nothing to undo


def test_a_link_restores_the_pipeline(lab: Lab) -> None:
    link = {"steps": "crop_20_2_reflect~totensor", "seed": "12", "show": "clipped"}
    at = visit(
        "transforms",
        **{f"transforms__{name}": value for name, value in link.items()},
        transforms__image__sketches="5",
    )
    assert steps_of(at) == parse(link["steps"])
    assert torch.equal(
        tiles(at, "transforms.draws"), pixels(drawn(lab, steps_of(at), 5, 12).values, AS_IT_IS)
    )
    at = visit("transforms", transforms__steps=link["steps"] + "~normalize", transforms__show="clipped")
    assert at.get_by_key("transforms.show").value == "clipped"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_link_that_asks_too_much_falls_back_with_a_sentence(lab: Lab, language: str) -> None:
    link = {"steps": "crop_9999~<script>", "seed": "-1", "show": "<b>", "image__sketches": "1e9"}
    at = visit("transforms", language, **{f"transforms__{name}": value for name, value in link.items()})
    refusals = words("errors", language)
    expected = [
        refusals("setting_out_of_range", name="crop.size", value="9999", low=8, high=64),
        refusals("setting_out_of_range", name="image", value="1e9", low=0, high=COUNT - 1),
        refusals("setting_out_of_range", name="seed", value="-1", low=0, high=9999),
    ]
    assert errors(at) == expected
    assert steps_of(at) == START
    assert "<" not in str(at.query_params)
    for seed in ("99999", "x", "", "1.5", "²", "9" * 5000):
        at = visit("transforms", transforms__seed=seed)
        assert (len(at.error) == 1) == (seed != "")
        assert torch.equal(tiles(at, "transforms.draws"), pixels(drawn(lab, START).values, undoing(START)))


def test_what_a_browser_sends_is_checked(lab: Lab) -> None:
    """Widget limits hold in the browser only."""
    at = choose(visit("transforms"), "transforms.crop.size", 1000)
    assert 8 <= steps_of(at)[0].params["size"] <= 64


def test_train_and_test_side_by_side(lab: Lab) -> None:
    at = visit("transforms", transforms__tab__open="splits")
    train, test = tiles(at, "transforms.train"), tiles(at, "transforms.test")
    originals = training_images(lab).images[:3]
    assert torch.equal(test, originals.repeat_interleave(3, 0))
    assert len(train) == 9 and not torch.equal(train, test)
    assert TEXT("splits.same") in texts(at) and TEXT("splits.differ") in texts(at)
    model, images = checkpoints.shipped_model("sketches"), splits(lab.sketches, SPLIT_SEED).validation
    scores = [
        evaluate(model.network(), images.images, images.labels, mean=mean, std=std).accuracy
        for mean, std in ((model.mean, model.std), ((0, 0, 0), (1, 1, 1)))
    ]
    assert [metric.value for metric in at.metric] == [f"{100 * score:.1f}%" for score in scores]
    assert scores[1] < scores[0] - 0.3


def test_train_and_test_of_a_pipeline_that_is_refused(lab: Lab) -> None:
    at = visit("transforms", transforms__steps="flip~normalize", transforms__tab__open="splits")
    assert len(at.error) == 2
    assert at.metric


def test_the_dataset_runs_live(lab: Lab) -> None:
    at = visit("transforms", transforms__tab__open="dataset")
    assert any(block.value.startswith("class CIFAR10Dataset(Dataset") for block in at.code)
    labels = training_images(lab).labels
    for index in (3, 0, COUNT - 1):
        choose(at, "transforms.item.sketches", index)
        session = at.code[0].value
        assert (
            f">>> len(ds)\n{COUNT}\n>>> ds[{index}]\n(<PIL.Image.Image image mode=RGB size=32x32 at 0x"
            in session
        )
        assert f", {labels[index]})\n" in session
        assert session.endswith("torch.Size([3, 32, 32])")
        assert torch.equal(tiles(at, "transforms.shown_item")[0], training_images(lab).images[index])
        assert data_of(at, "transforms.shown_item")["captions"][0].endswith(CLASSES[int(labels[index])])
    choose(at, "transforms.item.sketches", COUNT)
    assert at.code[0].value.endswith(
        f"IndexError: index {COUNT} is out of bounds for dimension 0 with size {COUNT}"
    )
    assert TEXT("item.outside", last=COUNT - 1) in [info.value for info in at.info]


def loaded(lab: Lab, loading: Loading) -> list[list[str]]:
    """Classes of each batch of a whole epoch."""
    images = training_images(lab)
    dataset = CIFAR10Dataset.of(images.images, images.labels, TransformStep("totensor").make())
    return [[CLASSES[label] for label in labels.tolist()] for _, labels in loading.loader(dataset)]


def shown(at: AppTest, place: int) -> list[str]:
    captions: list[str] = data_of(at, f"transforms.batch.{place}")["captions"]
    return captions


def test_the_loader_shows_the_batches_that_it_yields(lab: Lab) -> None:
    at = visit("transforms", transforms__tab__open="loader")
    batches = loaded(lab, Loading())
    assert [shown(at, place) for place in range(4)] == [*batches[:3], batches[-1]]
    assert len(batches[-1]) == 4
    assert TEXT("loader.rest", images=COUNT, size=16, count=57, full=56, rest=4) in texts(at)
    assert "`images [16, 3, 32, 32] float32, labels [16] int64`" in " ".join(texts(at))
    press(at, "transforms.next_epoch")
    assert shown(at, 0) == loaded(lab, Loading(seed=1))[0] != batches[0]

    choose(at, "transforms.drop_last", True)
    assert TEXT("loader.dropped", images=COUNT, size=16, count=56, full=56, rest=4) in texts(at)
    assert len(shown(at, 3)) == 16
    choose(at, "transforms.batch_size", 60)
    assert TEXT("loader.even", images=COUNT, size=60, count=15, full=15, rest=0) in texts(at)
    assert len(shown(at, 0)) == 24
    assert TEXT("batch.more", n=36) in " ".join(texts(at))
    before = shown(at, 0)
    choose(at, "transforms.num_workers", "2")
    assert shown(at, 0) == before
    assert TEXT("loader.workers", n=2) in texts(at)
    assert "num_workers=2" in at.code[0].value


def test_sorted_data_without_shuffle_is_one_class(lab: Lab) -> None:
    link = {"transforms__sorted": "true", "transforms__shuffle": "false", "transforms__batch_size": "32"}
    at = visit("transforms", **link, transforms__tab__open="loader")
    assert set(shown(at, 0)) == {CLASSES[0]}
    assert set(shown(at, 3)) == {CLASSES[-1]}
    assert TEXT("balance.told", present=1, classes=10, most=32, size=32) in texts(at)
    assert [warning.value for warning in at.warning] == [
        f"{TEXT('balance.sorted')} {TEXT('balance.sorted.sketches')}"
    ]
    choose(at, "transforms.shuffle", True)
    assert len(set(shown(at, 0))) > 3
    assert not at.warning


def test_the_price_of_sorted_data_is_that_of_the_data_set_shown(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LENET_LAB_DATA", str(write_data_set(tmp_path / "few")))
    link = {"transforms__sorted": "true", "transforms__shuffle": "false", "transforms__data_set": "cifar-10"}
    at = visit("transforms", **link, transforms__tab__open="loader")
    assert TEXT("balance.sorted.cifar-10") in at.warning[0].value
    assert TEXT("balance.sorted.sketches") not in at.warning[0].value


@pytest.mark.clock
@pytest.mark.parametrize(
    ("rate", "key"), [(1400.0, "speed.help"), (1100.0, "speed.even"), (500.0, "speed.no_help")]
)
def test_workers_are_praised_beyond_the_scatter_only(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, rate: float, key: str
) -> None:
    rates = {0: 1000.0, 1: rate, 2: rate / 2, -1: 9000.0}
    found = {way: Speed(way, int(value), 1.0, 0.25, ended=True) for way, value in rates.items()}
    monkeypatch.setattr(speed, "measured", lambda run: found)
    at = press(visit("transforms", transforms__tab__open="speed"), "transforms.measure")
    values = {
        "best": 1,
        "ratio": f"{rate / 1000:.1f}",
        "scatter": 25,
        "cores": os.cpu_count(),
        "start": "0.25",
    }
    assert any(line.startswith(TEXT(key, **values)) for line in texts(at))
    press(at, "transforms.stop")


@pytest.mark.clock
def test_the_measurement_is_a_job_that_everybody_shares(lab: Lab) -> None:
    at = visit("transforms", transforms__tab__open="speed")
    assert not shows(at, "transforms.stop")
    press(at, "transforms.measure")
    run = latest(speed.OWNER)
    assert run is not None
    assert start_or_join(JobSpec("loader-speed", {"root_dir": str(lab.sketches)}, speed.OWNER)).id == run.id
    other = visit("transforms", transforms__tab__open="speed")
    assert shows(other, "transforms.stop") and not shows(other, "transforms.measure")
    until(at, lambda at: shows(at, "transforms.measure"))
    assert jobs().get(run.id).state == "done"
    found = speed.measured(jobs().get(run.id))
    assert list(found) == [0, 1, 2, -1]
    sentence = " ".join(texts(at))
    for way, measured in found.items():
        name = TEXT("speed.ours") if way == -1 else TEXT("speed.workers", n=way)
        assert f"{name}: {measured.images_per_second:,.0f}" in sentence
    assert len(at.get("echarts_chart")) == 1

    cut_off(lab.own_sketches() / "data_batch_2")
    press(at, "transforms.measure")
    until(at, lambda at: at.warning)
    assert [warning.value.replace("\\", "") for warning in at.warning] == [
        words("errors")("data_file_broken", file="data_batch_2")
    ]
    assert len(at.get("echarts_chart")) == 0


@pytest.mark.clock
def test_the_last_one_who_looks_stops_it(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LENET_LAB_HOSTED", "1")
    ann = press(visit("transforms", owner="a" * 32, transforms__tab__open="speed"), "transforms.measure")
    bob = visit("transforms", owner="b" * 32, transforms__tab__open="speed")
    press(ann, "transforms.stop")
    assert shows(ann, "transforms.measure") and not ann.get("progress")
    run = latest(speed.OWNER)
    assert run is not None and run.active
    press(bob, "transforms.stop")
    until(bob, lambda at: shows(at, "transforms.measure"))
    assert TEXT("speed.cancelled") in texts(bob)


def test_without_data_the_page_says_what_to_do(lab: Lab) -> None:
    at = visit("transforms", transforms__data_set="cifar-10")
    assert words("shared")("data.missing") in [info.value for info in at.info]
    assert not shows(at, "transforms.draws")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_broken_data_are_one_sentence(lab: Lab, language: str) -> None:
    cut_off(lab.own_sketches() / "data_batch_4")
    at = visit("transforms", language)
    assert len(at.error) == 1
    assert "data_batch_4" in errors(at)[0]
    assert not shows(at, "transforms.draws")


def test_the_code_that_ran(lab: Lab) -> None:
    at = visit("transforms", transforms__tab__open="code")
    sources = [block.value for block in at.code]
    for start in (
        "def build(",
        "class Seeded(",
        "def draws(",
        "    def batch(",
        "def augment(",
        "def normalise(",
    ):
        assert any(source.startswith(start) for source in sources), start


@pytest.mark.parametrize(("language", "between"), [("en", ", "), ("zh", "、")])
def test_a_refusal_lists_names_as_the_language_does(lab: Lab, language: str, between: str) -> None:
    at = visit("transforms", language, transforms__steps="zoom")
    assert any(between.join(list(TRANSFORMS)[:3]) in message for message in errors(at)), errors(at)
