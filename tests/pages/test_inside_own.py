"""Inside, Evaluate, and Save and load with networks of one's own: as a run, and as a file brought along."""

import json
import re
import shutil
from pathlib import Path

import pytest
import safetensors.torch
import torch

from core.evaluation import evaluate
from core.files.locations import FOLDER
from core.inside.stages import stages
from core.jobs import JobService, JobSpec
from core.jobs.tasks.compute import open_weights
from core.saving import library
from core.saving.export import as_pt, as_safetensors
from core.saving.tensorboard import filters
from core.shapes.code import from_short
from core.shapes.network import PRESETS
from core.training import checkpoints
from core.training.checkpoints import Weights
from core.training.config import TrainConfig, recipe
from core.training.network import fresh
from pages.panels.inside import units
from pages.shared import loaders
from pages.shared.model_picker import upload_option
from tests.conftest import Lab, made_once
from tests.support.processes import wait
from tests.support.visit import choose, data_of, errors, healthy, open_tab, press, shows, texts, visit, words

TRAINED = (  # its first layer has the name of LeNet's
    "Conv2d(3,8,3,padding=1),BatchNorm2d(8),ReLU(),MaxPool2d(4),"
    "Conv2d(8,12,3,padding=1,groups=2,bias=False),GELU(),AvgPool2d(2),Flatten(),Dropout(0.2),Linear(192,10)"
)
NETWORKS = {
    "mlp": "Flatten(),Linear(3072,97),Tanh(),Linear(97,10)",
    "linear": "Flatten(),Linear(3072,10)",
    "softmax": "Flatten(),Linear(3072,10),Softmax(1)",
    "global": "Conv2d(3,70,3,2),SiLU(),GroupNorm(2,70),Conv2d(70,10,1),AdaptiveAvgPool2d(1),Flatten()",
    "resnet": PRESETS["resnet"].text,
    "odd": "ZeroPad2d(1),ConvTranspose2d(3,4,2),LayerNorm((4,35,35)),PReLU(),AdaptiveMaxPool2d((4,5)),"
    "Flatten(2),BatchNorm1d(4),Linear(20,7),Flatten(),Unflatten(1,(4,7)),Flatten(),Linear(28,10)",
}
TABS = ("forward", "filters", "units", "backward", "checkpoints", "robustness")


@pytest.fixture(scope="session")
def own_run(small_sketches: Path, common: Path) -> Path:
    """A runs folder with a finished training of TRAINED."""
    config = recipe("fast", epochs=2, train_size=300, network=TRAINED)

    def train(folder: Path) -> None:
        root = str(small_sketches / FOLDER)
        with JobService(folder) as service:
            params = {"config": config.to_json(), "data_set": "sketches", "root_dir": root}
            run = service.submit(JobSpec("train", params, "local"))
            wait(lambda: service.get(run.id).state not in ("queued", "running"), 60)
            assert service.get(run.id).state == "done", service.get(run.id).error

    return made_once(common / "own-run", train)


@pytest.fixture
def own(lab: Lab, own_run: Path) -> tuple[Lab, str]:
    """The lab with that run, and its id."""
    shutil.copytree(own_run, lab.runs)
    return lab, next(path.name for path in lab.runs.glob("2*"))


def made(network: str) -> Weights:
    """The weights of an untrained network as an export says them."""
    config = TrainConfig(network=network)
    model = fresh(network, 1)
    return Weights(model.state_dict(), config.mean, config.std, "sketches", 0, 0, config=config)


def brought(lab: Lab, name: str) -> str:
    """Keep the network in the learner's library; returns its option."""
    weights = made(NETWORKS[name])
    entry = library.keep(
        lab.runs, "local", name, weights.state_dict, mean=weights.mean, std=weights.std, data_set="sketches",
        network=NETWORKS[name],
    )  # fmt: skip
    return upload_option(entry)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_tab_of_a_run_with_its_own_network(own: tuple[Lab, str], language: str) -> None:
    _, run = own
    text = words("inside", language)
    for tab in TABS:
        at = visit("inside", language, inside__run=run, inside__tab__open=tab)
        assert not errors(at)
        assert text(f"notice.{tab}.own" if f"notice.{tab}.own" in text else f"notice.{tab}") in " ".join(
            texts(at)
        )
    for stage in stages(TRAINED).values():
        at = visit("inside", language, inside__run=run, inside__unit=str(stage.unit(stage.count - 1)))
        assert not errors(at) and data_of(at, "inside.forward")["selected"]


@pytest.mark.parametrize("name", NETWORKS)
def test_every_tab_of_a_network_brought_along(lab: Lab, name: str) -> None:
    option, found = brought(lab, name), stages(NETWORKS[name])
    for tab in TABS:
        at = visit("inside", inside__run=option, inside__tab__open=tab)
        assert not errors(at) and option in at.query_params["inside.run"]
        if tab == "filters":
            none = words("inside")("filters.none") in [info.value for info in at.info]
            assert none is ("Conv2d" not in NETWORKS[name])
    for stage in found.values():
        at = visit("inside", inside__run=option, inside__unit=str(stage.unit(stage.count // 2)))
        assert not errors(at)
        if stage.kind == "other":
            assert f"arithmetic of {stage.function};" in " ".join(texts(at))


def test_the_sum_of_a_unit_is_followed_through_its_layer(own: tuple[Lab, str]) -> None:
    _, run = own
    text = " ".join(texts(visit("inside", inside__run=run, inside__unit="relu1-5-0-31")))
    assert re.search(r"this gives \*\*[−\d.]+\*\*\. After BatchNorm2d it is .* After ReLU it is \*\*\d", text)
    assert "BatchNorm2d, with the mean and variance kept from training" in text
    assert "rows 0 to 1, columns 30 to 31" in text and "field of 3 × 3 reaches beyond the border" in text
    text = " ".join(texts(visit("inside", inside__run=run, inside__unit="gelu1-11-3-3")))
    assert "this layer has no bias. After GELU it is" in text
    text = " ".join(texts(visit("inside", inside__run=run, inside__unit="pool2-11-3-3")))
    assert "divided by 4, this gives" in text


def test_a_worker_opens_a_network_brought_along(lab: Lab) -> None:
    brought(lab, "global")
    (entry,) = library.entries(lab.runs, "local")
    name = entry.path.relative_to(lab.runs).as_posix()
    assert open_weights(lab.runs, name, entry.digest).architecture == NETWORKS["global"]


def test_a_large_network_is_surveyed_on_fewer_images(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    option = brought(lab, "mlp")
    assert "no ReLU" in " ".join(texts(visit("inside", inside__run=option, inside__tab__open="units")))
    monkeypatch.setattr(units, "FEWEST", 30)
    monkeypatch.setattr(units, "MOST_MACS", 40 * stages("").macs)
    at = visit("inside", inside__run="shipped", inside__tab__open="units")
    assert words("inside")("units.dead", count="40") in " ".join(texts(at))


def test_only_runs_of_lenet_have_a_plane_through_its_loss(own: tuple[Lab, str]) -> None:
    at = open_tab(visit("optimizers"), "optimizers.tab", words("optimizers")("tab.plane"))
    assert len(at.get_by_key("optimizers.plane").options) == 1


def test_event_files_of_a_network_without_kernels_in_colour() -> None:
    assert filters(made(NETWORKS["mlp"])) is None and filters(made(NETWORKS["global"])) is not None


def test_evaluate_says_what_the_run_said(own: tuple[Lab, str]) -> None:
    lab, run = own
    events = [json.loads(line) for line in (lab.runs / run / "events.jsonl").read_text().splitlines()]
    last = [event for event in events if event["type"] == "epoch"][-1]
    images = loaders.image_set(lab.sketches, "validation")
    weights = checkpoints.load_weights(lab.runs / run / "weights" / "epoch-0002.safetensors")
    found = evaluate(weights.network(), images.images, images.labels, mean=weights.mean, std=weights.std)
    assert (found.loss, found.accuracy) == (last["validation_loss"], last["validation_accuracy"])
    for language in ("en", "zh"):
        at = visit(
            "evaluation", language, evaluation__run=run, **{f"evaluation__checkpoint__{run}": "epoch-0002"}
        )
        assert not errors(at)
        assert f"{100 * last['validation_accuracy']:.1f}" in " ".join(metric.value for metric in at.metric)


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_goes_out_and_comes_back(lab: Lab, name: str) -> None:
    data = as_safetensors(made(NETWORKS[name]))
    assert checkpoints.network_in(data) == NETWORKS[name]
    at = visit("saving", saving__tab__open="bring")
    at = healthy(at.file_uploader(key="saving.file").upload("mine.safetensors", data, "application/x").run())
    assert not errors(at) and len(at.success) == 1
    press(at, "saving.keep")
    (entry,) = library.entries(lab.runs, "local")
    weights = entry.weights()
    assert weights.architecture == NETWORKS[name]
    x = torch.randn(2, 3, 32, 32)
    with torch.no_grad():
        assert torch.equal(weights.network()(x), made(NETWORKS[name]).network()(x))
    at = visit("evaluation", evaluation__run=upload_option(entry))
    assert not errors(at) and len(at.metric)


def test_a_file_whose_tensors_are_another_networks(lab: Lab) -> None:
    weights = made(NETWORKS["mlp"])
    data = safetensors.torch.save(weights.state_dict, {"network": NETWORKS["linear"]})
    at = visit("saving", saving__tab__open="bring")
    at = healthy(at.file_uploader(key="saving.file").upload("mine.safetensors", data, "application/x").run())
    assert errors(at) == [words("errors")("network_other_weights", name="fc1.weight")]


@pytest.mark.parametrize("form", ["pt", "safetensors"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_code_beside_a_download_builds_the_network(
    own: tuple[Lab, str], form: str, language: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab, run = own
    at = visit("saving", language, saving__run=run, saving__tab__open="take")
    choose(at, "saving.form", form)
    assert words("saving", language)(f"take.{form}.own") in list(texts(at)) and not shows(at, "saving.class")
    code = next(block.value for block in at.code if "load_state_dict" in block.value)
    name = re.search(r'"([^"]*\.(?:pt|safetensors))"', code)[1]  # type: ignore[index]
    assert name.startswith("network-")
    weights = checkpoints.load_weights(lab.runs / run / "weights" / "epoch-0002.safetensors")
    if at.get_by_key(f"saving.checkpoint.{run}").value != "epoch-0002":
        weights = checkpoints.load_weights(lab.runs / run / "weights" / "epoch-0001.safetensors")
    (tmp_path / name).write_bytes({"pt": as_pt, "safetensors": as_safetensors}[form](weights))
    monkeypatch.chdir(tmp_path)
    images = torch.randint(0, 256, (5, 3, 32, 32), dtype=torch.uint8)
    scope = {"images": images}
    exec(code, scope)
    mean, std = (torch.tensor(values).view(3, 1, 1) for values in (weights.mean, weights.std))
    with torch.no_grad():
        expected = weights.network()((images / 255 - mean) / std)
    assert torch.equal(scope["logits"], expected)
    assert all(layer.kind in code for layer in from_short(TRAINED))


def test_a_header_without_end_is_not_read() -> None:
    header = json.dumps({"__metadata__": {"network": NETWORKS["linear"], "pad": " " * 2**20}}).encode()
    assert checkpoints.network_in(len(header).to_bytes(8, "little") + header) == ""
