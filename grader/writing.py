"""Files that are there whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from grader.errors import GraderError


def write_whole(path: Path, content: bytes, error: type[GraderError] = GraderError) -> None:
    """Write a file, or leave what was there as it is.

    Args:
        path: of the file; one that is there is replaced.
        content: of it.
        error: what to raise.

    Raises:
        GraderError: it could not be written.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        partial.write_bytes(content)
        partial.replace(path)
    except OSError as reason:
        partial.unlink(missing_ok=True)
        raise error(f"{path} could not be written: {reason}", cure="choose another --output") from reason
