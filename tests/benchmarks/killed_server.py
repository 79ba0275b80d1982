"""A server for tests.benchmarks.jobs to kill: two trainings and a warm worker; prints their pids and waits.

python -m tests.benchmarks.killed_server RUNS PARAMS
"""

import json
import sys
import time
from pathlib import Path

from core.jobs import JobService, JobSpec, LocalBackend

if __name__ == "__main__":
    backend = LocalBackend(lanes={"train": 2, "compute": 1}, spares=1)
    service = JobService(Path(sys.argv[1]), backend)
    runs = [service.submit(JobSpec("train", json.loads(sys.argv[2]), owner)) for owner in ("ann", "bob")]
    while not all(any(event["type"] == "step" for event in service.events(run.id)) for run in runs):
        time.sleep(0.05)
    service.warm_up()
    print(json.dumps(list(backend.pids.values())), flush=True)
    time.sleep(600)
