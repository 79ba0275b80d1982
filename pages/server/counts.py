"""What the server counts while it runs: page runs and their time, refusals."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter

from prometheus_client import CollectorRegistry, Counter, Histogram

registry = CollectorRegistry()
_RERUNS = Histogram(
    "lenet_lab_rerun_seconds",
    "Time of a run of a whole page, by its address; runs of a fragment alone are not among them.",
    ["page"],
    registry=registry,
    buckets=(0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5),
)
_REFUSALS = Counter(
    "lenet_lab_refusals",
    "Refusals shown, by key in errors.md; one that stays on a page counts each time it is drawn.",
    ["key"],
    registry=registry,
)


@contextmanager
def rerun(page: str, began: float) -> Iterator[None]:
    """Count a run of the page that began at this time.perf_counter(), however it ends."""
    try:
        yield
    finally:
        _RERUNS.labels(page).observe(perf_counter() - began)


def refusal(key: str) -> None:
    """Count a refusal."""
    _REFUSALS.labels(key).inc()
