"""Networks that a generator writes as learners would, read as PyTorch runs them; damaged texts, answered.

Thousands of each: python -m tests.benchmarks.reading.
"""

import builtins
import os
import subprocess
from collections.abc import Callable
from random import Random

import pytest

from core.errors import InputError
from core.reading import parse
from core.shapes import trace
from core.text import LANGUAGES
from tests.support.learners.mutate import HOSTILE, mutated
from tests.support.learners.scenes import SCENES, Scene
from tests.support.learners.text import case
from tests.support.learners.truth import check, check_scene

SAMPLE = 80  # networks, and as many damaged texts


@pytest.mark.parametrize("tens", range(SAMPLE // 10))
def test_a_generated_network_is_read_as_pytorch_runs_it(tens: int) -> None:
    for seed in range(1000 + 10 * tens, 1010 + 10 * tens):
        check(case(seed))


@pytest.mark.parametrize("scene", sorted(set(SCENES), key=lambda each: each.__name__))
def test_a_network_that_everybody_writes_is_read_as_pytorch_runs_it(
    scene: Callable[[Random], Scene],
) -> None:
    for seed in range(3):
        check_scene(scene(Random(seed)))


def answered(text: str) -> None:
    """Read a text, and look at every layer and sentence of the answer."""
    try:
        pasted = parse(text)
    except InputError as error:
        assert error.key == "layers_too_many"
        return
    trace(pasted.layers, pasted.image)
    for row in pasted.unread:
        assert all(row.reason.sentence(language) for language in LANGUAGES)


@pytest.mark.parametrize("tens", range(SAMPLE // 10))
def test_a_damaged_text_is_answered_and_nothing_is_executed(
    tens: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = [mutated(seed) for seed in range(10 * tens, 10 * tens + 10)]
    texts += HOSTILE[tens :: SAMPLE // 10]
    answered("nn.Conv3d(1)")  # loads the sentences
    with monkeypatch.context() as patch:
        for owner, name in (
            (builtins, "eval"),
            (builtins, "exec"),
            (builtins, "open"),
            (os, "system"),
            (os, "open"),
            (subprocess, "Popen"),
        ):
            patch.setattr(owner, name, _never)
        for text in texts:
            answered(text)


def _never(*_: object, **__: object) -> None:
    raise AssertionError("executed")
