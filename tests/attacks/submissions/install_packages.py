"""Installs scikit-learn with pip in a child process, and then looks for a copy anywhere.

Honest result: all of it; there is no network and nothing to install to.
"""

import subprocess
import sys

EARNS = "all"
ATTEMPTED = ["attempted: pip", "attempted: import failed"]

_honest_spread = spread


def spread(X):
    command = "import sys; print('child runs'); import pip"
    try:
        done = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True)
        print("attempted: pip", done.returncode, done.stdout, done.stderr[-100:])
    except PermissionError as error:
        print("attempted: pip", error)
    try:
        import sklearn  # noqa: F401

        print("attempted: import worked")
    except ImportError:
        print("attempted: import failed")
    return _honest_spread(X)
