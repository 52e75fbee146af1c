"""What ``grader pack`` says of the file to hand in: ``manifest.json`` in it. Told to staff, never trusted."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass

MANIFEST_FILE = "manifest.json"
SCHEMA_VERSION = 1
MANIFEST_LIMIT = 64 * 1024
"""Bytes above which a file is taken for no manifest."""

_TEXTS = ("assessment", "version", "variant", "grader_version", "python", "numpy", "packed")
_TEXT_LIMIT = 200
_FILES_LIMIT = 200
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Manifest:
    """What a file to hand in says of itself.

    Attributes:
        assessment: title of the take-home.
        version: of the take-home.
        variant: of the packet that the work began with; empty where all candidates have the same.
        grader_version: that packed it.
        python: version on the candidate's machine.
        numpy: version on the candidate's machine; empty if there was none.
        packed: when, in UTC, as ISO 8601 has it.
        files: SHA-256 of each file beside it, by its name in the archive.
    """

    assessment: str
    version: str
    variant: str
    grader_version: str
    python: str
    numpy: str
    packed: str
    files: Mapping[str, str]

    def as_json(self) -> str:
        """Return the text of the file, the same for the same manifest."""
        table = {"schema_version": SCHEMA_VERSION, **asdict(self), "files": dict(sorted(self.files.items()))}
        return json.dumps(table, indent=2) + "\n"


def read_manifest(content: bytes) -> Manifest | None:
    """Return what a ``manifest.json`` says; ``None`` if it is no manifest, which costs a candidate nothing."""
    if len(content) > MANIFEST_LIMIT:
        return None
    try:
        table = json.loads(content)
    except (ValueError, RecursionError):
        return None
    if not isinstance(table, dict) or table.get("schema_version") != SCHEMA_VERSION:
        return None
    if not all(_is_text(table.get(key)) for key in _TEXTS) or not _are_digests(table.get("files")):
        return None
    return Manifest(**{key: table[key] for key in (*_TEXTS, "files")})


def _is_text(value: object) -> bool:
    return isinstance(value, str) and len(value) <= _TEXT_LIMIT


def _are_digests(files: object) -> bool:
    return (
        isinstance(files, dict)
        and len(files) <= _FILES_LIMIT
        and all(
            _is_text(name) and isinstance(digest, str) and _DIGEST.fullmatch(digest) for name, digest in files.items()
        )
    )
