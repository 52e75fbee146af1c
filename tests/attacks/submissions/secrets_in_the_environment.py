"""Prints the environment, the command line, the host's name and all that may hold a secret or a seed.

Honest result: all of it, and nothing that a test rests on: no path, no token, no name of a test.
"""

import os
import socket
import sys

EARNS = "all"
ATTEMPTED = ["attempted: environment", "unexpected names: []"]

EXPECTED = {
    *("HOME", "HOSTNAME", "LANG", "PATH", "TMPDIR", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "LC_CTYPE"),
    *("GPG_KEY", "PYTHON_VERSION", "PYTHON_SHA256", "PYTHONHASHSEED", "PYTHONPATH", "PYTHONSAFEPATH"),
    *("PYTHONDONTWRITEBYTECODE", "PYTHONNOUSERSITE", "PWD"),
}

_honest_spread = spread


def spread(X):
    print("unexpected names:", sorted(set(os.environ) - EXPECTED))
    print("attempted: environment", dict(os.environ))
    print(sys.argv, sys.orig_argv, socket.gethostname(), os.getcwd(), sys.path)
    for path in ("/proc/cmdline", "/proc/self/cgroup", "/proc/self/mountinfo", "/etc/hosts", "/etc/resolv.conf"):
        try:
            print(path, open(path).read()[:2000])
        except OSError as error:
            print(error)
    return _honest_spread(X)
