"""Zip archives of which the bytes depend on names and contents alone."""

from __future__ import annotations

import io
import stat
import zipfile
from collections.abc import Mapping

_WRITTEN = (1980, 1, 1, 0, 0, 0)
"""The first moment that a zip archive can tell (APPNOTE.TXT, 4.4.6)."""

_UNIX = 3
_MODE = stat.S_IFREG | 0o644


def zipped(files: Mapping[str, bytes]) -> bytes:
    """Return a zip archive, the same for the same files on every machine.

    Args:
        files: contents by name, with ``/``.
    """
    buffer = io.BytesIO()
    # Not compressed: builds of zlib differ in the bytes that they give.
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, content in sorted(files.items()):
            entry = zipfile.ZipInfo(name, _WRITTEN)
            entry.create_system = _UNIX
            entry.external_attr = _MODE << 16
            archive.writestr(entry, content)
    return buffer.getvalue()


def unzipped(content: bytes) -> dict[str, bytes]:
    """Return the files of an archive, by name."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}
