"""core.files.state_dict on files made to run code or take memory, or damaged by chance: only InputErrors."""

import io
import json
import os
import pickle
import random
import struct
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import InputError
from core.files.state_dict import MAX_BYTES, load_state_dict
from core.lenet import LeNet
from tests.files.test_state_dict import STATE, refused, saved

PT, ST = saved(STATE), safetensors.torch.save(dict(STATE))


def archived(members: list[tuple[str, bytes]], compression: int = zipfile.ZIP_STORED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return buffer.getvalue()


def members_of(data: bytes) -> list[tuple[str, bytes]]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return [(member.filename, archive.read(member)) for member in archive.infolist()]


def with_member(name: str, change: Callable[[bytes], bytes]) -> bytes:
    """The file that torch.save wrote, with one record changed."""
    found = [
        (path, change(content) if path.endswith("/" + name) else content) for path, content in members_of(PT)
    ]
    assert found != members_of(PT)
    return archived(found)


def peak_of(call: Callable[[], object]) -> int:
    """Most bytes that Python had allocated during the call."""
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_what_is_rebuilt_unchanged_is_read() -> None:
    load_state_dict(archived(members_of(PT)))  # so that the refusals below come from the change


# Code


class Calls:
    def __init__(self, function: Any, *arguments: Any) -> None:
        self.call = function, arguments

    def __reduce__(self) -> Any:
        return self.call


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_nothing_is_run(protocol: int, tmp_path: Path) -> None:
    made = tmp_path / "made"
    for call in (
        Calls(os.system, f"touch {made}"),
        Calls(os.mkdir, str(made)),
        Calls(eval, f"open({str(made)!r}, 'w')"),
    ):
        for value in (call, dict(STATE, extra=call), {"conv1.weight": call}, [call]):
            error = refused(with_member("data.pkl", lambda _, value=value: pickle.dumps(value, protocol)))  # type: ignore[misc]
            assert error.key in ("weights_code", "weights_damaged") and not made.exists()
    error = refused(with_member("data.pkl", lambda _: pickle.dumps(Calls(os.system, "true"), protocol)))
    assert error.key == "weights_code" and "system" in str(error) and "system" in error.sentence("zh")
    assert refused(pickle.dumps(Calls(os.mkdir, str(made)), protocol)).key == "weights_code"
    assert not made.exists()


def test_a_whole_model_is_refused() -> None:
    error = refused(saved(LeNet()))
    assert error.key == "weights_model" and error.values["name"] == "core.lenet.LeNet"
    assert "would run code" in str(error)


def test_allowed_calls_of_torch_that_take_memory_are_refused() -> None:
    assert (
        refused(with_member("data.pkl", lambda _: pickle.dumps(Calls(bytearray, 10**12), 2))).key
        == "weights_code"
    )


def test_the_format_before_1_6_is_refused_by_name() -> None:
    assert refused(saved(STATE, _use_new_zipfile_serialization=False)).key == "weights_legacy"


# The zip


def test_a_deflated_bomb() -> None:
    bomb = archived([("archive/data.pkl", bytes(64 * 2**20))], zipfile.ZIP_DEFLATED)
    assert peak_of(lambda: refused(bomb)) < 2 * 2**20
    assert (
        refused(archived(members_of(PT), zipfile.ZIP_DEFLATED)).values["reason"] == "compressed or encrypted"
    )


def test_an_encrypted_member() -> None:
    data = bytearray(archived(members_of(PT)))
    at = data.index(b"PK\x01\x02")
    data[at + 8] |= 1
    assert refused(bytes(data)).values["reason"] == "compressed or encrypted"


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("folder", ["archive", "other"])
def test_two_members_of_one_name(folder: str) -> None:
    folder = members_of(PT)[0][0].partition("/")[0] if folder == "archive" else folder
    assert (
        refused(archived([*members_of(PT), (f"{folder}/data.pkl", b"")])).values["reason"]
        == "two members of one name"
    )


@pytest.mark.parametrize("name", ["data.pkl", "data/0", "data/9"])
def test_a_missing_record(name: str) -> None:
    assert (
        name
        in refused(
            archived([(path, content) for path, content in members_of(PT) if not path.endswith("/" + name)])
        ).values["reason"]
    )


@pytest.mark.parametrize(
    "change", [lambda data: data[:-4], lambda data: data[:-1], lambda data: data + bytes(4), lambda _: b""]
)
def test_a_record_of_another_length(change: Callable[[bytes], bytes]) -> None:
    assert refused(with_member("data/3", change)).key == "weights_damaged"


def test_another_byte_order() -> None:
    assert refused(with_member("byteorder", lambda _: b"big")).values["reason"] == "byteorder"


@pytest.mark.parametrize("offset", [2**31, 2**63 - 1, 2**63, 2**64 - 1])
def test_a_member_that_lies_beyond_every_file(offset: int) -> None:
    name, extra = b"a/data.pkl", struct.pack("<HHQ", 1, 8, offset)  # zip64
    sizes = (len(name), len(extra), 0, 0, 0, 0, 2**32 - 1)
    entry = struct.pack("<4s6H3L5H2L", b"PK\x01\x02", 20, 45, 0, 0, 0, 0, 0, 0, 0, *sizes) + name + extra
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, len(entry), 4, 0)
    assert refused(b"PK\x03\x04" + entry + end).key == "weights_damaged"


def test_a_million_members_cost_nothing() -> None:
    entry = struct.pack("<4s6H3L5H2L", b"PK\x01\x02", 20, 20, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0) + b"x"
    for count in (5_000, (MAX_BYTES - 100) // len(entry), 1_000_000):
        directory = entry * count
        end = struct.pack(
            "<4s4H2LH", b"PK\x05\x06", 0, 0, count & 0xFFFF, count & 0xFFFF, len(directory), 4, 0
        )
        bomb = b"PK\x03\x04" + directory + end
        assert peak_of(lambda bomb=bomb: refused(bomb)) < 2**20  # type: ignore[misc]


def test_a_table_of_contents_of_megabytes_costs_nothing() -> None:
    lists = archived([("archive/data.pkl", b"\x80\x02(" + b"]" * 900_000 + b"t.")])
    assert peak_of(lambda: refused(lists)) < 2 * 2**20
    header = json.dumps(
        {f"{i}": {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]} for i in range(50_000)}
    ).encode()
    data = struct.pack("<Q", len(header)) + header
    assert peak_of(lambda: refused(data)) < 2**20


# safetensors


def safe(change: Callable[[dict[str, Any]], None], length: int | None = None) -> bytes:
    size = int.from_bytes(ST[:8], "little")
    header = json.loads(ST[8 : 8 + size])
    change(header)
    written = json.dumps(header).encode()
    return struct.pack("<Q", len(written) if length is None else length) + written + ST[8 + size :]


@pytest.mark.parametrize("length", [2**63, 2**64 - 1, 2**40, 10**6, 10**8])
def test_a_header_said_to_be_huge(length: int) -> None:
    data = safe(lambda _: None, length)
    assert peak_of(lambda: refused(data)) < 2**20 and refused(data).key == "weights_no_format"


@pytest.mark.parametrize("offsets", [[0, 24], [24, 0], [-24, 0], [0, 2**60], [2**64, 2**64 + 24], [0], None])
def test_offsets_that_overlap_or_lie_outside(offsets: Any) -> None:
    load_state_dict(safe(lambda _: None))
    assert (
        refused(safe(lambda header: header["fc3.bias"].update(data_offsets=offsets))).key == "weights_damaged"
    )


# Chance


@pytest.mark.parametrize("data", [PT, ST], ids=["pt", "safetensors"])
def test_every_cut_is_refused(data: bytes) -> None:
    chosen = random.Random(0)
    for length in [
        *range(60),
        *(chosen.randrange(len(data)) for _ in range(200)),
        *range(len(data) - 60, len(data)),
    ]:
        refused(data[:length])


def read_or_refuse(data: bytes) -> None:
    try:
        found = load_state_dict(data)
    except InputError as error:
        assert str(error) and error.sentence("zh")
    else:
        assert found.keys() == STATE.keys() and all(tensor.isfinite().all() for tensor in found.values())


CHANGES = st.lists(st.tuples(st.integers(0, 10**9), st.integers(0, 255)), min_size=1, max_size=6)


@given(CHANGES, st.booleans(), st.booleans())
@settings(deadline=None, max_examples=150)
def test_changed_bytes_are_refused_or_harmless(
    changes: list[tuple[int, int]], zipped: bool, near_the_table: bool
) -> None:
    data = bytearray(archived(members_of(PT)) if zipped else ST)
    for position, value in changes:
        data[
            (-position % 1500 - 1500 if zipped else position % 1000)
            if near_the_table
            else position % len(data)
        ] = value
    read_or_refuse(bytes(data))


@given(CHANGES)
@settings(deadline=None, max_examples=150)
def test_a_changed_pickle_is_refused_or_harmless(changes: list[tuple[int, int]]) -> None:
    def change(pickled: bytes) -> bytes:
        data = bytearray(pickled)
        for position, value in changes:
            data[position % len(data)] = value
        return bytes(data) + (b"" if data != pickled else b".")

    read_or_refuse(with_member("data.pkl", change))


def test_a_large_file_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "zeros.pt"
    with path.open("wb") as file:
        file.truncate(100 * 2**20)
    assert peak_of(lambda: refused(path)) < MAX_BYTES + 2**20


@pytest.mark.parametrize("data", [PT, ST], ids=["pt", "safetensors"])
def test_a_good_file_takes_a_few_times_its_size(data: bytes) -> None:
    load_state_dict(data)
    assert peak_of(lambda: load_state_dict(data)) < 4 * len(data)
