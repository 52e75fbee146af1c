"""Seeds that follow from a run's seed and a test's name, so that every test has inputs of its own, every time."""

from __future__ import annotations

import hashlib


def derived(*parts: object) -> int:
    """Return a number that depends on all parts and tells nothing of them."""
    text = "\0".join(str(part) for part in parts)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:16], "little")
