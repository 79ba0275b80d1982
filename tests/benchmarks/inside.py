"""Inside LeNet: from a choice to the redrawn panel, and one pass over the validation images.

    python -m tests.benchmarks.inside [--moves 60]

On the server side, without a browser. In the app a choice runs its panel alone, so the seconds of the panel's
function are printed first, those of the whole page beside them; another picture costs the whole page. Draws a
full set of the sketches first. Takes a minute.
"""

import argparse
import itertools
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import torch

from core import text
from core.dataset import sketches
from core.inside.stages import stages
from core.inside.units import survey
from core.training import checkpoints
from pages.panels.inside import filters, forward, units
from tests.benchmarks.layers import environment, summary
from tests.benchmarks.report import Row, facts, table
from tests.support.visit import open_tab, visit

WORDS = text.load("en", "inside")
UNITS = (
    "relu1-2-3-4",
    "pool1-1-2-3",
    "relu2-6-4-7",
    "flat-0-3-14",
    "relu3-0-4-4",
    "relu4-0-2-2",
    "logits-0-3-0",
    "softmax-0-3-0",
)
NUMBERS = (2, 3, 4, 5)
IMAGES = 5000  # the validation split of CIFAR-10


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--moves", type=int, default=60)
    moves = parser.parse_args().moves
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        for _ in sketches.write(Path(folder, "sketches")):
            pass
        with environment(Path(folder)):
            facts()
            rows = [
                row("forward, another unit", forward, "forward", "forward", moves, chosen_units),
                row(
                    "forward, another picture",
                    forward,
                    "forward",
                    "forward",
                    moves,
                    chosen("inside.number", NUMBERS),
                ),
                row(
                    "filters, another picture",
                    filters,
                    "filters",
                    "filters",
                    moves,
                    chosen("inside.number", NUMBERS),
                ),
                row(
                    "units, another unit",
                    units,
                    "units",
                    "units",
                    moves,
                    chosen("inside.number.relu2", NUMBERS),
                ),
            ]
            table(f"server side, {moves} moves: p50 / p95 / max", rows)
    passes = [passed() for _ in range(9)]
    table(
        f"{IMAGES:,} validation images, 9 passes on one thread: p50 / p95 / max",
        [Row("survey of the units", summary(passes), "300 ms")],
    )


def row(what: str, module: ModuleType, name: str, tab: str, moves: int, change: Any) -> Row:
    panel, page = redrawn(module, name, tab, moves, change)
    return Row(what, f"{summary(panel)}, whole page {summary(page)}", "150 ms p95")


def redrawn(
    module: ModuleType, name: str, tab: str, moves: int, change: Any
) -> tuple[list[float], list[float]]:
    """Seconds of the panel's function, and of the whole page, after each of the changes."""
    draw, panel, page = getattr(module, name), [], []

    def timed(*arguments: Any) -> None:
        began = time.perf_counter()
        draw(*arguments)
        panel.append(time.perf_counter() - began)

    setattr(module, name, timed)
    at = open_tab(visit("inside", inside__run="shipped"), "inside.tab", WORDS(f"tab.{tab}"))
    for _ in itertools.islice(change(at), moves + 10):
        began = time.perf_counter()
        at.run()
        page.append(time.perf_counter() - began)
    assert not at.exception
    assert len(panel) >= moves
    setattr(module, name, draw)
    return panel[-moves:], page[-moves:]


def chosen_units(at: Any) -> Iterator[None]:
    """Put one unit after another into the link, as clicks do."""
    for name in itertools.cycle(UNITS):
        at.query_params["inside.unit"] = name
        yield


def chosen(key: str, values: tuple[int, ...]) -> Any:
    def change(at: Any) -> Iterator[None]:
        for value in itertools.cycle(values):
            at.get_by_key(key).set_value(value)
            yield

    return change


def passed() -> float:
    weights = checkpoints.shipped_model("cifar-10")
    images = torch.randint(
        0, 256, (IMAGES, 3, 32, 32), dtype=torch.uint8, generator=torch.Generator().manual_seed(0)
    )
    began = time.perf_counter()
    survey(weights.network(), stages(""), images, weights.mean, weights.std)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
