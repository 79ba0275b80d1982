"""Save and load: from a control to the redrawn page, panel by panel.

    python -m tests.benchmarks.saving [--moves 40]

On the server side, through the entry point without a browser: the time of the whole page after a choice, of
which the panel is a part. The first round, in which the caches fill, isn't counted. Draws a small copy of the
sketches first. Takes under a minute.
"""

import argparse
import itertools
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from streamlit.testing.v1 import AppTest

from core import text
from core.dataset import sketches
from core.pitfalls.saving import LOAD_ERRORS
from core.saving import export
from core.saving.ways import WAYS
from core.training import checkpoints
from tests.benchmarks.layers import environment, summary
from tests.benchmarks.report import Row, facts, table
from tests.support.visit import visit

WORDS = text.load("en", "saving")
TARGET = "150 ms p95"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--moves", type=int, default=40)
    moves = parser.parse_args().moves
    with tempfile.TemporaryDirectory() as folder:
        for _ in sketches.write(Path(folder, "sketches"), train_size=1000, test_size=200):
            pass
        with environment(Path(folder)):
            facts()
            ways, lines = (
                [WORDS(f"{kind}.{name}") for name in names]
                for kind, names in (("way", WAYS), ("wrong", LOAD_ERRORS))
            )
            normalisations = [WORDS(f"keep.normalisation.{name}") for name in ("half", "none", "cifar")]
            rows = [
                Row(
                    "ways, another way", summary(redrawn(visit("saving"), "saving.way", ways, moves)), TARGET
                ),
                Row(
                    "breaks, another line",
                    summary(redrawn(opened("breaks"), "saving.wrong", lines, moves)),
                    TARGET,
                ),
                Row(
                    "take, another format",
                    summary(redrawn(opened("take"), "saving.form", [".pt", ".safetensors"], moves)),
                    TARGET,
                ),
                Row(
                    "bring, another normalisation",
                    summary(redrawn(brought(), "saving.normalisation", normalisations, moves)),
                    TARGET,
                ),
                Row("bring, a new file compared and judged", summary(uploads(moves)), TARGET),
            ]
            table(f"server side, {moves} moves, the whole page: p50 / p95 / max", rows)


def opened(tab: str) -> AppTest:
    return visit("saving", saving__tab__open=tab)


def brought() -> AppTest:
    return _upload(opened("bring"), export.as_pt(checkpoints.shipped_model("sketches")))


def uploads(moves: int) -> list[float]:
    """Seconds for a file that nobody has brought before, each time: nothing is cached but the images."""
    at, weights = brought(), checkpoints.shipped_model("sketches")
    seconds = []
    for _ in range(moves):
        weights.state_dict["fc3.bias"][0] += 1e-3
        data = export.as_pt(weights)
        seconds.append(_timed(lambda data=data: _upload(at, data)))
    return seconds


def redrawn(at: AppTest, key: str, labels: list[str], moves: int) -> list[float]:
    def move(label: Any) -> None:
        at.get_by_key(key).set_value(label)
        at.run()

    seconds = [
        _timed(lambda label=label: move(label))
        for label in itertools.islice(itertools.cycle(labels), moves + len(labels))
    ]
    assert not at.exception
    return seconds[-moves:]


def _upload(at: AppTest, data: bytes) -> AppTest:
    at.file_uploader(key="saving.file").upload("mine.pt", data, "application/octet-stream").run()
    assert not at.exception
    return at


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
