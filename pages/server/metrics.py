"""/metrics in Prometheus' format, for whoever has LENET_LAB_METRICS_TOKEN; there is none without it."""

import hmac
import os
from collections.abc import Callable, Iterator

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Metric,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from core.jobs import JobService
from pages.server import counts
from pages.server.base_path import address


class JobCollector(Collector):
    """The lanes of the job service as they are when somebody asks."""

    def __init__(self, jobs: Callable[[], JobService]) -> None:
        self._jobs = jobs

    def collect(self) -> Iterator[Metric]:
        """One gauge for each number of a lane."""
        lanes = self._jobs().load()
        for name, about in (
            ("running", "Jobs that a worker works on."),
            ("waiting", "Jobs in the queue."),
            ("places", "Jobs that may run at once."),
        ):
            gauge = GaugeMetricFamily(f"lenet_lab_jobs_{name}", about, labels=["lane"])
            for lane, load in lanes.items():
                gauge.add_metric([lane], getattr(load, name))
            yield gauge

    def describe(self) -> Iterator[Metric]:
        """Nothing: registering must not start the service."""
        return iter(())


def routes(jobs: Callable[[], JobService]) -> list[Route]:
    """The one address, with the numbers of this job service, of the process and of the pages."""
    token = os.environ.get("LENET_LAB_METRICS_TOKEN")
    here = CollectorRegistry()
    ProcessCollector(registry=here)  # memory, open files, CPU time
    here.register(JobCollector(jobs))

    def metrics(request: Request) -> Response:
        if not token:
            return PlainTextResponse("Not Found", status_code=404)
        sent = request.headers.get("authorization", "")
        if not hmac.compare_digest(sent.encode(), f"Bearer {token}".encode()):
            return PlainTextResponse("Unauthorized", 401, {"WWW-Authenticate": "Bearer"})
        return Response(
            generate_latest(counts.registry) + generate_latest(here), media_type=CONTENT_TYPE_LATEST
        )

    return [Route(address("/metrics"), metrics)]
