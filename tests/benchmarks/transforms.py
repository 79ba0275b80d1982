"""The time the page on the data pipeline takes to redraw after each control, with all of CIFAR-10 in memory.

    python -m tests.benchmarks.transforms DATA_FOLDER [--repeats 40]

AppTest runs the whole script in this process, where a browser asks for one fragment: the first two figures
are upper bounds of the server's time. The third is the processor time of the panel alone, which a fragment
costs and which tells more on a busy machine. DATA_FOLDER holds cifar-10-batches-py. Runs and cache lie in a
temporary folder; nothing of this machine's user is touched. Takes about a minute.
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
from core.files import locations
from core.transforms.pipeline import PRESETS
from pages.panels.transforms import dataset, loader, pipeline
from pages.shared import loaders
from tests.benchmarks.report import Row, facts, percentile, table
from tests.support.visit import choose, press, visit

TARGET = "60 ms (p95)"
PANELS: dict[str, tuple[Any, str]] = {
    "pipeline": (pipeline, "pipeline"),
    "dataset": (dataset, "dataset"),
    "loader": (loader, "loader"),
}
# Nine steps, most of them on float tensors.
LONG = "toimage~todtype~resize_40~crop~flip~rotation~jitter~normalize~erasing"
SMALL = range(8, 60)
# Panel, pipeline, control, and the values it is given in turn (None: the control is pressed).
CONTROLS: Sequence[tuple[str, str, str, Sequence[Any] | None]] = (
    ("pipeline", "", "transforms.again", None),
    ("pipeline", LONG, "transforms.again", None),
    ("pipeline", "", "transforms.image.cifar-10", range(0, 45_000, 111)),
    ("pipeline", "", "transforms.crop.size", SMALL),
    ("pipeline", "", "transforms.crop.padding", range(40)),
    ("pipeline", "rotation~totensor~normalize", "transforms.rotation.degrees", range(180)),
    ("pipeline", "jitter~totensor~normalize", "transforms.jitter.hue", [value / 20 for value in range(11)]),
    ("pipeline", "", "transforms.step", [0, 1, 2, 3, 4]),
    ("pipeline", "", "transforms.down", None),
    ("pipeline", "flip", "transforms.add", None),
    ("pipeline", "", "transforms.show", ["clipped", "undone"]),
    *(("pipeline", "", f"transforms.preset.{name}", None) for name in PRESETS),
    ("dataset", "", "transforms.item.cifar-10", range(0, 45_001, 77)),
    ("loader", "", "transforms.batch_size", range(1, 65)),
    ("loader", "", "transforms.shuffle", [False, True]),
    ("loader", "", "transforms.drop_last", [True, False]),
    ("loader", "", "transforms.num_workers", ["0", "1", "2"]),
    ("loader", "", "transforms.sorted", [True, False]),
    ("loader", "", "transforms.next_epoch", None),
)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--repeats", type=int, default=40)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        own = {
            "LENET_LAB_CACHE": folder,
            "LENET_LAB_RUNS": str(Path(folder, "runs")),
            "LENET_LAB_SPARES": "0",
        }
        os.environ |= own | {"LENET_LAB_DATA": str(arguments.data.absolute())}
        root = locations.locate("cifar-10")
        if root is None:
            raise SystemExit(f"no CIFAR-10 in {arguments.data}")
        for _ in sketches.write(Path(folder, "sketches-v1"), train_size=1000, test_size=200):
            pass
        loaded = loaders.load_splits(str(root))
        facts(threads=1, images=f"{len(loaded.train) + len(loaded.validation):,}")
        alone = {panel: watched(*where) for panel, where in PANELS.items()}
        rows = [measured(*control, arguments.repeats, alone[control[0]]) for control in CONTROLS]
    table(
        f"A redraw after one control, {arguments.repeats} times: whole page p50 / p95, panel alone p95", rows
    )


def watched(module: Any, name: str) -> list[float]:
    """Wrap a panel; the list to which each of its calls appends its milliseconds of processor time."""
    panel, spent = getattr(module, name), []

    def timed(*arguments: Any) -> None:
        began = time.thread_time()
        panel(*arguments)
        spent.append(1000 * (time.thread_time() - began))

    setattr(module, name, timed)
    return spent


def measured(
    panel: str, steps: str, key: str, values: Sequence[Any] | None, repeats: int, alone: list[float]
) -> Row:
    link = {"transforms__tab__open": panel} | ({"transforms__steps": steps} if steps else {})
    at = visit("transforms", **link)
    change: Callable[[AppTest, Any], AppTest] = (
        (lambda at, _: press(at, key)) if values is None else (lambda at, value: choose(at, key, value))
    )
    given = itertools.cycle([None] if values is None else values)
    change(at, next(given))  # the first change fills caches and imports what it needs
    took, panel_alone = [], []
    for value in itertools.islice(given, repeats):
        if values is None and at.button(key=key).disabled:  # a list that is full, a step at its end
            at = visit("transforms", **link)
        began = time.perf_counter()
        change(at, value)
        took.append(1000 * (time.perf_counter() - began))
        panel_alone.append(alone[-1])
    long = f" ({steps.count('~') + 1} steps)" if steps else ""
    what = f"{panel}: {key.removeprefix('transforms.')}{long}"
    return Row(
        what,
        f"{statistics.median(took):.0f} / {percentile(took, 0.95):.0f} / "
        f"{percentile(panel_alone, 0.95):.0f} ms",
        TARGET,
    )


if __name__ == "__main__":
    main()
