"""The worker where there is no fork: one process, one test, ended from outside.

It speaks the same records as the zygote and confines nothing: for a candidate's own code on the candidate's own
machine, whatever system that runs. Scores never come from it.
"""

from __future__ import annotations

import os
import platform
import random
import socket
import sys
import threading
import time

import msgpack
import numpy as np

from grader.worker.importing import MemoryImporter
from grader.worker.printing import unbuffered
from grader.worker.protocol import HEADER, RECORD_LIMIT, Kind
from grader.worker.records import Records
from grader.worker.subject import Subject


class PlainRecords(Records):
    """Records by what every system can do; the zygote's make no copies of what passes through."""

    def __init__(self, source: int, sink: int) -> None:
        super().__init__(source, sink)
        self.sending = threading.Lock()

    def send(self, kind: Kind, payload: bytes | memoryview) -> None:
        """Send a record, from whichever thread."""
        data = memoryview(HEADER.pack(kind, len(payload)) + bytes(payload))
        with self.sending:
            while data:
                data = data[os.write(self.sink, data) :]


def serve(records: PlainRecords) -> None:
    """Take a submission and the beginning of a test, and answer until the process is ended."""
    modules: dict[str, bytes] = {}
    facts = {"python": platform.python_version(), "numpy": np.__version__, "system": platform.system()}
    records.send(Kind.READY, msgpack.packb(facts))
    while (header := records.header()) is not None:
        payload = records.payload(*header)
        if payload is None or header[0] == Kind.QUIT:
            return
        if header[0] == Kind.LOAD:
            modules = msgpack.unpackb(payload)
        elif header[0] == Kind.BEGIN:
            _test(records, modules, msgpack.unpackb(payload))
            return


def _test(records: PlainRecords, modules: dict[str, bytes], limits: dict[str, object]) -> None:
    ours, theirs = socket.socketpair()
    for relay in (_take_requests, _pass_answers):
        threading.Thread(target=relay, args=(records, ours), daemon=True).start()
    random.seed(limits["seed"])  # type: ignore[arg-type]
    np.random.seed(limits["seed"])  # type: ignore[arg-type]
    MemoryImporter(modules, {}).install()
    Subject(theirs, modules).serve(list(limits["imports"]))  # type: ignore[call-overload]


def _take_requests(records: PlainRecords, channel: socket.socket) -> None:
    """Pass on what the examiner asks; tell the time at once, whatever the submission is at."""
    began = time.process_time()
    while (header := records.header()) is not None:
        payload = records.payload(*header)
        if payload is None:
            break
        if header[0] == Kind.DATA:
            channel.sendall(payload)
        elif header[0] == Kind.CLOCK:
            records.send(Kind.TIME, msgpack.packb(time.process_time() - began))
    os._exit(0)  # the examiner is gone


def _pass_answers(records: PlainRecords, channel: socket.socket) -> None:
    while data := channel.recv(RECORD_LIMIT):
        records.send(Kind.REPLY, data)


def main() -> None:
    """Serve the examiner at stdin and stdout; what the submission prints goes to stderr."""
    source, sink = os.dup(0), os.dup(1)
    with open(os.devnull, "r+b") as nothing:
        os.dup2(nothing.fileno(), 0)
    os.dup2(2, 1)
    sys.stdout, sys.stderr = unbuffered(1), unbuffered(2)
    serve(PlainRecords(source, sink))
