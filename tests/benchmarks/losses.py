"""The time that the page on losses takes to redraw after each control.

    python -m tests.benchmarks.losses [--repeats 40]

AppTest runs the whole script in this process, where a browser asks for one fragment: the figures are upper
bounds of the server's time. Small sketches in a temporary folder; nothing of this machine's user is touched.
Takes about ten seconds.
"""

import argparse
import itertools
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from streamlit.testing.v1 import AppTest

from core.dataset import sketches
from core.pitfalls.losses import WRONG_LINES
from tests.benchmarks.report import Row, facts, percentile, table
from tests.support.visit import choose, press, visit

TARGET = "60 ms (p95)"
# Panel, control, and the values it is given in turn (None: the control is pressed).
CONTROLS: Sequence[tuple[str, str, Sequence[Any] | None]] = (
    (
        "cross_entropy",
        "losses.logits",
        [f"{value / 10}, 0, 0, 1, 0, 0, 0, 0, 0, 0" for value in range(-100, 100)],
    ),
    ("cross_entropy", "losses.target", ["ship", "cat", "dog"]),
    ("cross_entropy", "losses.temperature", [value / 10 for value in range(1, 100)]),
    ("cross_entropy", "losses.smoothing", [value / 20 for value in range(18)]),
    ("cross_entropy", "losses.downhill", None),
    ("batch", "losses.reduction", ["none", "mean", "sum"]),
    ("second", "losses.logits", [f"{value / 10}, 0, 0, 1, 0, 0, 0, 0, 0, 0" for value in range(-100, 100)]),
    ("mse", "losses.predictions", [f"{value / 10}, 2, 3, 4" for value in range(200)]),
    ("versus", "losses.logits", [f"{value / 10}, 0, 0, 1, 0, 0, 0, 0, 0, 0" for value in range(-100, 100)]),
    ("objective", "losses.decay", ["0", "0.0005", "0.005", "0.05"]),
    ("objective", "losses.batch", [1, 2, 3, 4, 5, 6]),
    ("wrong", "losses.wrong", list(WRONG_LINES)),
)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=40)
    repeats = parser.parse_args().repeats
    facts(threads=1)
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {
            "LENET_LAB_CACHE": folder,
            "LENET_LAB_RUNS": str(Path(folder, "runs")),
            "LENET_LAB_SPARES": "0",
        }
        os.environ.pop("LENET_LAB_DATA", None)
        for _ in sketches.write(Path(folder, "sketches-v1"), train_size=1000, test_size=200):
            pass
        rows = [measured(panel, key, values, repeats) for panel, key, values in CONTROLS]
    table(f"A redraw of the whole page after one control, {repeats} times", rows)


def measured(panel: str, key: str, values: Sequence[Any] | None, repeats: int) -> Row:
    at = visit("losses", losses__tab__open=panel)
    change: Callable[[AppTest, Any], AppTest] = (
        (lambda at, _: press(at, key)) if values is None else (lambda at, value: choose(at, key, value))
    )
    given = itertools.cycle([None] if values is None else values)
    change(at, next(given))  # the first change fills caches and imports what it needs
    took = []
    for value in itertools.islice(given, repeats):
        began = time.perf_counter()
        change(at, value)
        took.append(1000 * (time.perf_counter() - began))
    return Row(
        f"{panel}: {key}, p50 / p95",
        f"{statistics.median(took):.0f} / {percentile(took, 0.95):.0f} ms",
        TARGET,
    )


if __name__ == "__main__":
    main()
