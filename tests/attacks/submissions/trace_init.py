"""Tries to take over the worker's process: ptrace, prlimit, its scheduling, its affinity, its priority, its pidfd.

Honest result: all of it; the kernel refuses every one.
"""

import ctypes
import os
import resource

EARNS = "all"
ATTEMPTED = [
    "ptrace attach EPERM", "ptrace seize EPERM", "prlimit PermissionError", "affinity PermissionError",
    "priority PermissionError", "pidfd_getfd EPERM", "oom_score_adj PermissionError", "scheduler PermissionError",
]

_honest_spread = spread


def _try(name, call):
    try:
        result = call()
        if isinstance(result, int) and result < 0:
            result = {1: "EPERM", 38: "ENOSYS"}.get(ctypes.get_errno(), ctypes.get_errno())
    except OSError as error:
        result = type(error).__name__
    print("attempted:", name, result)


def spread(X):
    libc = ctypes.CDLL(None, use_errno=True)
    _try("ptrace attach", lambda: libc.ptrace(16, 1, 0, 0))
    _try("ptrace seize", lambda: libc.ptrace(0x4206, 1, 0, 0))
    _try("prlimit", lambda: resource.prlimit(1, resource.RLIMIT_CPU, (0, 0)))
    _try("affinity", lambda: os.sched_setaffinity(1, {0}))
    _try("priority", lambda: os.setpriority(os.PRIO_PROCESS, 1, 19))
    _try("scheduler", lambda: os.sched_setscheduler(1, os.SCHED_BATCH, os.sched_param(0)))
    _try("pidfd_getfd", lambda: libc.syscall(438, os.pidfd_open(1), 1, 0))
    _try("oom_score_adj", lambda: open("/proc/1/oom_score_adj", "w").write("1000"))
    return _honest_spread(X)
