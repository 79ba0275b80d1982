"""ResNet-18 on the page Train LeNet: its form and its costs, what is said without weights, and whole runs."""

import hashlib
import io
import json
import socket
from pathlib import Path
from typing import Any

import pytest
import torch
from streamlit.testing.v1 import AppTest
from torchvision.models import resnet18

from core.errors import InputError
from core.files import imagenet
from core.jobs import ENTRIES, JobSpec
from core.transfer.config import TransferConfig
from core.transfer.memory import resnet_memory
from core.transfer.resnet import cost
from tests.conftest import TRAIN, Lab
from tests.support.visit import choose, errors, press, shows, texts, until, visit, words

pytestmark = pytest.mark.clock

TEXT, SHARED = words("training"), words("shared")
VALIDATION = TRAIN // 10
SMALL = {"train_size": "100", "validation_size": str(VALIDATION), "epochs": "2", "batch_size": "50"}


def resnet(**link: str) -> AppTest:
    settings = {f"training__resnet__{name}": value for name, value in SMALL.items()} | link
    return visit("training", training__model="resnet18", training__size="32", **settings)


def events(lab: Lab) -> list[dict[str, Any]]:
    (run,) = (
        path
        for path in lab.runs.glob("2*")
        if json.loads((path / "spec.json").read_text())["entry"] == "transfer"
    )
    return [json.loads(line) for line in (run / "events.jsonl").read_text().splitlines()]


@pytest.fixture
def with_weights(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Lab:
    """A machine with weights of the right form."""
    torch.manual_seed(0)
    buffer = io.BytesIO()
    torch.save(resnet18(weights=None).state_dict(), buffer)
    digest = hashlib.sha256(buffer.getvalue()).hexdigest()[:8]
    monkeypatch.setenv("LENET_LAB_RESNET_URL", f"http://127.0.0.1:9/resnet18-{digest}.pth")
    imagenet.weights_file().parent.mkdir(parents=True)
    imagenet.weights_file().write_bytes(buffer.getvalue())
    return lab


@pytest.mark.parametrize("language", ["en", "zh"])
def test_settings_that_take_too_much_memory_are_refused_in_place(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    monkeypatch.setenv("LENET_LAB_WORKER_MB", "3000")
    link = {"training__model": "resnet18", "training__mode": "scratch", "training__size": "224"}
    at = visit("training", language, training__resnet__batch_size="1024", **link)
    needed = resnet_memory(TransferConfig(mode="scratch", size=224, batch_size=1024), "sketches")
    refusal = InputError("too_much_memory", needed=needed, limit=3000)
    assert errors(at) == [refusal.sentence(language)]
    assert at.button(key="training.train").disabled
    choose(at, "training.resnet.batch_size", 16)
    assert not errors(at) and not at.button(key="training.train").disabled


@pytest.mark.parametrize("language", ["en", "zh"])
def test_without_weights_it_says_what_can_be_done(lab: Lab, language: str) -> None:
    at = visit("training", language, training__model="resnet18")
    text = words("training", language)
    assert text("transfer.missing") in [info.value for info in at.info]
    assert at.button(key="training.train").disabled
    assert text("empty") not in [info.value for info in at.info]
    press(at, "training.scratch")
    assert text("empty") in [info.value for info in at.info]
    assert not at.button(key="training.train").disabled and text("transfer.missing") not in [
        info.value for info in at.info
    ]
    assert at.get_by_key("training.mode").value == "scratch"


def test_offline_is_one_sentence(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LENET_LAB_RESNET_URL", "http://127.0.0.1:9/resnet18-f37072fd.pth")
    at = press(resnet(), "training.weights")
    until(at, errors)
    assert errors(at) == [words("errors")("download_offline", host="127.0.0.1", what="ResNet-18")]
    assert shows(at, "training.weights") and shows(at, "training.scratch")


def test_starting_and_stopping_the_download_are_said_at_once(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:  # takes the call and never answers
        address = f"http://127.0.0.1:{mute.getsockname()[1]}/resnet18-f37072fd.pth"
        monkeypatch.setenv("LENET_LAB_RESNET_URL", address)
        at = press(resnet(), "training.weights")
        assert at.get("progress")[0].text == SHARED("progress.starting")
        press(at, "training.weights.stop")
        assert at.get("progress")[0].text == SHARED("progress.stopping")
        assert at.button(key="training.weights.stop").disabled


def test_the_costs_are_computed(lab: Lab) -> None:
    at = visit("training", training__model="resnet18", training__size="128")
    table = at.dataframe[0].value
    assert table[TEXT("transfer.macs")].tolist()[1] == f"{cost(64).macs / 1e6:,.0f} M"
    assert "→ 128 px" in table[TEXT("setting.size")].tolist()
    assert TEXT("transfer.parameters", n=f"{cost(128).parameters:,}") in list(texts(at))


def test_a_head_is_trained_on_cached_features(with_weights: Lab) -> None:
    at = press(resnet(), "training.train")
    until(at, lambda page: shows(page, "training.reset"))
    assert any(line.startswith("After epoch 2: ") for line in texts(at))
    assert shows(at, "training.confusion") and not shows(at, "training.kernels")
    assert at.dataframe[-1].value.iloc[:, :10].to_numpy().sum() == VALIDATION
    found = events(with_weights)
    kinds = [event["type"] for event in found]
    assert kinds.count("epoch") == kinds.count("confusion") == 2 and kinds.count("progress") >= 1
    counts = found[len(kinds) - 1 - kinds[::-1].index("confusion")]["counts"]
    assert sum(map(sum, counts)) == VALIDATION
    option = at.get_by_key("training.run").options[0]
    assert SHARED("run.resnet", mode=SHARED("mode.features"), size=32) in option
    run = next(path for path in with_weights.runs.glob("2*") if (path / "resume-a.pt").exists())
    # the body isn't in it
    assert sum(path.stat().st_size for path in run.rglob("*") if path.is_file()) < 1_000_000

    at = visit("evaluation")  # which knows LeNet alone
    assert not any("ResNet" in name for name in at.get_by_key("evaluation.run").options)
    at = press(visit("training"), "training.reset")
    assert (at.get_by_key("training.model").value, at.get_by_key("training.mode").value) == (
        "resnet18",
        "features",
    )
    assert at.get_by_key("training.resnet.epochs").value == 2


def test_a_stopped_resnet_is_not_offered_for_evaluation(lab: Lab) -> None:
    at = press(resnet(training__mode="scratch", training__resnet__epochs="50"), "training.train")
    until(at, lambda page: any(metric.value != "–" for metric in page.metric))
    press(at, "training.stop")
    until(at, lambda page: TEXT("state.cancelled.resnet") in texts(page))
    assert TEXT("to_evaluation") not in [link.proto.label for link in at.get("page_link")]


def test_from_scratch_needs_no_weights(lab: Lab) -> None:
    at = press(resnet(training__mode="scratch"), "training.train")
    until(at, lambda page: shows(page, "training.reset"))
    assert [event["type"] for event in events(lab)].count("epoch") == 2


@pytest.mark.parametrize(("key", "value"), [("epochs", "0"), ("train_size", "9999999"), ("lr", "nan")])
def test_a_link_that_asks_too_much_is_told(lab: Lab, key: str, value: str) -> None:
    at = visit("training", training__model="resnet18", **{f"training__resnet__{key}": value})
    assert len(errors(at)) == 1


def test_more_images_than_there_are_means_all_of_them(with_weights: Lab) -> None:
    at = choose(resnet(), "training.resnet.train_size", 50_000)
    press(at, "training.train")
    until(at, lambda page: shows(page, "training.reset"))
    assert (
        next(event for event in events(with_weights) if event["type"] == "attempt")["steps_per_epoch"]
        == (TRAIN - VALIDATION) // 50
    )


@pytest.mark.parametrize(
    "wrong", [{"config": {"size": 31}}, {"data_set": "mnist"}, {"root_dir": ""}, {"more": 1}]
)
def test_a_job_that_is_refused(wrong: dict[str, Any]) -> None:
    good = {"config": TransferConfig().to_json(), "data_set": "sketches", "root_dir": "/data"}
    assert ENTRIES["transfer"].checked("transfer", dict(good))["config"] == TransferConfig().to_json()
    with pytest.raises(InputError):
        ENTRIES["transfer"].checked("transfer", good | wrong)


def test_a_run_that_is_stopped_in_its_pass_goes_on(with_weights: Lab) -> None:
    from pages.app.services import jobs

    config = TransferConfig(size=128, train_size=900, validation_size=VALIDATION, epochs=1)
    params = {"config": config.to_json(), "data_set": "sketches", "root_dir": str(with_weights.sketches)}
    run = jobs().submit(JobSpec("transfer", params, "local"))
    at = visit("training", training__run=run.id)
    until(at, lambda page: any(event["type"] == "progress" for event in jobs().events(run.id)))
    jobs().pause(run.id, "local")
    until(at, lambda page: jobs().get(run.id).state == "paused")
    chunks = len(list(Path(with_weights.cache, "features").glob("*.safetensors")))
    assert 1 <= chunks < 10
    jobs().resume(run.id, "local")
    until(at, lambda page: len(list(Path(with_weights.cache, "features").glob("*.safetensors"))) > chunks)
    jobs().cancel(run.id, "local")
    until(at, lambda page: jobs().get(run.id).state == "cancelled")
