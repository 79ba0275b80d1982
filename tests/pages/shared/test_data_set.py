"""Data sets that are missing or broken: the pages say so in one sentence, and what to do."""

import tarfile
from pathlib import Path

import pytest
import torch

from core.dataset import read_batch
from core.files import locations
from tests.conftest import Lab
from tests.support.sample_data import write_data_set
from tests.support.visit import choose, errors, open_tab, press, shows, texts, until, visit, words

pytestmark = pytest.mark.clock

SHARED = words("shared")


def cut_off(file: Path) -> None:
    content = file.read_bytes()
    file.write_bytes(content[: len(content) // 2])


def test_without_cifar_10_the_page_says_how_to_get_it(lab: Lab) -> None:
    at = visit("training", training__data_set="cifar-10")
    assert SHARED("data.missing") in [info.value for info in at.info]
    assert shows(at, "data.download")
    assert shows(at, "data.folder")
    assert at.button(key="training.train").disabled


def test_a_hosted_server_lets_nobody_look_into_its_folders(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LENET_LAB_HOSTED", "1")
    at = visit("training", owner="a" * 32, training__data_set="cifar-10")
    assert SHARED("data.missing") in [info.value for info in at.info]
    assert not shows(at, "data.folder")
    assert not shows(at, "data.use")


def test_a_folder_can_be_pointed_at(lab: Lab, tmp_path: Path) -> None:
    folder = write_data_set(tmp_path / "mine")
    at = visit("training", training__data_set="cifar-10")
    at.text_input(key="data.folder").set_value(str(tmp_path / "nothing"))
    press(at, "data.use")
    assert "data_batch_1" in errors(at)[0]
    assert at.button(key="training.train").disabled
    at.text_input(key="data.folder").set_value(str(folder.parent))
    press(at, "data.use")
    assert not at.error
    assert not at.button(key="training.train").disabled
    assert "mine" in " ".join(texts(at))


def packed(folder: Path, name: str = "cifar-10-python.tar.gz") -> Path:
    with tarfile.open(folder.parent / name, "w:gz") as archive:
        archive.add(folder, folder.name)
    return folder.parent / name


@pytest.mark.parametrize("language", ["en", "zh"])
def test_an_archive_is_unpacked_with_one_click(lab: Lab, tmp_path: Path, language: str) -> None:
    archive = packed(write_data_set(tmp_path / "mine"))
    at = visit("training", language, training__data_set="cifar-10")
    at.text_input(key="data.folder").set_value(f'"{archive}"')
    press(at, "data.use")
    assert errors(at) == [words("errors", language)("data_packed", archive=archive)]
    at.run()
    assert shows(at, "data.unpack")  # the offer stays until something is done about it
    press(at, "data.unpack")
    until(at, lambda at: not shows(at, "data.folder") and not at.button(key="training.train").disabled)
    assert not at.error
    assert locations.locate("cifar-10") == locations.unpacked() / locations.FOLDER


def test_the_binary_version_is_converted_with_one_click(lab: Lab, tmp_path: Path) -> None:
    folder = write_data_set(tmp_path / "mine")
    binary = tmp_path / locations.BINARY_FOLDER
    binary.mkdir()
    for name in locations.BATCH_FILES:
        images, labels = read_batch(folder / name)
        rows = torch.cat([labels[:, None].to(torch.uint8), images.flatten(1)], 1)  # (N, 3073)
        (binary / f"{name}.bin").write_bytes(rows.numpy().tobytes())
    at = open_tab(visit("explore"), "explore.tab", words("explore")("tab.files"))
    at.text_input(key="data.folder").set_value(str(tmp_path))
    press(at, "data.use")
    assert errors(at) == [words("errors")("data_folder_binary", folder=binary)]
    press(at, "data.unpack")
    until(at, lambda at: locations.locate("cifar-10"))
    choose(at.run(), "explore.data_set", "cifar-10")
    assert not at.error and shows(at, "explore.md5")


def test_an_archive_that_cannot_be_unpacked_says_why(lab: Lab, tmp_path: Path) -> None:
    archive = packed(write_data_set(tmp_path / "mine"))
    archive.write_bytes(archive.read_bytes()[:-5000])
    at = visit("training", training__data_set="cifar-10")
    at.text_input(key="data.folder").set_value(str(archive.parent.parent))
    press(at, "data.use")
    assert not shows(at, "data.unpack")  # it lies deeper
    at.text_input(key="data.folder").set_value(str(archive))
    press(at, "data.use")
    press(at, "data.unpack")
    until(at, lambda at: at.error)
    assert errors(at) == [words("errors")("archive_broken", archive=archive.name)]
    assert shows(at, "data.folder") and not shows(at, "data.unpack")
    assert locations.locate("cifar-10") is None
    at.text_input(key="data.folder").set_value(str(tmp_path / "mine"))
    press(at, "data.use")
    assert not at.error and locations.locate("cifar-10") == tmp_path / "mine" / locations.FOLDER


def test_a_damaged_file_among_official_ones_is_named_as_soon_as_it_changes(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_data_set(tmp_path / "mine")
    monkeypatch.setenv("LENET_LAB_DATA", str(folder))
    monkeypatch.setattr(locations, "MD5", {name: locations.md5(folder / name) for name in locations.FILES})
    at = visit("training", training__data_set="cifar-10")
    assert SHARED("data.cifar-10.about") in " ".join(texts(at)) and not at.warning
    batch = bytearray((folder / "data_batch_3").read_bytes())
    batch[-9] ^= 1
    (folder / "data_batch_3").write_bytes(batch)
    at.run()
    (warning,) = [warning.value for warning in at.warning]
    assert "data\\_batch\\_3" in warning or "data_batch_3" in warning
    assert "data_batch_2" not in warning and "data\\_batch\\_2" not in warning


def test_sketches_that_cannot_be_written_are_told_of(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    file = lab.cache / "file"
    file.touch()
    monkeypatch.setenv("LENET_LAB_CACHE", str(file))
    at = until(visit("training", training__data_set="sketches"), lambda at: at.error)
    assert "LENET_LAB_CACHE" in errors(at)[0]
    assert at.button(key="training.train").disabled
    assert shows(at, "data.draw")


def test_evaluate_without_the_data_of_its_model_leads_to_where_it_is_got(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LENET_LAB_CACHE", str(tmp_path / "empty"))
    at = visit("evaluation")
    assert words("evaluation")("no_data", data=SHARED("data.sketches")) in [info.value for info in at.info]
    assert words("shared")("model.to_training") in [link.label for link in at.get("page_link")]
    assert not at.metric


@pytest.mark.parametrize("language", ["en", "zh"])
def test_evaluate_says_which_data_file_is_broken(lab: Lab, language: str) -> None:
    cut_off(lab.own_sketches() / "data_batch_2")
    at = visit("evaluation", language)
    assert len(at.error) == 1
    assert words("errors", language)("data_file_broken", file="data_batch_2") == errors(at)[0]
    assert not at.metric


def test_a_training_on_broken_data_fails_with_a_sentence(lab: Lab) -> None:
    cut_off(lab.own_sketches() / "data_batch_2")
    at = visit("training", training__data_set="sketches")
    press(at, "training.train")
    until(at, lambda at: at.error)
    assert words("errors")("data_file_broken", file="data_batch_2") == errors(at)[0]
    assert shows(at, "training.delete")
    assert not shows(at, "training.resume")
    assert not at.button(key="training.train").disabled


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_download_that_fails_says_what_can_be_done_by_hand(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    monkeypatch.setenv("LENET_LAB_CIFAR_URL", "http://127.0.0.1:9/cifar-10-python.tar.gz")
    at = visit("training", language, training__data_set="cifar-10")
    press(at, "data.download")
    until(at, lambda at: at.error)
    assert errors(at) == [words("errors", language)("download_offline", host="127.0.0.1", what="CIFAR-10")]
    assert any("cifar-10-python.tar.gz" in caption.value for caption in at.caption)
    assert shows(at, "data.download")
