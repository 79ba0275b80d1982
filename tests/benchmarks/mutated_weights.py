"""Uploads of weights under fire: files changed by chance and malice, each read as an upload is.

    python -m tests.benchmarks.mutated_weights [--files 5000] [--seed 0]

Nothing but an InputError may come out of one, nothing may be executed (an audit hook looks on, and a trap is
set), and each takes at most 0.3 s of the processor and 50 MB. Memory is that of a second reading, as
tracemalloc sees it; what is loaded before the first is frozen for the garbage collector, as on a server. A
file that breaks a rule is kept in the folder for temporary files, and the status is 1. Takes five minutes;
the suite reads the first 150 (tests/files/test_mutated_weights.py).
"""

import argparse
import gc
import itertools
import sys
import tempfile
import time
import traceback
import tracemalloc
from collections import Counter
from pathlib import Path

import torch

from core.errors import InputError
from core.files.state_dict import about, contents, load_wrapped
from core.training import checkpoints
from tests.benchmarks.report import Row, facts, percentile, table
from tests.support.mutated_weights import KINDS, TRAP, files

SECONDS, BYTES = 0.3, 50e6
FORBIDDEN = (
    "os.",
    "subprocess.",
    "exec",
    "import",
    "socket.",
    "shutil.",
    "pty.",
    "open",
    "ctypes.",
    "pickle.",
)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--files", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    torch.set_num_threads(1)
    facts()
    watch = Watch()
    watch.warm_up()
    measured: dict[str, list[tuple[float, float]]] = {kind: [] for kind in KINDS}
    outcomes: Counter[str] = Counter()
    broken = 0
    for number, (kind, data) in enumerate(itertools.islice(files(options.seed), options.files)):
        outcome, seconds, peak, faults = watch.measure(data)
        measured[kind].append((seconds, peak))
        outcomes[outcome] += 1
        if faults:
            broken += 1
            path = Path(tempfile.gettempdir(), f"weights-{options.seed}-{number}.bin")
            path.write_bytes(data)
            print(f"{path} ({kind}): {outcome}, {'; '.join(faults)}", flush=True)
    table(
        f"{options.files} files, largest of each kind",
        [Row(kind, _largest(values), "0.3 s, 50 MB") for kind, values in measured.items() if values],
    )
    print("\n" + ", ".join(f"{outcome} {count}" for outcome, count in outcomes.most_common()))
    gc.unfreeze()  # or a library complains of leaks
    sys.exit(1 if broken else 0)


class Watch:
    """Reads files as an upload and as the command line does, and notes what else Python is asked to do."""

    def __init__(self) -> None:
        self._on = False
        self._seen: list[str] = []
        sys.addaudithook(self._note)

    def _note(self, event: str, _: object) -> None:
        if self._on and event.startswith(FORBIDDEN):
            self._seen.append(event)

    def warm_up(self) -> None:
        """Read some files, so that whatever is imported late is there."""
        for _, data in itertools.islice(files(-1), 50):
            self.read(data)
        self._seen.clear()
        gc.collect()
        gc.freeze()

    def measure(self, data: bytes) -> tuple[str, float, float, list[str]]:
        """What came out of a file, seconds and bytes for it, and the rules that it broke."""
        began = time.process_time()
        outcome = self.read(data)
        seconds = time.process_time() - began
        tracemalloc.start()
        self.read(data)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        faults = [f"asked for {event}" for event in self._seen]
        faults += [f"{seconds:.2f} s"] * (seconds > SECONDS) + [f"{peak / 1e6:.0f} MB"] * (peak > BYTES)
        faults += ["executed"] * TRAP.exists() + ["an exception"] * ("Error:" in outcome)
        self._seen.clear()
        return outcome, seconds, peak, faults

    def read(self, data: bytes) -> str:
        """The key of the refusal, or what was read; the traceback of any other exception."""
        self._on = True
        try:
            contents(data)
            load_wrapped(data)
            checkpoints._normalisation(about(data))
            return "read"
        except InputError as error:
            return error.key
        except Exception:
            return "Error: " + traceback.format_exc(limit=-2)
        finally:
            self._on = False


def _largest(values: list[tuple[float, float]]) -> str:
    seconds, peaks = zip(*values, strict=True)
    p95, most = (1000 * value for value in (percentile(seconds, 0.95), max(seconds)))
    return f"{len(values)} files: p95 {p95:.0f} ms, max {most:.0f} ms; {max(peaks) / 1e6:.1f} MB"


if __name__ == "__main__":
    main()
