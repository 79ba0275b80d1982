"""core.files.imagenet against a loopback server with a file of the right form: address, check, failures."""

import hashlib
import io
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torchvision.models import ResNet18_Weights, resnet18

from core.errors import InputError
from core.files import imagenet
from core.transfer.resnet import network
from tests.files.test_download import Server
from tests.support.sample_data import same


@pytest.fixture(scope="module")
def content() -> bytes:
    torch.manual_seed(1)
    buffer = io.BytesIO()
    torch.save(resnet18(weights=None).state_dict(), buffer)
    return buffer.getvalue()


@pytest.fixture
def server(content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("LENET_LAB_CACHE", str(tmp_path / "cache"))
    found = Server(content)
    threading.Thread(target=found.serve_forever, daemon=True).start()
    name_it(found, hashlib.sha256(content).hexdigest()[:8], monkeypatch)
    yield found
    found.released.set()
    found.shutdown()
    found.server_close()


def name_it(server: Server, digest: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(
        "LENET_LAB_RESNET_URL", f"http://127.0.0.1:{server.server_address[1]}/models/resnet18-{digest}.pth"
    )


def refusal(work: object) -> str:
    with pytest.raises(InputError) as error:
        list(work)  # type: ignore[call-overload]
    assert str(error.value)
    return error.value.key


def test_the_address_and_the_check_are_torchvisions_own() -> None:
    assert ResNet18_Weights.IMAGENET1K_V1.url == imagenet.URL
    assert imagenet.weights_file().name == "resnet18-f37072fd.pth"


def test_it_is_fetched_checked_and_read(server: Server, content: bytes) -> None:
    assert not imagenet.is_there()
    steps = list(imagenet.download())
    assert steps[-1].done == steps[-1].total == len(content) and [step.done for step in steps] == sorted(
        step.done for step in steps
    )
    assert imagenet.is_there() and imagenet.weights_file().read_bytes() == content
    assert same(imagenet.load(), torch.load(io.BytesIO(content), weights_only=True))
    assert network(imagenet.load(), 0).fc.out_features == 10
    assert list(imagenet.download()) == [] and len(server.asked) == 1  # already there: nobody is asked again


def test_a_stopped_download_goes_on_where_it_ended(server: Server, content: bytes) -> None:
    server.pause = 0.001
    work = imagenet.download()
    while next(work).done < 2**20:
        pass
    work.close()  # type: ignore[attr-defined]
    assert not imagenet.is_there()
    server.pause = 0.0
    list(imagenet.download())
    assert imagenet.weights_file().read_bytes() == content and server.asked[-1] is not None


def test_a_wrong_checksum_is_refused_and_nothing_is_left(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    name_it(server, "00000000", monkeypatch)
    assert refusal(imagenet.download()) == "imagenet_checksum"
    assert (
        not imagenet.is_there() and [path.name for path in imagenet.weights_file().parent.glob("*.p*")] == []
    )


def test_what_is_too_small_is_refused(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    server.body = b"x" * 1000
    name_it(server, hashlib.sha256(server.body).hexdigest()[:8], monkeypatch)
    assert refusal(imagenet.download()) == "imagenet_checksum"


def test_a_server_that_refuses_and_one_that_is_not_there(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.status = 404
    assert refusal(imagenet.download()) == "download_status"
    monkeypatch.setenv("LENET_LAB_RESNET_URL", "http://127.0.0.1:9/resnet18-f37072fd.pth")
    assert refusal(imagenet.download()) == "download_offline"


def test_a_damaged_file_is_deleted_so_that_it_can_be_fetched_again(server: Server) -> None:
    list(imagenet.download())
    path = imagenet.weights_file()
    path.write_bytes(bytes(path.stat().st_size))
    with pytest.raises(InputError) as error:
        imagenet.load()
    assert error.value.key == "imagenet_damaged" and not imagenet.is_there()
    list(imagenet.download())
    assert imagenet.load()


def test_nothing_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LENET_LAB_CACHE", str(tmp_path))
    with pytest.raises(InputError) as error:
        imagenet.load()
    assert error.value.key == "imagenet_missing"


def test_a_folder_that_cannot_be_written_is_a_sentence(server: Server, tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / "cache", ignore_errors=True)
    (tmp_path / "cache").write_text("in the way")
    assert refusal(imagenet.download()) in ("folder_unwritable", "cannot_write", "disk_full")
