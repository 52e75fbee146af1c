"""Seeds that follow from a run's seed and a test's name, so that every test has inputs of its own, every time."""

from __future__ import annotations

import hashlib


def derived(*parts: object) -> int:
    """Return a number that depends on all parts and tells nothing of them."""
    text = "\0".join(str(part) for part in parts)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:16], "little")


def hash_seed_of(seed: int) -> int:
    """Return the PYTHONHASHSEED of the sandboxes of a run: it follows from the run's seed."""
    return int.from_bytes(hashlib.sha256(f"hash {seed}".encode()).digest()[:4], "little")
