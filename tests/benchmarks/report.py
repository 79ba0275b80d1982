"""The output of every benchmark: facts of the machine, then tables of figures with the target beside each."""

import os
import platform
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import version


@dataclass(frozen=True)
class Row:
    """One figure; `target` is empty where DESIGN.md names none."""

    what: str
    measured: str
    target: str = ""


def facts(**more: object) -> None:
    """Print one line about the machine, load included: a figure taken on a busy machine is worth little."""
    load = f"{os.getloadavg()[0]:.2f}" if hasattr(os, "getloadavg") else "?"
    values = {
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "torch": version("torch"),
        "streamlit": version("streamlit"),
        "load now": load,
        **more,
    }
    print(
        f"{platform.system()} {platform.machine()} · "
        + " · ".join(f"{name} {value}" for name, value in values.items()),
        flush=True,
    )


def table(title: str, rows: Iterable[Row]) -> None:
    lines = [("", "measured", "target"), *((row.what, row.measured, row.target) for row in rows)]
    first, second = (max(len(line[column]) for line in lines) for column in (0, 1))
    print(f"\n{title}")
    for what, measured, target in lines:
        print(f"  {what:<{first}}  {measured:>{second}}  {target}".rstrip(), flush=True)


def times(ratio: float) -> str:
    return f"{ratio:.2f}x"


def seconds(values: Sequence[float]) -> str:
    """Median, and the range where there is more than one."""
    middle = f"{statistics.median(values):.2f} s"
    return middle if len(values) < 2 else f"{middle} ({min(values):.2f} - {max(values):.2f})"


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of the values doesn't exceed."""
    ordered = sorted(values)
    return ordered[max(0, -int(-share * len(ordered) // 1) - 1)]
