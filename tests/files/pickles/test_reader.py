"""core.files.pickles.reader: reads what pickle writes, runs nothing, costs no more than its bytes."""

import collections
import io
import pickle
import struct
import sys
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.files.pickles.reader import Global, PickleRefused, StandIn, load, loads

plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**200), 2**200)
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary(max_size=300),
    lambda inner: (
        st.lists(inner)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text() | st.binary() | st.integers(-(2**31), 2**31 - 1), inner)
    ),
    max_leaves=20,
)


def encode(text: str, codec: str) -> bytes:
    assert codec == "latin1"
    return text.encode(codec)


ENCODE = {("_codecs", "encode"): encode, ("__builtin__", "bytes"): bytes, ("builtins", "bytes"): bytes}


@given(plain, st.integers(0, 5))
@settings(deadline=None, max_examples=300)
def test_reads_what_pickle_writes(value: object, protocol: int) -> None:
    assert loads(pickle.dumps(value, protocol), ENCODE) == value


def test_python_2_strings_stay_bytes_or_are_decoded() -> None:
    data = b"\x80\x02U\x03abcT\x02\x00\x00\x00de\x86."
    assert loads(data, {}) == (b"abc", b"de")
    assert loads(data, {}, encoding="ascii") == ("abc", "de")


def test_byte_arrays_come_back_as_bytes() -> None:
    assert loads(pickle.dumps(bytearray(b"abc"), 5), {}) == b"abc"


def test_reads_from_where_the_file_stands() -> None:
    file = io.BytesIO(b"head" + pickle.dumps([1, 2], 2))
    file.seek(4)
    assert load(file, {}) == [1, 2]


def test_shared_and_recursive_objects() -> None:
    loop: list[object] = [1]
    loop.append(loop)
    read = loads(pickle.dumps(loop, 4), {})
    assert isinstance(read, list) and read[1] is read


class Ordered(dict[object, object], StandIn):
    state: object = None

    def set_state(self, state: object) -> None:
        self.state = state


def test_stand_ins_are_filled_and_built() -> None:
    value = collections.OrderedDict(a=1, b=[2])
    value.note = "n"  # type: ignore[attr-defined]
    read = loads(pickle.dumps(value, 2), {("collections", "OrderedDict"): Ordered})
    assert isinstance(read, Ordered) and dict(read) == {"a": 1, "b": [2]} and read.state == {"note": "n"}


def test_persistent_ids_go_to_the_caller() -> None:
    data = b"\x80\x02X\x01\x00\x00\x00kctorch\nFloatStorage\n\x86Q."
    make = {("torch", "FloatStorage"): dict}
    seen = loads(data, make, persistent_load=lambda pid: ["got", pid])
    assert seen == ["got", ("k", Global("torch", "FloatStorage", dict))]
    with pytest.raises(PickleRefused, match="outside"):
        loads(data, make)


class Call:
    def __init__(self, function: object, *arguments: object) -> None:
        self.parts = function, arguments

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:  # type: ignore[override]
        return self.parts


@pytest.mark.parametrize("protocol", [0, 1, 2, 3, 4, 5])
def test_nothing_is_executed(protocol: int, tmp_path: Path) -> None:
    target = tmp_path / "made"
    data = pickle.dumps(Call(exec, f"open({str(target)!r}, 'w')"), protocol)
    with pytest.raises(PickleRefused) as refusal:
        loads(data, ENCODE)
    assert (
        refusal.value.name is None
        or refusal.value.name.endswith("builtin__.exec")
        or refusal.value.name == "builtins.exec"
    )
    assert not target.exists()


def test_nothing_is_imported() -> None:
    assert "antigravity" not in sys.modules
    with pytest.raises(PickleRefused) as refusal:
        loads(b"\x80\x02cantigravity\nfly\n)R.", ENCODE)
    assert refusal.value.name == "antigravity.fly"
    assert "antigravity" not in sys.modules


def test_a_refused_name_is_short_and_printable() -> None:
    with pytest.raises(PickleRefused) as refusal:
        loads(pickle.dumps(("ö\n" * 100_000, "x"), 4).replace(b"\x86\x94.", b"\x93."), {})
    assert (
        refusal.value.name is not None and len(refusal.value.name) < 1000 and refusal.value.name.isprintable()
    )


@pytest.mark.parametrize(
    "body",
    [
        b"X\x02\x00\x00\x00os)R.",  # calls a string
        b"c_codecs\nencode\n]R.",  # arguments are no tuple
        b"c_codecs\nencode\n}b.",  # state set on a name
        b"]}b.",  # state set on a list
        b"}K\x01a.",  # append to a dict
        b"c_codecs\nencode\n(K\x01e.",
        b"]K\x01K\x02s.",  # item set on a list
        b"})K\x01s.",  # a tuple as key
        b"}(K\x01u.",  # key without value
        b"(ios\nsystem\n.",  # INST
        b"c_codecs\nencode\n)\x81.",  # NEWOBJ
        b"\x82\x01.",  # EXT1
        b"\x97.",  # NEXT_BUFFER
        b"Vtext\n.",  # text opcodes of protocol 0
        b"I1\n.",
        b"h\x05.",  # memo entry that isn't there
        b".",
        b"a.",
        b"t.",
        b"\x93.",
        b"",
        b"K\x01.more",
    ],
)
def test_other_programs_are_refused(body: bytes) -> None:
    with pytest.raises(PickleRefused):
        loads(b"\x80\x02" + body, ENCODE)


def peak(data: bytes) -> int:
    """Most bytes held while `data` is refused or read."""
    tracemalloc.start()
    try:
        loads(data, ENCODE)
    except PickleRefused:
        pass
    finally:
        size = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    return size


@pytest.mark.parametrize(
    "body",
    [
        b"(ios\nsystem\n.",  # INST
        b"(c_codecs\nencode\no.",  # OBJ
        b"P1\n.",  # PERSID
        b"N0.",  # POP
        b"(I1\nd.",  # key without value
        b"(()I1\nd.",  # a tuple as key
        b"S'a\n.",  # a string without its end
        b"Sa\n.",
        b"S'\n.",
        b"S'a'",
        b"g5\n.",  # memo entry that isn't there
        b"Np-1\n.",
        b"I1",
        b"I" + b"1" * 300 + b"\n.",
        b"Ix\n.",
        b"F1..\n.",
        b"V\\ud8\n.",
    ],
)
def test_other_programs_of_protocol_0_are_refused(body: bytes) -> None:
    with pytest.raises(PickleRefused):
        loads(body, ENCODE)


@pytest.mark.parametrize(
    "body",
    [
        b"\x8e" + struct.pack("<Q", 2**60),  # BINBYTES8
        b"\x8e" + struct.pack("<Q", 2**64 - 1),
        b"\x96" + struct.pack("<Q", 2**33),  # BYTEARRAY8
        b"\x8d" + struct.pack("<Q", 2**40),  # BINUNICODE8
        b"B" + struct.pack("<I", 2**32 - 1),
        b"T" + struct.pack("<i", -1),
        b"\x95" + struct.pack("<Q", 2**62) + b"N.",  # FRAME
        b"Nr" + struct.pack("<I", 2**32 - 1) + b".",  # LONG_BINPUT
        b"\x8b" + struct.pack("<i", 2**31 - 1),  # LONG4
    ],
)
def test_claimed_sizes_allocate_nothing(body: bytes) -> None:
    assert peak(b"\x80\x05" + body) < 100_000


def test_many_small_objects_are_bounded() -> None:
    assert peak(b"\x80\x02](" + b"}" * 1_200_000 + b"e.") < 150e6


def test_nested_tuples_as_keys_cost_no_time() -> None:
    with pytest.raises(PickleRefused, match="key"):
        loads(b"\x80\x02})" + b"q\x00h\x00\x86" * 60 + b"Ns.", {})


@pytest.mark.parametrize(
    ("body", "levels"),
    [
        (b"]" * 200_000 + b"a" * 199_999, 200_000),
        (b")" + b"\x85" * 500_000, 500_001),
        (b"(" * 100_000 + b"t" * 100_000, 100_000),
    ],
)
def test_deep_nesting_is_read(body: bytes, levels: int) -> None:
    value, depth = loads(b"\x80\x02" + body + b".", {}), 1
    while value:
        (value,), depth = value, depth + 1
    assert depth == levels


def test_every_truncation_is_refused() -> None:
    data = pickle.dumps({"a": [1, 2.5, b"x" * 30], b"b": ("c", None, 2**70)}, 4)
    for end in range(len(data)):
        with pytest.raises(PickleRefused):
            loads(data[:end], {})


@given(st.sampled_from([b"\x80\x04", b""]), st.binary(max_size=200))
@settings(deadline=None, max_examples=600)
def test_random_programs_give_one_kind_of_error(head: bytes, body: bytes) -> None:
    try:
        loads(head + body + b".", ENCODE)
    except PickleRefused as refusal:
        assert refusal.reason
