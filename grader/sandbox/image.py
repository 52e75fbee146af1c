"""The image that submissions run in: what goes into it, its name, and building it on first use."""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import metadata, resources
from pathlib import Path
from typing import Any

import grader.worker
from grader.errors import SandboxError

REPOSITORY = "takehome-grader-worker"
BASE_IMAGE = "python:3.11-slim-bookworm"

_TAIL_LINES = 6

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Recipe:
    """All that decides what the image holds.

    Attributes:
        files: contents by path within the build context.
        arguments: build arguments.
    """

    files: dict[str, bytes]
    arguments: dict[str, str]

    @property
    def tag(self) -> str:
        """Name of the image: the same recipe gives the same name."""
        digest = hashlib.sha256()
        for name, content in sorted(self.files.items()):
            digest.update(f"{name}\0{len(content)}\0".encode() + content)
        for name, value in sorted(self.arguments.items()):
            digest.update(f"{name}={value}\0".encode())
        return f"{REPOSITORY}:{digest.hexdigest()[:16]}"

    def context(self) -> io.BytesIO:
        """Return the build context as a tar archive."""
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w") as archive:
            for name, content in sorted(self.files.items()):
                entry = tarfile.TarInfo(name)
                entry.size = len(content)
                entry.mode = 0o644
                archive.addfile(entry, io.BytesIO(content))
        buffer.seek(0)
        return buffer


def recipe(base_image: str = BASE_IMAGE) -> Recipe:
    """Return what the image is made of: the Dockerfile, the worker, and the versions that are installed here."""
    worker = resources.files(grader.worker)
    files = {f"grader/worker/{f.name}": f.read_bytes() for f in worker.iterdir() if f.name.endswith(".py")}
    files["grader/__init__.py"] = b""
    files["Dockerfile"] = _dockerfile()
    arguments = {
        "BASE": base_image,
        "NUMPY": f"numpy=={metadata.version('numpy')}",
        "MSGPACK": f"msgpack=={metadata.version('msgpack')}",
    }
    return Recipe(files, arguments)


def ensure(api: Any, wanted: Recipe, progress: Progress) -> str:
    """Return the id of the image, building it first if the engine does not have it.

    Args:
        api: a ``docker.APIClient``.
        wanted: what the image is made of.
        progress: is told each step of a build.

    Raises:
        SandboxError: the build failed.
    """
    import docker.errors

    try:
        return str(api.inspect_image(wanted.tag)["Id"])
    except docker.errors.ImageNotFound:
        progress(f"building the sandbox image {wanted.tag} (once; about a minute)")
    _build(api, wanted, progress)
    return str(api.inspect_image(wanted.tag)["Id"])


def _build(api: Any, wanted: Recipe, progress: Progress) -> None:
    lines = api.build(
        fileobj=wanted.context(),
        custom_context=True,
        tag=wanted.tag,
        buildargs=wanted.arguments,
        network_mode=_build_network(api),
        labels={"grader": "1"},
        rm=True,
        forcerm=True,
        decode=True,
    )
    tail: deque[str] = deque(maxlen=_TAIL_LINES)
    for text, failed in _steps(lines):
        if failed:
            raise SandboxError(
                f"the sandbox image could not be built: {text}. Its last words: {' / '.join(tail)}",
                cure=f"the base image {wanted.arguments['BASE']} has to be there or to be pulled (GRADER_BASE_IMAGE"
                " names another), and pip inside the build needs a package index",
            )
        tail.append(text)
        if text.startswith("Step "):
            progress(text)


def _steps(lines: Iterator[dict[str, Any]]) -> Iterator[tuple[str, bool]]:
    for line in lines:
        if "error" in line:
            yield str(line["error"]).strip(), True
        elif text := str(line.get("stream", "")).strip():
            yield text, False


def _build_network(api: Any) -> str | None:
    """An engine without a bridge can only build on the host's network."""
    return None if api.networks(names=["bridge"]) else "host"


def _dockerfile() -> bytes:
    """The Dockerfile: in a wheel beside this module, in a clone at the top."""
    packaged = resources.files("grader.sandbox") / "Dockerfile"
    if packaged.is_file():
        return packaged.read_bytes()
    return (Path(grader.__file__).resolve().parents[1] / "Dockerfile").read_bytes()
