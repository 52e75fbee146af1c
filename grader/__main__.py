"""``grader`` and ``python -m grader``: the command line, and a clean end from its first import to its last line."""

from __future__ import annotations

import signal
import sys


def main() -> None:
    """Run the command line; ends this process."""
    try:
        from grader.cli import main as run

        run(prog_name="grader")
    except KeyboardInterrupt:
        sys.stderr.write("grader: interrupted\n")
        sys.exit(130)
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)  # there is nothing left to interrupt
        # Under ``python -m`` CPython dies of SIGINT after all if an interrupt struck in an exec() of text, such as
        # dataclasses make; the next such exec() makes it forget (run_eval_code_obj in Python/pythonrun.c).
        exec("")


if __name__ == "__main__":
    main()
