"""One test's process, forked from the worker: confined, then at the examiner's service until it is killed."""

from __future__ import annotations

import os
import random
import socket
import traceback
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from grader.worker.confinement import confine
from grader.worker.importing import MemoryImporter
from grader.worker.jail import Jail
from grader.worker.proving import prove
from grader.worker.subject import Subject


def run(
    channel: int,
    output: int,
    uid: int | None,
    home: Path,
    importer: MemoryImporter,
    limits: dict[str, Any],
    jail: Jail | None,
) -> NoReturn:
    """Confine this process and serve; never returns.

    Args:
        channel: descriptor of the socket to the zygote.
        output: descriptor for what is printed.
        uid: user to become, or ``None``.
        home: folder to write in.
        importer: finds the submission's modules.
        limits: see ``confine``; and ``seed`` for the global generators, ``imports`` for what to import at once, and
            ``prove`` for what to attempt instead of serving, see ``grader.worker.proving``.
        jail: what holds this process where no container does.
    """
    code = 1
    try:
        channel = confine(channel, output, uid, home, limits, jail)
        if limits.get("prove"):
            prove(channel, limits["prove"], limits["memory_bytes"])
        random.seed(limits["seed"])
        np.random.seed(limits["seed"])
        importer.install()
        Subject(socket.socket(fileno=channel), importer.modules).serve(limits["imports"])
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)
