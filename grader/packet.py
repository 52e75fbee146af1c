"""What says which packet a candidate's files came from: ``packet.json``, in the packet and in the working folder."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from grader.errors import SubmissionError

PACKET_FILE = "packet.json"
SCHEMA_VERSION = 1
_FIELDS = {"assessment": str, "version": str, "variant": str, "seed": int, "grader_version": str, "files": dict}


@dataclass(frozen=True)
class Packet:
    """Where a candidate's files came from.

    Attributes:
        assessment: title of the take-home.
        version: of the take-home.
        variant: that the numbers were drawn for; empty where all candidates have the same.
        seed: of the inputs of the public tests, below 2**32.
        grader_version: of the wheel in the packet.
        files: SHA-256 of each file as it was released, by its path with ``/``: briefs, public tests, stubs and all.
    """

    assessment: str
    version: str
    variant: str
    seed: int
    grader_version: str
    files: Mapping[str, str]

    def as_json(self) -> str:
        """Return the text of the file, the same for the same packet."""
        table = {"schema_version": SCHEMA_VERSION, **asdict(self), "files": dict(sorted(self.files.items()))}
        return json.dumps(table, indent=2, ensure_ascii=False) + "\n"


def read_packet(content: bytes, name: str = PACKET_FILE) -> Packet:
    """Return what a ``packet.json`` says.

    Args:
        content: of the file; not to be trusted, candidates can edit it.
        name: of the file, for messages.

    Raises:
        SubmissionError: it is not such a file.
    """
    try:
        table = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise SubmissionError(f"{name} should be JSON, but cannot be read as such ({error})", cure=_CURE) from error
    if not isinstance(table, dict) or table.get("schema_version") != SCHEMA_VERSION:
        raise SubmissionError(f"{name} should have schema_version {SCHEMA_VERSION}", cure=_CURE)
    for key, kind in _FIELDS.items():
        if not isinstance(table.get(key), kind) or isinstance(table[key], bool):
            raise SubmissionError(f"{name}: {key!r} should be a {kind.__name__}", cure=_CURE)
    files = table["files"]
    if not all(isinstance(digest, str) for digest in files.values()):
        raise SubmissionError(f"{name}: 'files' should give a digest for each file", cure=_CURE)
    if not 0 <= table["seed"] < 2**32:
        raise SubmissionError(f"{name}: 'seed' should be from 0 to 2**32 - 1", cure=_CURE)
    return Packet(**{key: table[key] for key in _FIELDS})


_CURE = "take the file from the packet again"


def sha256(content: bytes) -> str:
    """Return the digest that ``Packet.files`` holds of a file."""
    return hashlib.sha256(content).hexdigest()
