"""Inside LeNet without a browser: the backward pass, the slider over a run's epochs, the robustness bench."""

import base64
import json
import shutil
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from core.dataset import CLASSES, splits
from core.dataset.splits import SPLIT_SEED
from core.errors import InputError
from core.evaluation.robustness import CHANGES, rotated
from core.figures.tiles import sheet
from core.inside.backward_pass import backward_pass
from core.inside.embedding import moment
from core.inside.filters import colour_images
from core.inside.stages import stages
from core.jobs import LocalBackend
from core.lenet import LeNet
from core.normalise import normalise
from core.training import checkpoints
from pages.app import services
from tests.conftest import Lab
from tests.support.visit import choose, data_of, errors, healthy, press, shows, texts, until, visit, words

TEXT, SHARED = words("inside"), words("shared")


def first_cat(lab: Lab) -> torch.Tensor:
    images = splits(lab.sketches, SPLIT_SEED).validation
    return images.images[images.labels == CLASSES.index("cat")][:1]


def numbers(number_map: dict[str, Any]) -> np.ndarray:
    return np.frombuffer(base64.b64decode(number_map["values"]), np.float32)


def maps(at: Any, key: str) -> list[dict[str, Any]]:
    groups: Any = data_of(at, key)["groups"]
    return [number_map for group in groups for number_map in group]


@pytest.mark.parametrize("of", ["logit", "loss"])
def test_the_gradients_are_those_of_the_chosen_class(lab: Lab, of: str) -> None:
    at = visit("inside", inside__tab__open="backward", inside__of=of, inside__for="ship")
    weights = checkpoints.shipped_model("sketches")
    found = backward_pass(
        weights.network(),
        stages(""),
        normalise(first_cat(lab), weights.mean, weights.std),
        CLASSES.index("ship"),
        of,  # type: ignore[arg-type]
    )
    drawn = maps(at, "inside.gradients")
    for number_map, stage in zip(
        drawn, ("conv1", "pool1", "conv2", "pool2", "fc1", "fc2", "logits"), strict=True
    ):
        np.testing.assert_allclose(numbers(number_map), found.gradients[stage].flatten().numpy(), atol=1e-6)
    assert len(maps(at, "inside.saliency")) == 4


def test_at_first_it_is_the_class_that_the_network_says(lab: Lab) -> None:
    at = visit("inside", inside__tab__open="backward")
    weights = checkpoints.shipped_model("sketches")
    predicted = int(weights.network()(normalise(first_cat(lab), weights.mean, weights.std)).argmax())
    assert TEXT("backward.auto", name=CLASSES[predicted]) in at.get_by_key("inside.for").options
    assert any(f"**{CLASSES[predicted]}**" in line for line in texts(at))


@pytest.mark.parametrize(
    ("tab", "key", "value"),
    [
        ("backward", "inside.patch", "99"),
        ("backward", "inside.patch", "x"),
        ("robustness", "inside.strength.rotate", "-1"),
    ],
)
def test_a_link_that_asks_too_much_is_told(lab: Lab, tab: str, key: str, value: str) -> None:
    at = visit("inside", inside__tab__open=tab, **{key.replace(".", "__"): value})
    assert len(errors(at)) == 1 and value in errors(at)[0]


# The slider over the epochs


def scrubbing(lab: Lab) -> Any:
    run = max(path.name for path in lab.runs.glob("2*"))  # the fast recipe, two epochs
    return visit("inside", inside__run=run, inside__tab__open="checkpoints"), run


def test_a_shipped_network_has_no_epochs(lab: Lab) -> None:
    at = visit("inside", inside__tab__open="checkpoints")
    assert TEXT("scrub.no_run") in [info.value for info in at.info]


def test_each_epoch_shows_its_own_network(trained: Lab) -> None:
    at, run = scrubbing(trained)
    images = splits(trained.sketches, SPLIT_SEED).validation
    for epoch in ("2", "0", "1"):
        choose(at, f"inside.epoch.{run}", epoch)
        weights = checkpoints.load_weights(
            trained.runs / run / "weights" / f"epoch-{int(epoch):04d}.safetensors"
        )
        picture = sheet(colour_images(weights.network().conv1.weight.detach()), 6)
        assert base64.b64encode(picture).decode() in str(data_of(at, "inside.scrub.filters")["sheet"])
        now = moment(weights, images)
        confusion = data_of(at, "inside.scrub.confusion")
        assert confusion["counts"] == now.evaluation.confusion.tolist()
        assert confusion["classes"] == list(CLASSES) and not confusion["clickable"]
        assert f"accuracy **{100 * now.evaluation.accuracy:.1f}%**" in " ".join(texts(at))
        assert shows(at, "inside.embedding") and len(maps(at, "inside.scrub.maps")) == 2


def test_the_epoch_is_in_the_link(trained: Lab) -> None:
    at, run = scrubbing(trained)
    choose(at, f"inside.epoch.{run}", "1")
    assert at.query_params[f"inside.epoch.{run}"] == "1"
    at = visit("inside", inside__run=run, inside__tab__open="checkpoints", **{f"inside__epoch__{run}": "77"})
    assert at.get_by_key(f"inside.epoch.{run}").value == "2"


def test_a_damaged_checkpoint_is_named_and_left_out(trained: Lab) -> None:
    run = max(path.name for path in trained.runs.glob("2*"))
    file = trained.runs / run / "weights" / "epoch-0001.safetensors"
    file.write_bytes(file.read_bytes()[:-1])
    link = {f"inside__checkpoint__{run}": "epoch-0002"}
    at = visit("inside", inside__run=run, inside__tab__open="checkpoints", **link)
    assert [line.value for line in at.warning] == [
        TEXT(
            "scrub.damaged",
            epoch=1,
            reason=words("errors")("checkpoint_damaged", path="epoch-0001.safetensors"),
        )
    ]
    assert len(at.get_by_key(f"inside.epoch.{run}").options) == 2


def test_a_run_that_is_deleted_meanwhile(trained: Lab) -> None:
    at, run = scrubbing(trained)
    shutil.rmtree(trained.runs / run / "weights")
    at.run()
    assert not at.exception
    assert SHARED("model.no_checkpoint") in [info.value for info in at.info]


def rewritten(lab: Lab, run: str, epoch: int, change: Callable[[LeNet], object]) -> None:
    """Store a checkpoint of the run again after something happened to its network."""
    file = lab.runs / run / "weights" / f"epoch-{epoch:04d}.safetensors"
    weights = checkpoints.load_weights(file)
    model = weights.network()
    with torch.no_grad():
        change(model)
    assert weights.config is not None
    checkpoints.save_weights(
        file, model, weights.config, weights.data_set, weights.epoch, weights.step, dict(weights.metrics)
    )


def test_no_point_is_cut_off_when_the_network_dies(trained: Lab) -> None:
    run = max(path.name for path in trained.runs.glob("2*"))
    # every unit of fc2 is silent: one point for all images
    rewritten(trained, run, 2, lambda model: model.fc2.bias.fill_(-1e3))
    at, _ = scrubbing(trained)
    for epoch in ("2", "1", "0"):
        choose(at, f"inside.epoch.{run}", epoch)
        chart = json.loads(at.get_by_key("inside.embedding").proto.spec)
        points = [point for series in chart["series"] for point in series["data"]]
        assert len(points) == 100
        for axis, name in enumerate(("xAxis", "yAxis")):
            assert chart[name]["min"] < chart[name]["max"]
            assert all(chart[name]["min"] <= point[axis] <= chart[name]["max"] for point in points)


def test_epochs_that_come_and_go_while_one_looks(trained: Lab) -> None:
    at, run = scrubbing(trained)
    choose(at, f"inside.epoch.{run}", "1")
    folder = trained.runs / run / "weights"
    for suffix in ("", ".sha256"):  # another epoch has finished
        shutil.copy(folder / f"epoch-0002.safetensors{suffix}", folder / f"epoch-0003.safetensors{suffix}")
    at.run()
    assert (
        at.get_by_key(f"inside.epoch.{run}").value == "1"
        and len(at.get_by_key(f"inside.epoch.{run}").options) == 4
    )
    (folder / "epoch-0001.safetensors").unlink()  # thinned away
    at.run()
    assert not at.exception and at.get_by_key(f"inside.epoch.{run}").value == "3"
    for epoch in ("0002", "0003"):
        (folder / f"epoch-{epoch}.safetensors").unlink()
    at.run()
    assert not at.exception and TEXT("scrub.too_few") in [info.value for info in at.info]


def test_somebody_elses_run_is_scrubbed_through_its_link(trained: Lab) -> None:
    run = max(path.name for path in trained.runs.glob("2*"))
    spec = trained.runs / run / "spec.json"
    spec.write_text(spec.read_text().replace('"local"', '"somebody-else"'))
    first, second = scrubbing(trained)[0], scrubbing(trained)[0]
    choose(first, f"inside.epoch.{run}", "0")
    healthy(second.run())
    assert (
        first.get_by_key(f"inside.epoch.{run}").value == "0"
        and second.get_by_key(f"inside.epoch.{run}").value == "2"
    )


# The robustness bench


def test_one_image_is_changed(lab: Lab) -> None:
    at = visit("inside", inside__tab__open="robustness", inside__strength__rotate="90")
    both = sheet(torch.cat([first_cat(lab), rotated(first_cat(lab), 90.0)]), 2)
    assert base64.b64encode(both).decode() in str(data_of(at, "inside.robust.both")["sheet"])
    for name in CHANGES:
        choose(at, "inside.change", name)
        assert TEXT(f"robust.{name}.about") in list(texts(at))


@pytest.mark.clock
def test_the_whole_split_is_measured_as_a_job(lab: Lab) -> None:
    at = visit("inside", inside__tab__open="robustness", inside__change="shift")
    press(at, "inside.robustness.shift")
    until(at, lambda page: shows(page, "inside.robust.curve"))
    assert TEXT("robust.alt", change=TEXT("robust.shift"), n="100") in list(texts(at))
    table = at.dataframe[0].value
    weights, images = checkpoints.shipped_model("sketches"), splits(lab.sketches, SPLIT_SEED).validation
    with torch.no_grad():
        right = (
            (
                weights.network()(normalise(images.images, weights.mean, weights.std)).argmax(1)
                == images.labels
            )
            .float()
            .mean()
        )
    assert table.iloc[0, 0] == f"{100 * float(right):.1f}%"
    # kept for everybody
    again = visit("inside", "zh", inside__tab__open="robustness", inside__change="shift")
    assert shows(again, "inside.robust.curve")


def test_pictures_count_for_the_learner_who_asks(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LocalBackend, "capacity", lambda backend, lane: 0)
    at = visit("inside", inside__tab__open="robustness", inside__change="shift")
    for change in list(CHANGES)[:2]:
        choose(at, "inside.change", change)
        press(at, f"inside.robustness.{change}")
    assert {run.learner for run in services.jobs()._store.all()} == {"local"}
    choose(at, "inside.change", list(CHANGES)[2])
    press(at, f"inside.robustness.{list(CHANGES)[2]}")
    assert errors(at) == [str(InputError("computations_owner_full", limit=2))]
