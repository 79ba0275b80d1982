"""core.files.download, fetch and archive against a small loopback server that misbehaves on request."""

import errno
import gzip
import hashlib
import io
import os
import re
import socket
import subprocess
import sys
import tarfile
import threading
import time
import tracemalloc
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
import torch

from core.dataset import load_split
from core.dataset.batch_file import write_batch, write_meta
from core.errors import InputError
from core.files import archive as archive_module
from core.files import download as download_module
from core.files import fetch, locations
from core.files.download import download, extract
from core.progress import Progress
from tests.support import ROOT

pytestmark = pytest.mark.clock

FOLDER = locations.FOLDER


def entry(
    name: str, data: bytes = b"", kind: bytes = tarfile.REGTYPE, size: int | None = None, link: str = ""
) -> bytes:
    """One tar member; `size` may lie."""
    info = tarfile.TarInfo(name)
    info.size, info.type, info.linkname = len(data) if size is None else size, kind, link
    return info.tobuf(tarfile.GNU_FORMAT) + data + bytes(-len(data) % 512)


def pack(*entries: bytes) -> bytes:
    return gzip.compress(b"".join(entries) + bytes(1024), compresslevel=1)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Files of a small data set; random pixels make its archive 400 KB."""
    folder = tmp_path_factory.mktemp("files")
    images = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (20, 3, 32, 32), dtype=np.uint8))
    for name in (*locations.TRAIN_FILES, *locations.TEST_FILES):
        write_batch(folder / name, images, [i % 10 for i in range(20)], ["a.png"] * 20, name)
    write_meta(folder)
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.fixture(scope="module")
def whole(files: dict[str, bytes]) -> bytes:
    """An archive built like the official one: the folder, its files, a readme."""
    members = [entry(f"{FOLDER}/{name}", data) for name, data in files.items()]
    return pack(
        entry(f"{FOLDER}/", kind=tarfile.DIRTYPE), *members, entry(f"{FOLDER}/readme.html", b"<html>")
    )


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, body: bytes) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.body = body
        self.tag = '"1"'
        self.ranges = True
        self.status = 0  # answered instead
        self.cuts: list[int] = []  # bytes after which each connection in turn is closed
        self.stall_at: int | None = None
        self.pause = 0.0  # seconds after each 64 KB
        self.silent = False  # accepts and never answers
        self.released = threading.Event()
        self.asked: list[str | None] = []  # Range headers

    def handle_error(self, request: object, client_address: object) -> None:
        """Ignore a client that went away; the tests provoke that."""


class Handler(BaseHTTPRequestHandler):
    server: Server

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        server, wanted = self.server, self.headers.get("Range")
        server.asked.append(wanted)
        if server.silent:
            server.released.wait(20)
            return
        if server.status:
            self.send_error(server.status)
            return
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and server.ranges else 0
        if start >= len(server.body):
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{len(server.body)}")
            self.end_headers()
            return
        self.send_response(206 if wanted and server.ranges else 200)
        self.send_header("ETag", server.tag)
        self.send_header("Content-Length", str(len(server.body) - start))
        if wanted and server.ranges:
            self.send_header("Content-Range", f"bytes {start}-{len(server.body) - 1}/{len(server.body)}")
        self.end_headers()
        self.send_body(server.body[start:], server.cuts.pop(0) if server.cuts else None)

    def send_body(self, body: bytes, cut: int | None) -> None:
        for at in range(0, len(body), 2**16):
            if self.server.stall_at is not None and at >= self.server.stall_at:
                self.server.released.wait(20)
                return
            self.wfile.write(body[at : at + 2**16][: None if cut is None else max(0, cut - at)])
            if cut is not None and at + 2**16 >= cut:
                return
            time.sleep(self.server.pause)


@pytest.fixture
def server(whole: bytes, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    with Server(whole) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        monkeypatch.setenv(
            "LENET_LAB_CIFAR_URL", f"http://127.0.0.1:{server.server_port}/cifar-10-python.tar.gz"
        )
        monkeypatch.setenv("LENET_LAB_CIFAR_MD5", hashlib.md5(whole).hexdigest())
        yield server
        server.released.set()
        server.shutdown()
        thread.join()


def refused(dest: Path, key: str) -> InputError:
    with pytest.raises(InputError) as refusal:
        list(download(dest))
    assert refusal.value.key == key and str(refusal.value) and refusal.value.sentence("zh")
    return refusal.value


def is_installed(dest: Path, files: dict[str, bytes]) -> bool:
    """Whether all files are there, and nothing else but the lock."""
    assert {path.name for path in dest.iterdir()} <= {FOLDER, ".download.lock"}
    return all((dest / FOLDER / name).read_bytes() == data for name, data in files.items())


def part_of(dest: Path) -> Path:
    return dest / "cifar-10-python.tar.gz.part"


def start_and_stop(dest: Path, server: Server, after: int) -> None:
    """Leave a partial download of at least `after` bytes."""
    server.cuts = [after]
    for progress in download(dest):
        if progress.done >= after:
            break
    assert after <= part_of(dest).stat().st_size < len(server.body)


def test_downloads_checks_and_unpacks(
    server: Server, tmp_path: Path, files: dict[str, bytes], whole: bytes
) -> None:
    steps = list(download(tmp_path / "new"))
    assert is_installed(tmp_path / "new", files)
    assert list(dict.fromkeys(step.stage for step in steps)) == ["download", "check", "extract"]
    assert all(0 <= step.done <= step.total or step.total == 0 for step in steps)
    assert Progress(len(whole), len(whole), "download") in steps and steps[-1].done == steps[-1].total > 0
    assert locations.is_complete(tmp_path / "new" / FOLDER)
    assert len(load_split(tmp_path / "new", train=True)[1]) == 100
    assert list(download(tmp_path / "new")) == [] and len(server.asked) == 1  # nothing to do the second time


def test_a_proxy_in_the_environment_is_not_asked_for_loopback(
    server: Server, tmp_path: Path, files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    list(download(tmp_path))
    assert is_installed(tmp_path, files)


def test_continues_where_it_was_stopped(server: Server, tmp_path: Path, files: dict[str, bytes]) -> None:
    start_and_stop(tmp_path, server, after=130_000)
    size = part_of(tmp_path).stat().st_size
    list(download(tmp_path))
    assert server.asked[-1] == f"bytes={size}-" and is_installed(tmp_path, files)


def test_cut_connections_are_continued(server: Server, tmp_path: Path, files: dict[str, bytes]) -> None:
    server.cuts = [50_000] * 6
    list(download(tmp_path))
    assert len(server.asked) == 7 and is_installed(tmp_path, files)


def test_a_server_that_always_cuts_is_given_up(server: Server, tmp_path: Path) -> None:
    server.cuts = [100_000] + [0] * 20
    refused(tmp_path, "download_cut")
    assert part_of(tmp_path).stat().st_size == 100_000 and len(server.asked) < 8


def test_without_ranges_it_starts_again(server: Server, tmp_path: Path, files: dict[str, bytes]) -> None:
    start_and_stop(tmp_path, server, after=130_000)
    server.ranges = False
    list(download(tmp_path))
    assert is_installed(tmp_path, files)


@pytest.mark.parametrize("change", ["size", "tag"])
def test_another_version_on_the_server_starts_again(
    server: Server, tmp_path: Path, files: dict[str, bytes], change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    start_and_stop(tmp_path, server, after=130_000)
    server.body = gzip.compress(gzip.decompress(server.body), compresslevel=9 if change == "size" else 1)
    if change == "tag":
        server.tag = '"2"'
    monkeypatch.setenv("LENET_LAB_CIFAR_MD5", hashlib.md5(server.body).hexdigest())
    list(download(tmp_path))
    assert server.asked[-2] is not None and server.asked[-1] is None and is_installed(tmp_path, files)


def test_416_starts_again(server: Server, tmp_path: Path, files: dict[str, bytes]) -> None:
    part = fetch.Part(part_of(tmp_path))
    part.start({"total": 10**7, "tag": '"1"'})
    part.path.write_bytes(bytes(len(server.body) + 5))
    list(download(tmp_path))
    assert server.asked == [f"bytes={len(server.body) + 5}-", None] and is_installed(tmp_path, files)


def test_a_damaged_note_starts_again(server: Server, tmp_path: Path, files: dict[str, bytes]) -> None:
    part_of(tmp_path).write_bytes(b"rubbish")
    part_of(tmp_path).with_name(part_of(tmp_path).name + ".json").write_text('["not", "a", "note"]')
    list(download(tmp_path))
    assert server.asked == [None] and is_installed(tmp_path, files)


def test_a_wrong_checksum_removes_what_came(
    server: Server, tmp_path: Path, files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    right = os.environ["LENET_LAB_CIFAR_MD5"]
    monkeypatch.setenv("LENET_LAB_CIFAR_MD5", "0" * 32)
    monkeypatch.setattr(download_module, "extracting", None)  # would fail if anything were unpacked
    refused(tmp_path, "download_checksum")
    assert [path.name for path in tmp_path.iterdir()] == [".download.lock"]
    monkeypatch.undo()
    monkeypatch.setenv("LENET_LAB_CIFAR_URL", f"http://127.0.0.1:{server.server_port}/")
    monkeypatch.setenv("LENET_LAB_CIFAR_MD5", right)
    list(download(tmp_path))
    assert is_installed(tmp_path, files)


def test_an_archive_put_there_by_hand_is_used_offline(
    tmp_path: Path, whole: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LENET_LAB_CIFAR_URL", "http://127.0.0.1:9/")
    monkeypatch.setenv("LENET_LAB_CIFAR_MD5", hashlib.md5(whole).hexdigest())
    placed = tmp_path / "cifar-10-python.tar.gz"
    placed.write_bytes(whole)
    assert {step.stage for step in download(tmp_path)} == {"check", "extract"}
    assert locations.is_complete(tmp_path / FOLDER) and placed.read_bytes() == whole


def test_the_command_installs_where_the_app_looks(
    server: Server,
    tmp_path: Path,
    files: dict[str, bytes],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("LENET_LAB_CACHE", str(tmp_path))
    monkeypatch.delenv("LENET_LAB_DATA", raising=False)
    server.status = 500
    with pytest.raises(SystemExit, match="HTTP 500"):
        download_module.main()
    server.status = 0
    download_module.main()
    assert is_installed(tmp_path / "cifar-10", files) and capsys.readouterr().out.endswith(
        f"{locations.locate('cifar-10')}\n"
    )


@pytest.mark.parametrize("name", ["core.files.download", "core.download"])
def test_the_command_answers_to_both_names(name: str, tmp_path: Path) -> None:
    environment = os.environ | {
        "LENET_LAB_CACHE": str(tmp_path),
        "LENET_LAB_CIFAR_URL": f"http://127.0.0.1:{closed_port()}/",
    }

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", name, *arguments]
        return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)

    asked = run("--help")
    assert asked.returncode == 0 and not any(tmp_path.iterdir())
    assert "163 MB" in asked.stdout and f"{tmp_path}/cifar-10" in "".join(asked.stdout.split())
    wrong = run("cifar-100")
    assert wrong.returncode == 2 and "cifar-100" in wrong.stderr and not any(tmp_path.iterdir())
    offline = run()
    assert offline.returncode == 1 and "error: 127.0.0.1 can't be reached" in offline.stderr
    assert not re.search("Traceback|press|button|click", offline.stderr, re.IGNORECASE)


def test_ctrl_c_keeps_what_has_come(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LENET_LAB_CACHE", str(tmp_path))
    write = fetch._write_all

    def interrupted(file: io.FileIO, chunk: bytes) -> int:
        write(file, chunk)
        raise KeyboardInterrupt

    monkeypatch.setattr(fetch, "_write_all", interrupted)
    with pytest.raises(SystemExit) as stopped:
        download_module.main()
    assert stopped.value.code == 130 and "continues from what has arrived" in capsys.readouterr().err
    assert part_of(tmp_path / "cifar-10").stat().st_size > 0


# No network


def closed_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.mark.parametrize("host", ["127.0.0.1", "nowhere.invalid"])
def test_offline_is_said_soon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    monkeypatch.setenv("LENET_LAB_CIFAR_URL", f"http://{host}:{closed_port()}/x.tar.gz")
    start = time.monotonic()
    assert host in str(refused(tmp_path, "download_offline"))
    assert time.monotonic() - start < 10


def test_a_name_look_up_that_hangs_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    released = threading.Event()

    def hang(*_arguments: object, **_options: object) -> None:
        released.wait(20)
        raise socket.gaierror(-2, "no name")

    monkeypatch.setenv("LENET_LAB_CIFAR_URL", "http://hanging.invalid/x.tar.gz")
    monkeypatch.setattr(socket, "getaddrinfo", hang)
    monkeypatch.setattr(fetch, "CONNECT_SECONDS", 0.2)
    refused(tmp_path, "download_offline")
    released.set()


def test_limits_leave_room_within_ten_seconds() -> None:
    assert fetch.CONNECT_SECONDS < 9.5 and fetch.STALL_SECONDS < 9.5


def test_a_silent_server_and_a_stall(
    server: Server, tmp_path: Path, files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "CONNECT_SECONDS", 0.6)
    monkeypatch.setattr(fetch, "STALL_SECONDS", 0.4)
    server.silent = True
    refused(tmp_path, "download_offline")
    server.silent, server.stall_at = False, 2 * 2**16
    refused(tmp_path, "download_stalled")
    assert part_of(tmp_path).stat().st_size == 2 * 2**16  # kept
    server.stall_at = None
    list(download(tmp_path))
    assert server.asked[-1] == f"bytes={2 * 2**16}-" and is_installed(tmp_path, files)


def test_refusals_of_the_server(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server.status = 404
    assert "404" in str(refused(tmp_path, "download_status"))
    server.status = 0
    monkeypatch.setattr(fetch, "MAX_BYTES", 1000)
    refused(tmp_path, "download_too_large")
    monkeypatch.setenv("LENET_LAB_CIFAR_URL", "file:///etc/passwd")
    refused(tmp_path, "download_address")


# The disk


def test_a_full_disk_keeps_what_has_come(
    server: Server, tmp_path: Path, files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    write = fetch._write_all

    def full(file: io.FileIO, chunk: bytes) -> int:
        if file.tell() > 100_000:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(file, chunk)

    with monkeypatch.context() as patch:
        patch.setattr(fetch, "_write_all", full)
        refused(tmp_path, "disk_full")
    assert part_of(tmp_path).stat().st_size > 100_000
    with monkeypatch.context() as patch:
        patch.setattr(archive_module, "_replace", _no_space)
        refused(tmp_path, "disk_full")
    assert (
        part_of(tmp_path).exists()
        and not list(tmp_path.glob(".extract-*"))
        and not (tmp_path / FOLDER).exists()
    )
    asked = len(server.asked)
    list(download(tmp_path))
    assert len(server.asked) == asked and is_installed(tmp_path, files)  # everything was there already


def _no_space(*_paths: Path) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_free_space_is_looked_at_first(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        download_module.shutil, "disk_usage", lambda _path: type("Usage", (), {"free": 100_000})()
    )
    refused(tmp_path, "disk_space")
    assert fetch.Part(part_of(tmp_path)).size() == 0


def test_a_destination_that_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    refused(tmp_path / "file", "folder_unwritable")


# Two at a time


def test_a_second_caller_follows_and_both_end_well(
    server: Server, tmp_path: Path, files: dict[str, bytes]
) -> None:
    server.pause = 0.05
    first = download(tmp_path)
    for progress in first:
        if progress.done:
            break
    seen: list[Progress] = []
    second = threading.Thread(target=lambda: seen.extend(download(tmp_path)))
    second.start()
    time.sleep(0.3)
    list(first)
    second.join()
    assert len(server.asked) == 1 and is_installed(tmp_path, files)
    assert seen and all(step.stage == "download" for step in seen)


def test_a_second_caller_takes_over_when_the_first_stops(
    server: Server, tmp_path: Path, files: dict[str, bytes]
) -> None:
    server.cuts = [130_000]
    first = download(tmp_path)
    while next(first).done < 130_000:
        pass
    second = download(tmp_path)
    assert next(second).done >= 130_000  # follows
    first.close()
    list(second)
    assert server.asked[-1] is not None and is_installed(tmp_path, files)


# The archive


@pytest.fixture
def put(tmp_path: Path) -> Path:
    return tmp_path / "cifar.tar.gz"


def extract_refused(path: Path, key: str) -> InputError:
    dest = path.parent / "dest"
    with pytest.raises(InputError) as refusal:
        extract(path, dest)
    assert refusal.value.key == key and str(refusal.value) and refusal.value.sentence("zh")
    assert not (dest / FOLDER).exists() and not list(dest.iterdir())
    assert {item.name for item in path.parent.iterdir()} <= {path.name, "dest"}
    return refusal.value


def test_extracts_and_replaces(put: Path, whole: bytes, files: dict[str, bytes]) -> None:
    put.write_bytes(whole)
    for _time in range(2):
        assert extract(put, put.parent / "dest") == put.parent / "dest" / FOLDER
        assert is_installed(put.parent / "dest", files | {"readme.html": b"<html>"})
        (put.parent / "dest" / FOLDER / "old").write_bytes(b"")


def test_extracts_what_pythons_tarfile_writes(put: Path, files: dict[str, bytes]) -> None:
    with tarfile.open(put, "w:gz") as tar:
        for name, data in files.items():
            info = tarfile.TarInfo(f"{FOLDER}/{name}")
            info.size, info.mtime = len(data), 1.5  # a fraction makes a pax header
            tar.addfile(info, io.BytesIO(data))
    extract(put, put.parent / "dest")
    assert is_installed(put.parent / "dest", files)


@pytest.mark.parametrize(
    "bad",
    [
        entry("/etc/passwd", b"x"),
        entry("../evil", b"x"),
        entry(f"{FOLDER}/../../evil", b"x"),
        entry("data_batch_1", b"x"),
        entry(f"{FOLDER}/other", b"x"),
        entry(f"{FOLDER}/sub/data_batch_1", b"x"),
        entry(f"{FOLDER}/data_batch_1", kind=tarfile.SYMTYPE, link="/etc/passwd"),
        entry(f"{FOLDER}/data_batch_1", kind=tarfile.LNKTYPE, link="../evil"),
        entry(FOLDER, kind=tarfile.SYMTYPE, link="/tmp"),
        entry(f"{FOLDER}/data_batch_1", kind=tarfile.CHRTYPE),
        entry(f"{FOLDER}/data_batch_1", kind=tarfile.FIFOTYPE),
        entry(f"{FOLDER}/data_batch_1", kind=tarfile.DIRTYPE),
        entry(f"{FOLDER}/data_batch_1", kind=tarfile.GNUTYPE_SPARSE),
        entry("././@LongLink", b"/etc/passwd\0", kind=tarfile.GNUTYPE_LONGNAME),
        entry("pax", b"x" * 70_000, kind=tarfile.XHDTYPE),
        entry("other", kind=tarfile.DIRTYPE),
    ],
)
def test_foreign_members_are_refused(put: Path, bad: bytes, files: dict[str, bytes]) -> None:
    put.write_bytes(
        pack(
            bad, *(entry(f"{FOLDER}/{name}", data) for name, data in files.items() if name != "data_batch_1")
        )
    )
    extract_refused(put, "archive_member")


def test_pax_headers_rename_nothing(put: Path, files: dict[str, bytes]) -> None:
    record = b"21 path=../../evil00\n"
    put.write_bytes(
        pack(
            entry("pax", record, kind=tarfile.XHDTYPE), *(entry(f"{FOLDER}/{n}", d) for n, d in files.items())
        )
    )
    extract(put, put.parent / "dest")
    assert is_installed(put.parent / "dest", files)


def test_duplicates_and_gaps_are_refused(put: Path, files: dict[str, bytes]) -> None:
    members = [entry(f"{FOLDER}/{name}", data) for name, data in files.items()]
    put.write_bytes(pack(*members, members[0]))
    extract_refused(put, "archive_member")
    put.write_bytes(pack(*members[1:]))
    assert "batches.meta" in str(extract_refused(put, "archive_incomplete"))
    put.write_bytes(pack())
    extract_refused(put, "archive_incomplete")


@pytest.mark.parametrize("size", [2**33 - 1, 2**62, -1, 64 * 2**20 + 1])
def test_sizes_beyond_the_limit_are_refused(put: Path, size: int) -> None:
    put.write_bytes(pack(entry(f"{FOLDER}/data_batch_1", b"x", size=size)))
    extract_refused(put, "archive_too_large")


def test_sizes_that_lie_and_bombs_cost_little(put: Path) -> None:
    put.write_bytes(pack(entry(f"{FOLDER}/data_batch_1", b"x", size=60 * 2**20)))
    extract_refused(put, "archive_broken")
    put.write_bytes(gzip.compress(entry(f"{FOLDER}/batches.meta", size=2**20) + bytes(100 * 2**20)))
    tracemalloc.start()
    extract_refused(put, "archive_incomplete")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 12 * 2**20


def test_damaged_archives_are_refused(put: Path, whole: bytes) -> None:
    with pytest.raises(InputError, match="isn't in"):
        extract(put, put.parent / "dest")
    (put.parent / "dest").rmdir()
    for data in (
        b"",
        b"no gzip",
        gzip.compress(b"no tar"),
        gzip.compress(os.urandom(2048)),
        *(whole[:n] for n in (5, 100, 1000, 200_000)),
    ):
        put.write_bytes(data)
        extract_refused(put, "archive_broken")
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 0xFF
    put.write_bytes(flipped)
    try:
        extract(put, put.parent / "dest")  # gzip notices only at its end, after the last block we need
    except InputError as refusal:
        assert refusal.key == "archive_broken"


def test_a_failed_replacement_keeps_the_old_data(
    put: Path, whole: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    put.write_bytes(whole)
    dest = put.parent / "dest"
    (extract(put, dest) / "mine").write_bytes(b"old")
    replace = Path.replace

    def failing(source: Path, target: Path) -> Path:
        if source.name == FOLDER and source.parent != dest:
            _no_space()
        return replace(source, target)

    monkeypatch.setattr(Path, "replace", failing)
    with pytest.raises(InputError, match="full"):
        extract(put, dest)
    assert (dest / FOLDER / "mine").read_bytes() == b"old" and locations.is_complete(dest / FOLDER)
