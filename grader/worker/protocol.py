"""Records: how the examiner and the worker talk over the worker's stdin and stdout.

A record is one byte of kind, four bytes of length (little-endian) and that many bytes of payload. The worker reads
control records and tunnels ``DATA`` unread; what travels inside the tunnel is in ``values``. The specification is
docs/protocol.md.
"""

from __future__ import annotations

import struct
from enum import IntEnum

HEADER = struct.Struct("<BI")

RECORD_LIMIT = 256 * 1024
"""Longest payload of a record in bytes, but for ``LOAD``."""

LOAD_LIMIT = 16 * 1024 * 1024
"""Longest payload of ``LOAD`` in bytes."""

OUTPUT_LIMIT = 16 * 1024
"""How many bytes of what a test prints are kept."""

PROOF_LENGTH = struct.Struct("<I")
"""Length of what a sandbox's proof found, before it."""


class Kind(IntEnum):
    """What a record is. Those below 16 go to the worker, the others come from it."""

    LOAD = 1
    BEGIN = 2
    DATA = 3
    CLOCK = 4
    END = 5
    QUIT = 6

    READY = 16
    REPLY = 17
    TIME = 18
    GONE = 19
    OUTPUT = 20
    ENDED = 21
    FAULT = 22
