"""A server to be killed; it submits a job twice, prints the runs' ids and the worker's process id, and waits.

python -m tests.support.job_server RUNS ENTRY PARAMS [paused]    waits with the first run paused
"""

import json
import sys
import time
from pathlib import Path

from core.jobs import JobService, JobSpec, State
from core.jobs.local import LocalBackend
from tests.support.job_tasks import TEST_ENTRIES
from tests.support.processes import wait

if __name__ == "__main__":
    backend = LocalBackend(spares=0)
    service = JobService(Path(sys.argv[1]), backend, entries=TEST_ENTRIES)
    run = service.submit(JobSpec(sys.argv[2], json.loads(sys.argv[3]), "ann"))
    waiting = service.submit(JobSpec(sys.argv[2], json.loads(sys.argv[3]), "ann"))
    if sys.argv[4:] == ["paused"]:
        wait(lambda: service.events(run.id))
        service.pause(run.id, "ann")
        wait(lambda: service.get(run.id).state == State.PAUSED)
    print(json.dumps({"run": run.id, "waiting": waiting.id, "worker": backend.pids[run.id]}), flush=True)
    while True:
        time.sleep(60)
