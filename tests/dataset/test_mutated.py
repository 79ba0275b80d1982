"""Damaged pictures, batch files and archives: a sample of `python -m tests.benchmarks.mutated`."""

from collections import Counter
from pathlib import Path

import pytest

from core.errors import InputError
from core.files.locations import FOLDER
from tests.support.mutation import kinds, mutated

SAMPLE = 150  # of each kind
BATCHES = ("data_batch_1", "data_batch_1.bin")


@pytest.mark.parametrize("name", ["pictures", "batches", "archives"])
def test_damaged_files_are_read_or_refused(tmp_path: Path, name: str) -> None:
    kind = kinds(tmp_path)[name]
    seen: Counter[str] = Counter()
    for _whole, data in mutated(kind, SAMPLE, seed=14):
        try:
            kind.read(data)
            seen["read"] += 1
        except InputError as refusal:
            assert str(refusal) and refusal.sentence("zh")
            seen[refusal.key] += 1
    assert len(seen) > 1 and 0 < seen["read"] < SAMPLE // 2  # the damage does something, and not always all
    assert {path.name for path in tmp_path.iterdir()} <= {*BATCHES, "archive", "unpacked"}  # and no trap
    assert {path.name for path in (tmp_path / "unpacked").glob("*")} <= {FOLDER}


@pytest.mark.parametrize("name", ["pictures", "batches", "archives"])
def test_whole_ones_are_read_or_refused_for_what_they_are(tmp_path: Path, name: str) -> None:
    """So that the damage is what the refusals of damaged ones are for."""
    kind = kinds(tmp_path)[name]
    refused = {}
    for whole, data in kind.whole.items():
        try:
            kind.read(data)
        except InputError as refusal:
            refused[whole] = refusal.key
    calls = {f"calls-{protocol}": "data_file_calls" for protocol in (0, 2, 4)}
    expected = calls | {"cifar-100": "data_file_cifar100", "binary": "data_file_binary"}
    assert refused == (expected if name == "batches" else {})
