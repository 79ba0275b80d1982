"""The page Explore CIFAR-10 with the whole data set loaded: redraws, memory, and computations behind them.

    python -m tests.benchmarks.explore DATA [--rounds 40]

DATA is a CIFAR-10 folder. The real app runs on a free port; one visitor moves one control after another over
its WebSocket. A redraw is timed from the request sent to `script_finished` received: the time of the server
and the loopback, without the browser's drawing. Memory is the server's own, before its first visit to the
page and after all panels were seen, the splits included. Takes about a minute and a half; Linux only (reads
/proc).
"""

import argparse
import asyncio
import signal
import statistics as numbers
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

from core.files import locations
from core.text import load
from tests.benchmarks.browser_session import BrowserSession
from tests.benchmarks.memory import memory, settle
from tests.benchmarks.report import Row, facts, percentile, seconds, table
from tests.benchmarks.sessions import app, until

PAGE, TRAIN = "cifar-10", 45_000
TEXT, CLASSES = load("en", "explore"), ("cat", "dog", "bird", "ship", "frog", "deer")
WARMING = 7  # changes that are not counted: each split and each file once
LOOK, WHOLE, FILES = "explore.look", ("explore.tab", TEXT("tab.whole")), ("explore.tab", TEXT("tab.files"))
Tabs = list[tuple[str, str]]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--rounds", type=int, default=40)
    arguments = parser.parse_args()
    root = locations.batches_folder(arguments.data)
    if not locations.is_complete(root):
        raise SystemExit(f"no data set in {arguments.data}")
    facts(threads=1, rounds=arguments.rounds)
    table("Computed, one thread: median (range)", computed(root))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("terminated"))  # so that the server is ended too
    with tempfile.TemporaryDirectory() as folder, app(Path(folder), arguments.data) as (server, port):
        asyncio.run(visit(Path(folder), server, port, arguments.rounds))


def computed(root: Path) -> list[Row]:
    import torch

    from core.dataset import neighbours, splits, statistics
    from core.dataset.batch_entries import file_names
    from core.dataset.splits import SPLIT_SEED

    torch.set_num_threads(1)
    train = splits(root, SPLIT_SEED).train

    def times(work: Callable[[int], object], rounds: int) -> str:
        return seconds([clock(lambda k=k: work(k)) for k in range(rounds)])

    count = f"{len(train):,} images"
    return [
        Row(
            f"nearest neighbours among {count}",
            times(lambda k: neighbours.nearest(train.images[k], train.images, 8, skip=k), 15),
            "0.5 s",
        ),
        Row(
            f"statistics of {count}, once",
            times(lambda _: statistics.measure(train.images, train.labels), 5),
            "0.3 s",
        ),
        Row(
            "file names of one batch file, once",
            times(lambda _: file_names(root / locations.TRAIN_FILES[0]), 5),
        ),
    ]


def clock(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


async def visit(folder: Path, server: int, port: int, rounds: int) -> None:
    # The end of the first page starts the background work: imports, a warm worker, the sketches.
    first = await BrowserSession.open(port, "")
    await first.close()
    await until(
        lambda: locations.is_complete(folder / "cache" / "sketches-v1" / locations.FOLDER),
        f"no sketches; {first.exceptions}",
    )
    await asyncio.to_thread(settle, server)
    before = memory(server)
    began = time.perf_counter()
    await (await BrowserSession.open(port, PAGE)).close()
    opened = [Row("first visit, data read", f"{time.perf_counter() - began:.2f} s", "6 s")]
    began = time.perf_counter()
    await (await BrowserSession.open(port, PAGE)).close()
    opened.append(Row("a later visit", f"{time.perf_counter() - began:.2f} s"))
    table("The whole page", opened)
    table(
        f"Redraw of a panel, {rounds} changes of its control: p50 / p95 / max",
        [await redraw(port, rounds, *case) for case in cases()],
    )
    after = memory(server)
    rows = [
        Row("server, torch loaded, page not yet seen", str(before)),
        Row("server, every panel seen", str(after)),
    ]
    table(
        "Memory",
        [
            *rows,
            Row(
                "added by the page, splits of 184 MB included, rss",
                f"{after.rss - before.rss:+.0f} MB",
                "+250 MB",
            ),
        ],
    )


def cases() -> list[tuple[str, Tabs, str, Callable[[int], object], str]]:
    """Name, tabs to open, control, its value at each turn, target."""
    chance = Random(0)

    def image(_turn: int) -> float:
        return float(chance.randrange(TRAIN))

    def split(turn: int) -> str:
        return TEXT(f"split.{('validation', 'test', 'train')[turn % 3]}")

    def of(names: tuple[str, ...]) -> Callable[[int], str]:
        return lambda turn: names[turn % len(names)]

    planes, channels = (
        of((TEXT("grey"), TEXT("tinted"))),
        of(tuple(TEXT(f"channel.{name}") for name in ("green", "blue", "red"))),
    )
    target = "60 ms"
    return [
        ("class", [], "explore.class", of(CLASSES), target),
        ("split", [], "explore.split", split, target),
        ("page", [], "explore.page", lambda _: chance.randint(1, 1000), target),
        ("image, channels shown", [], "explore.image", image, target),
        ("channels in colour or grey", [], "explore.planes", planes, target),
        ("image, numbers shown", [(LOOK, TEXT("look.numbers"))], "explore.image", image, target),
        ("channel of the numbers", [(LOOK, TEXT("look.numbers"))], "explore.channel", channels, target),
        ("image, on disk shown", [(LOOK, TEXT("look.disk"))], "explore.image", image, target),
        (
            "split of the mean images",
            [WHOLE, ("explore.view", TEXT("view.means"))],
            "explore.of",
            split,
            target,
        ),
        (
            "class of the histogram",
            [WHOLE, ("explore.view", TEXT("view.histograms"))],
            "explore.histogram",
            of(CLASSES),
            target,
        ),
        (
            "split of Normalize",
            [WHOLE, ("explore.view", TEXT("view.normalise"))],
            "explore.of",
            split,
            target,
        ),
        ("file to look into", [FILES], "explore.file", of(locations.FILES), target),
        ("image, neighbours searched", [(LOOK, TEXT("look.neighbours"))], "explore.image", image, "500 ms"),
    ]


async def redraw(
    port: int, rounds: int, name: str, tabs: Tabs, key: str, value: Callable[[int], object], target: str
) -> Row:
    session = await BrowserSession.open(port, PAGE)
    for tab, label in tabs:
        await session.change(tab, label)
    for turn in range(WARMING + rounds):
        await session.change(key, value(turn))
    await session.close()
    if session.exceptions:
        raise SystemExit(f"{name}: {session.exceptions[0]}")
    taken = [1000 * sample.seconds for sample in session.samples[-rounds:]]
    return Row(
        name, f"{numbers.median(taken):.0f} / {percentile(taken, 0.95):.0f} / {max(taken):.0f} ms", target
    )


if __name__ == "__main__":
    main()
