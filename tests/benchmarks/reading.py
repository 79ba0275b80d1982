"""The reader of pasted networks: generated networks held against PyTorch, and damaged texts.

    python -m tests.benchmarks.reading [--networks 2000] [--texts 20000] [--first 0] [--show 3]

Networks: each text is executed here and read by core.reading; kinds, arguments, shapes, parameters and, with
the same weights, the output must be the same. Texts: damaged or hostile ones; an exception other than
InputError is a failure, and time and peak of Python's memory are taken text by text, in two readings. Prints
the first --show failures of each sort with their texts. About 20 minutes on one quiet core.
"""

import argparse
import gc
import re
import time
import tracemalloc
from collections import defaultdict
from collections.abc import Callable, Iterable

import torch

from core.errors import InputError
from core.reading import parse
from tests.benchmarks.report import Row, facts, table
from tests.support.learners.mutate import mutated
from tests.support.learners.text import case
from tests.support.learners.truth import WrongError, check

Failures = dict[str, list[tuple[int, str]]]  # by sort: seed and what was expected and got
MOST_SECONDS, MOST_BYTES = 0.3, 50 * 2**20


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--networks", type=int, default=2000)
    parser.add_argument("--texts", type=int, default=20_000)
    parser.add_argument("--first", type=int, default=0, help="seed of the first of each")
    parser.add_argument("--show", type=int, default=3)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    facts()
    networks = range(arguments.first, arguments.first + arguments.networks)
    texts = range(arguments.first, arguments.first + arguments.texts)
    failures = compared(networks)
    table("networks", counted("read as PyTorch runs them", len(networks), failures))
    shown(failures, arguments.show, lambda seed: case(seed).text)
    failures, rows = damaged(texts)
    table("damaged texts", [*counted("answered", len(texts), failures), *rows])
    shown(failures, arguments.show, mutated)


def compared(seeds: Iterable[int]) -> Failures:
    failures: Failures = defaultdict(list)
    for seed in seeds:
        try:
            check(case(seed))
        except WrongError as error:
            failures[re.sub(r"\d+", "N", str(error))[:70]].append((seed, str(error)))
        except Exception as error:
            failures[f"{type(error).__name__} {error}"[:70]].append((seed, repr(error)))
    return failures


def damaged(seeds: Iterable[int]) -> tuple[Failures, list[Row]]:
    failures: Failures = defaultdict(list)
    longest, largest, over = (0.0, 0), (0, 0), 0
    measure("nn.Conv3d(1)")  # the sentences are read from disk once
    gc.collect()
    gc.freeze()  # what torch has brought, as the server does once it's imported
    for seed in seeds:
        text = mutated(seed)
        try:
            seconds, peak = measure(text)
        except Exception as error:
            failures[f"{type(error).__name__} {error}"[:70]].append((seed, repr(error)))
            continue
        longest, largest = max(longest, (seconds, seed)), max(largest, (peak, seed))
        over += seconds > MOST_SECONDS or peak > MOST_BYTES
    return failures, [
        Row(f"slowest, seed {longest[1]}", f"{1000 * longest[0]:.0f} ms", f"{1000 * MOST_SECONDS:.0f} ms"),
        Row(f"most memory, seed {largest[1]}", f"{largest[0] / 2**20:.1f} MB", f"{MOST_BYTES // 2**20} MB"),
        Row("above one of the two", str(over), "0"),
    ]


def measure(text: str) -> tuple[float, int]:
    """Seconds of this process for one text, and the peak of Python's memory in a second reading."""
    began = time.process_time()
    answer(text)
    seconds = time.process_time() - began
    tracemalloc.start()
    try:
        answer(text)
        return seconds, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def answer(text: str) -> None:
    try:
        pasted = parse(text)
    except InputError as error:
        if error.key not in ("layers_too_many", "paste_too_long"):
            raise
        return
    for row in pasted.unread:
        str(row.reason)


def counted(what: str, count: int, failures: Failures) -> list[Row]:
    wrong = sum(map(len, failures.values()))
    return [Row(what, f"{count - wrong} of {count}", str(count))]


def shown(failures: Failures, most: int, text: Callable[[int], str]) -> None:
    for sort, found in sorted(failures.items(), key=lambda each: -len(each[1])):
        print(f"\n{len(found)} x {sort}: seeds {[seed for seed, _ in found[:20]]}")
        for seed, message in found[:most]:
            print(f"  seed {seed}: {message}\n{text(seed)}")


if __name__ == "__main__":
    main()
