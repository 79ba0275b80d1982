"""What this process takes of the machine, and when it ends: cores, memory, open files; no compiler."""

import contextlib
import ctypes
import multiprocessing
import os
import sys
import threading
from multiprocessing.context import BaseContext
from pathlib import Path
from types import ModuleType
from typing import Any

if sys.platform != "win32":
    import resource

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # from glibc's malloc.h
_MOST_FILES = 10_240  # OPEN_MAX of macOS
_CONTAINER = Path("/sys/fs/cgroup/memory.max")  # of cgroup version 2
# MB that torch's libraries and threads ask for and never touch: the kernel counts them for RLIMIT_DATA.
_UNTOUCHED = 512
_LARGE = 16 * 2**20  # bytes; a batch file has 31 MB, a LeNet activation less than 8


def use_one_thread() -> None:
    """Give torch one thread per operation, wherever it is imported later.

    With more threads than free cores, all workers and the server together are ten times slower.
    """
    os.environ["OMP_NUM_THREADS"] = "1"


def skip_compiler() -> None:
    """Keep the machinery of torch.compile out of a process that compiles nothing.

    torch.optim and torchvision import torch._dynamo, which takes a second and 150 MB, only to mark where a
    compiler stops and to ask whether there is one. Here marks do nothing and the answer is no. Call before
    either is imported.
    """
    if "torch._dynamo" in sys.modules:
        return
    marks: Any = ModuleType("torch._dynamo")
    marks.graph_break = lambda: None
    marks.disable = _unmarked
    marks.utils = ModuleType("torch._dynamo.utils")
    marks.utils.is_compile_supported = lambda device_type: False
    sys.modules |= {module.__name__: module for module in (marks, marks.utils)}


def _unmarked(function: Any = None, *_: Any, **__: Any) -> Any:
    """Return the function as it is; without one, a decorator that does."""
    return _unmarked if function is None else function


def return_large_blocks() -> None:
    """Make freed blocks of 16 MB and more leave this process at once. Takes effect with glibc only, on Linux.

    From the first large block freed, glibc learns to keep such blocks for later: reading CIFAR-10's six files
    one after another, in a thread, then leaves 70 MB behind that nobody needs again.
    """
    if not sys.platform.startswith("linux"):
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # other C libraries have none
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, _LARGE)
        mallopt(_M_TRIM_THRESHOLD, 4 * _LARGE)  # as glibc would choose by itself


def open_more_files() -> None:
    """Raise this process's limit of open files as far as the system lets it.

    A session takes four, and a browser that has left keeps three for a while: the usual limit of 1,024 stands
    for 150 learners. Windows has no such limit.
    """
    if sys.platform == "win32":
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for limit in (hard, _MOST_FILES):  # macOS calls its hard limit infinite, and refuses it
        with contextlib.suppress(ValueError, OSError):
            if limit == resource.RLIM_INFINITY or limit > soft:
                resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
                return


def machine_memory() -> int | None:
    """Memory of this machine, or of the container around this process, in MB; None where nothing tells."""
    try:
        size = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # Windows
        return None
    with contextlib.suppress(OSError, ValueError):  # "max": no limit
        size = min(size, int(_CONTAINER.read_text()))
    return size // 2**20


def limit_memory(megabytes: int | None) -> None:
    """Let this process allocate so much and no more, None for as much as the system lets it. Linux only.

    A failed allocation is an error that its task can tell of; without a limit the kernel kills somebody.
    """
    if sys.platform == "linux":
        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        soft = hard if megabytes is None else (megabytes + _UNTOUCHED) * 2**20
        with contextlib.suppress(ValueError):  # above the hard limit, which then is the smaller one
            resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))


def memory_share(parts: int) -> int | None:
    """A part of what `limit_memory` lets this process allocate, in MB; None where it set no limit."""
    if sys.platform != "linux":
        return None
    soft, _ = resource.getrlimit(resource.RLIMIT_DATA)
    return None if soft == resource.RLIM_INFINITY else (soft // 2**20 - _UNTOUCHED) // parts


def be_ended_first() -> None:
    """Make this process the one that the kernel ends when the machine's memory runs out. Linux only."""
    with contextlib.suppress(OSError):
        if sys.platform == "linux":
            Path("/proc/self/oom_score_adj").write_text("500")


def children() -> BaseContext:
    """How this process starts others of `multiprocessing`.

    Fork on Linux, at once and with all memory shared; elsewhere it isn't safe, and they are spawned.
    """
    return multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")


def end_with_parent(_worker: int = 0) -> None:
    """Make this process of `multiprocessing` end as soon as the one that started it does.

    For DataLoader's worker_init_fn: its own watch notes the parent's id only at the end of its start, and
    one whose parent is killed before that takes whoever adopted it for its parent, and never ends.
    """
    threading.Thread(target=_exit_after_parent, name="end-with-parent", daemon=True).start()


def _exit_after_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
