"""The wheel of the running ``grader``, built without a clone, a build backend or a network.

Backends such as hatchling build from a clone, which staff who installed from a wheel do not have; what is needed of
the format (https://packaging.python.org/en/latest/specifications/binary-distribution-format/) is a page.
"""

from __future__ import annotations

import csv
import hashlib
import io
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import grader
from grader.archive import zipped
from grader.errors import GraderError

DISTRIBUTION = "takehome-grader"
DOCKERFILE = "grader/sandbox/Dockerfile"
_STEM = DISTRIBUTION.replace("-", "_")
_TAG = "py3-none-any"


@dataclass(frozen=True)
class Wheel:
    """A wheel: the name that pip wants its file to have, and the bytes."""

    name: str
    content: bytes


def package_folder() -> Path:
    """Return where the running package lies."""
    return Path(grader.__file__).resolve().parent


def build_wheel() -> Wheel:
    """Return the wheel of the package that is running, with the same bytes on every run.

    Raises:
        GraderError: the package is not installed, or was installed at another version.
    """
    files = {**_package_files(package_folder()), **_metadata_files()}
    record = f"{_metadata_folder()}/RECORD"
    files[record] = _record(files, record)
    return Wheel(f"{_STEM}-{grader.__version__}-{_TAG}.whl", zipped(files))


def metadata_names() -> frozenset[str]:
    """Return the names that a wheel holds beside the package."""
    return frozenset(f"{_metadata_folder()}/{name}" for name in ("METADATA", "RECORD", "WHEEL", "entry_points.txt"))


def _metadata_folder() -> str:
    return f"{_STEM}-{grader.__version__}.dist-info"


def _package_files(folder: Path) -> dict[str, bytes]:
    """All files of the package, but for hidden ones and what Python leaves there."""
    files = {}
    for path in folder.rglob("*"):
        parts = path.relative_to(folder).parts
        if path.is_file() and not any(p == "__pycache__" or p.startswith(".") for p in parts):
            files["/".join(("grader", *parts))] = path.read_bytes()
    if DOCKERFILE not in files:
        # In a clone it lies at the top.
        files[DOCKERFILE] = (folder.parent / "Dockerfile").read_bytes()
    return files


def _metadata_files() -> dict[str, bytes]:
    try:
        installed = metadata.distribution(DISTRIBUTION)
    except metadata.PackageNotFoundError as error:
        raise GraderError(
            f"{DISTRIBUTION} should be installed, but runs from a folder that is not, and a wheel needs its metadata",
            cure="install it: python3 -m pip install -e . in the clone",
        ) from error
    if installed.version != grader.__version__:
        raise GraderError(
            f"{DISTRIBUTION} was installed at version {installed.version}, its code is {grader.__version__} by now",
            cure="install it again: python3 -m pip install -e . in the clone",
        )
    texts = {
        "METADATA": _without_description(installed.read_text("METADATA") or ""),
        "WHEEL": "\n".join(("Wheel-Version: 1.0", "Generator: grader", "Root-Is-Purelib: true", f"Tag: {_TAG}", "")),
        "entry_points.txt": installed.read_text("entry_points.txt") or "",
    }
    return {f"{_metadata_folder()}/{name}": text.encode() for name, text in texts.items()}


def _without_description(text: str) -> str:
    """The headers: the description is a README for staff, as old as the installation of a clone is."""
    return text.partition("\n\n")[0].rstrip("\n") + "\n"


def _record(files: Mapping[str, bytes], name: str) -> bytes:
    """The list of all files with their digests and sizes, itself without."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    for path, content in sorted(files.items()):
        digest = urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        rows.writerow((path, f"sha256={digest}", len(content)))
    rows.writerow((name, "", ""))
    return text.getvalue().encode()
