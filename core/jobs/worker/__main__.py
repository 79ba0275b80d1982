"""One job in its own process: `python -m core.jobs.worker`, the job as a line of JSON on standard input.

With --warm the process first imports and tries all that a training needs, so that the job's first number
comes at once; with --memory MB it may take no more than that. After an attempt that was paused the process
may take the next one from memory.
"""

import importlib
import os
import signal
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

from filelock import FileLock, Timeout

from core.jobs.ending import EXIT_BUSY, EXIT_ERROR, ending, exit_code, reason_of
from core.jobs.events import EventWriter
from core.jobs.spec import Command, State
from core.jobs.worker.follow import StoppedError
from core.jobs.worker.job import Job, Memory
from core.jobs.worker.log import redirect
from core.jobs.worker.orders import Orders
from core.process import be_ended_first, limit_memory, skip_compiler, use_one_thread

_PATIENCE = 5.0  # seconds; an orphan of a killed server is gone after 3
REHEARSAL = "core.jobs.tasks.train:rehearse"
_NICENESS = 5  # the server, which many wait for, comes first


def main() -> NoReturn:
    """Do the job from standard input and exit with its code."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal's Ctrl-C is meant for the server
    if hasattr(os, "nice"):
        os.nice(max(0, _NICENESS - os.nice(0)))  # a helper has its worker's already
    use_one_thread()
    skip_compiler()
    be_ended_first()
    if "--memory" in sys.argv:
        limit_memory(int(sys.argv[sys.argv.index("--memory") + 1]))
    # Detached: a process forked by a task closes sys.stdin and would wait for ever for the thread reading it.
    # A copy of the output: the task's own goes to the log.
    orders = Orders(sys.stdin.detach(), os.fdopen(os.dup(sys.stdout.fileno()), "wb"))  # type: ignore[union-attr]
    if "--warm" in sys.argv:
        _imported(REHEARSAL)()
    code = EXIT_ERROR
    try:
        code = serve(orders)
    except Exception:
        traceback.print_exc()
    finally:
        os._exit(code)  # a plain exit would wait for the listening thread and torch's slow teardown


def serve(orders: Orders) -> int:
    """Do the job, and further attempts while the run stays in memory; return the exit code."""
    command, memory = orders.first(), Memory()
    folder = Path(command.folder)
    try:
        redirect(folder / "log")
        code = work(command, orders, memory)
        while memory.kept is not None and (following := orders.another()):
            code = work(following, orders, memory)
        return code
    except Timeout:
        return EXIT_BUSY
    except OSError as error:
        return exit_code(reason_of(error, folder))


def work(command: Command, orders: Orders, memory: Memory) -> int:
    """Do one attempt and return the exit code. Raises OSError, and Timeout while another holds the run."""
    folder = Path(command.folder)
    with (
        FileLock(folder / "worker.lock", timeout=_PATIENCE),
        EventWriter(folder / "events.jsonl", command.attempt) as events,
    ):
        return _report(Job.of(command, events, orders, memory), command.task)


def _report(job: Job, task: str) -> int:
    """Run the task and write how it ended. Raises OSError when that can't be written."""
    try:
        outcome = _run(_imported(task), job)
    except Exception as error:
        reason = reason_of(error, job.folder)
        with suppress(OSError):
            traceback.print_exc()
            job.events.write("end", outcome=ending(reason), reason=reason)
        return exit_code(reason)
    job.events.write("end", outcome=outcome, reason=None)
    return 0


def _run(function: Callable[[Job], State], job: Job) -> State:
    try:
        return function(job)
    except StoppedError:
        return job.stopped_as


def _imported(task: str) -> Callable[..., Any]:
    """Import the function "module:function"; the worker itself imports no task."""
    module, _, name = task.partition(":")
    function: Callable[..., Any] = getattr(importlib.import_module(module), name)
    return function


if __name__ == "__main__":
    main()
