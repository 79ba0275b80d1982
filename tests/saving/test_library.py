"""core.saving.library: what is kept comes back, bounded, each owner's own; disk errors are one sentence."""

import threading
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import torch

from core.cifar10 import MEAN, STD
from core.errors import InputError
from core.jobs.tasks.compute import open_weights
from core.lenet import LeNet
from core.saving import library
from core.saving.library import MOST, Uploaded
from core.training import checkpoints
from tests.support.sample_data import same

STATE = LeNet().state_dict()


def keep(runs: Path, owner: str = "local", name: str = "mine", **more: Any) -> Uploaded:
    return library.keep(
        runs, owner, name, dict(STATE), **({"mean": MEAN, "std": STD, "data_set": "sketches"} | more)
    )


def test_what_is_kept_comes_back(tmp_path: Path) -> None:
    entry = keep(tmp_path, name=" my  **net**\n", data_set="cifar-10")
    assert library.entries(tmp_path, "local") == [entry]
    weights = entry.weights()
    assert same(weights.state_dict, dict(STATE)) and same(weights.network().state_dict(), dict(STATE))
    assert (weights.mean, weights.std, weights.data_set, weights.name, weights.config) == (
        MEAN,
        STD,
        "cifar-10",
        "my **net**",
        None,
    )
    assert entry.digest == sha256(entry.path.read_bytes()).hexdigest() == entry.path.stem
    assert (
        keep(tmp_path, name="my **net**", data_set="cifar-10").digest == entry.digest
        and len(library.entries(tmp_path, "local")) == 1
    )


def test_a_worker_opens_it_by_name_and_digest(tmp_path: Path) -> None:
    entry = keep(tmp_path, "a" * 32)
    assert same(
        open_weights(tmp_path, entry.path.relative_to(tmp_path).as_posix(), entry.digest).state_dict,
        dict(STATE),
    )
    assert library.find(tmp_path, entry.digest) == entry
    for digest in ("0" * 64, "*", "../" + entry.digest, ""):
        with pytest.raises(InputError):
            library.find(tmp_path, digest)


def test_each_owner_sees_their_own(tmp_path: Path) -> None:
    mine, theirs = keep(tmp_path, "a" * 32), keep(tmp_path, "b" * 32, "theirs")
    assert library.entries(tmp_path, "a" * 32) == [mine] and library.entries(tmp_path, "b" * 32) == [theirs]
    library.delete(tmp_path, "a" * 32, theirs.digest)
    assert library.entries(tmp_path, "b" * 32) == [theirs]
    library.delete(tmp_path, "b" * 32, theirs.digest)
    assert library.entries(tmp_path, "b" * 32) == [] and not list(theirs.path.parent.iterdir())


@pytest.mark.parametrize("owner", ["", "..", "../local", "a/b", "a\\b", "a\0", "x" * 65, "é", "a\n"])
def test_an_owner_leads_nowhere_else(tmp_path: Path, owner: str) -> None:
    for use in (
        lambda: keep(tmp_path, owner),
        lambda: library.entries(tmp_path, owner),
        lambda: library.delete(tmp_path, owner, "0" * 64),
    ):
        with pytest.raises(InputError) as error:
            use()
        assert error.value.key == "job_owner"
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("digest", ["*", "../../x", "0" * 63, "", "0" * 64 + "\n"])
def test_deleting_something_else_deletes_nothing(tmp_path: Path, digest: str) -> None:
    entry = keep(tmp_path)
    library.delete(tmp_path, "local", digest)
    assert library.entries(tmp_path, "local") == [entry]


@pytest.mark.parametrize(
    ("more", "key"),
    [
        ({"name": ""}, "library_name"),
        ({"name": " \n\t\x00"}, "library_name"),
        ({"data_set": "../x"}, "data_set_unknown"),
        ({"mean": (2.0, 0.0, 0.0)}, "setting_channels"),
        ({"std": (0.0, 1.0, 1.0)}, "setting_channels"),
        ({"std": (float("nan"), 1.0, 1.0)}, "setting_channels"),
    ],
)
def test_what_cannot_be_is_refused(tmp_path: Path, more: dict[str, Any], key: str) -> None:
    with pytest.raises(InputError) as error:
        keep(tmp_path, **more)
    assert error.value.key == key and error.value.sentence("zh")
    assert library.entries(tmp_path, "local") == []


def test_a_long_name_is_cut(tmp_path: Path) -> None:
    assert len(keep(tmp_path, name="n" * 10_000).name) == library.LONGEST_NAME


def test_a_downloaded_checkpoint_keeps_its_whole_name(tmp_path: Path) -> None:
    name = "lenet-cifar-10-tutorial-20260101-000000-epoch-0003"
    assert keep(tmp_path, name=name).name == name


@pytest.mark.clock
def test_the_shelf_is_full_also_for_two_at_once(tmp_path: Path) -> None:
    for n in range(MOST - 1):
        keep(tmp_path, name=f"net {n}")
    refused: list[str] = []

    def one_more(name: str) -> None:
        try:
            keep(tmp_path, name=name)
        except InputError as error:
            refused.append(error.key)

    threads = [threading.Thread(target=one_more, args=(f"last {n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refused == ["library_full"] * 3 and len(library.entries(tmp_path, "local")) == MOST
    assert keep(tmp_path, name="net 3").name == "net 3"  # this one has its place already
    assert keep(tmp_path, "other").name == "mine"


def test_a_file_damaged_later_is_one_sentence_and_hides_no_other(tmp_path: Path) -> None:
    whole, flipped, torn, empty = (
        keep(tmp_path, name=name) for name in ("whole", "flipped", "torn", "empty")
    )
    data = bytearray(flipped.path.read_bytes())
    data[-1] ^= 1
    flipped.path.write_bytes(data)
    torn.path.write_bytes(torn.path.read_bytes()[:20])
    empty.path.write_bytes(b"")
    (whole.path.parent / "notes.safetensors").write_bytes(b"not one of ours")
    assert {entry.name for entry in library.entries(tmp_path, "local")} == {"whole", "flipped"}
    with pytest.raises(InputError) as error:
        flipped.weights()
    assert error.value.key == "checkpoint_damaged"
    assert whole.weights().name == "whole"


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = keep(tmp_path)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("core.files.whole.os.fsync", full)
    with pytest.raises(InputError, match="No space left"):
        keep(tmp_path, name="another")
    assert library.entries(tmp_path, "local") == [entry] and len(list(entry.path.parent.iterdir())) == 2


def test_no_folder_is_an_empty_shelf(tmp_path: Path) -> None:
    assert library.entries(tmp_path / "none", "local") == []


def test_metadata_of_a_run_are_read_as_before(tmp_path: Path) -> None:
    shipped = checkpoints.shipped_model("sketches")
    assert (
        shipped.config is not None
        and shipped.name == ""
        and torch.isfinite(shipped.state_dict["fc3.bias"]).all()
    )
