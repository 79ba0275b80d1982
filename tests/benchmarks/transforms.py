"""How long the page on the data pipeline takes to redraw after each control, with the whole of CIFAR-10 in memory.

    python -m tests.benchmarks.transforms DATA_FOLDER [--repeats 40]

AppTest runs the whole script in this process, where a browser asks for one fragment: the figures are upper bounds of the server's time.
The third figure is processor time, which tells more on a busy machine.
DATA_FOLDER holds cifar-10-batches-py. Runs and cache lie in a temporary folder; nothing of this machine's user is touched. About a minute.
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

from core import data_home, sketches
from core.pipelines import PRESETS
from pages.shared import judging
from tests.benchmarks.report import Row, facts, percentile, table
from tests.visit import choose, press, visit

TARGET = "60 ms (p95)"
LONG = "toimage~todtype~resize_40~crop~flip~rotation~jitter~normalize~erasing"  # nine steps, most of them on float tensors
SMALL = range(8, 60)
# Panel, pipeline, control, and the values that it is given in turn; None: it is pressed.
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
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--repeats", type=int, default=40)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        own = {"LENET_LAB_CACHE": folder, "LENET_LAB_RUNS": str(Path(folder, "runs")), "LENET_LAB_SPARES": "0"}
        os.environ |= own | {"LENET_LAB_DATA": str(arguments.data.absolute())}
        root = data_home.locate("cifar-10")
        if root is None:
            raise SystemExit(f"no CIFAR-10 in {arguments.data}")
        for _ in sketches.write(Path(folder, "sketches-v1"), train_size=1000, test_size=200):
            pass
        loaded = judging.load_splits(str(root))
        facts(threads=1, images=f"{len(loaded.train) + len(loaded.validation):,}")
        rows = [measured(*control, arguments.repeats) for control in CONTROLS]
    table(f"A redraw of the whole page after one control, {arguments.repeats} times: p50 / p95 / p95 of processor time", rows)


def measured(panel: str, steps: str, key: str, values: Sequence[Any] | None, repeats: int) -> Row:
    link = {"transforms__tab__open": panel} | ({"transforms__steps": steps} if steps else {})
    at = visit("transforms", **link)
    change: Callable[[AppTest, Any], AppTest] = (lambda at, _: press(at, key)) if values is None else (lambda at, it: choose(at, key, it))
    given = itertools.cycle([None] if values is None else values)
    change(at, next(given))  # the first one fills caches and imports what it needs
    took, worked = [], []
    for value in itertools.islice(given, repeats):
        if values is None and at.button(key=key).disabled:  # a list that is full, a step at its end
            at = visit("transforms", **link)
        began, work = time.perf_counter(), time.process_time()
        change(at, value)
        took.append(1000 * (time.perf_counter() - began))
        worked.append(1000 * (time.process_time() - work))
    long = f" ({steps.count('~') + 1} steps)" if steps else ""
    what = f"{panel}: {key.removeprefix('transforms.')}{long}"
    return Row(what, f"{statistics.median(took):.0f} / {percentile(took, 0.95):.0f} / {percentile(worked, 0.95):.0f} ms", TARGET)


if __name__ == "__main__":
    main()
