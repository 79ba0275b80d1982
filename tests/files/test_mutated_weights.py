"""Mutated files of weights are refused or harmless; tests/benchmarks/mutated_weights.py reads thousands."""

import itertools

from core.errors import InputError
from core.files.state_dict import contents, load_wrapped
from tests.files.test_state_dict import STATE
from tests.files.test_state_dict_hostile import peak_of
from tests.support.mutated_weights import KINDS, TRAP, files, sources

MOST = 50 * 10**6  # bytes for one file


def read(data: bytes) -> str:
    """What came out of a file: the key of its refusal, or "read"."""
    try:
        assert contents(data)
        found = load_wrapped(data)
    except InputError as error:
        assert len(str(error)) < 2000 and error.sentence("zh")
        return error.key
    assert found.keys() == STATE.keys() and all(tensor.isfinite().all() for tensor in found.values())
    return "read"


def test_the_sources_are_what_they_are_called() -> None:
    keys = {name: read(data) for name, data in sources().items()}
    readable = ("state_dict", "checkpoint", "wrapped", "parameters", "safetensors", "old")
    assert {name for name, key in keys.items() if key == "read"} == {*readable}


def test_mutated_files_are_refused_or_harmless() -> None:
    assert not TRAP.exists()
    seen = {(kind, read(data)) for kind, data in itertools.islice(files(0), 150)}
    assert not TRAP.exists()
    assert {kind for kind, _ in seen} == {*KINDS} and len({key for _, key in seen}) > 12


def test_mutated_files_take_little_memory() -> None:
    for _, data in itertools.islice(files(1), 40):
        assert peak_of(lambda data=data: read(data)) < MOST  # type: ignore[misc]


def test_the_trap_is_a_trap() -> None:
    """Python's own reader falls into it."""
    import pickle

    from tests.support.mutated_weights import trap

    try:
        pickle.loads(b"\x80\x02" + trap() + b".")
        assert TRAP.is_dir()
    finally:
        TRAP.rmdir()
