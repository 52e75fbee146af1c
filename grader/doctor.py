"""What is there, what is missing and the cure; and clearing what a killed run left behind."""

from __future__ import annotations

import os
import platform
import shutil
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path
from typing import Any

from grader import __version__
from grader.bank import find_bank
from grader.errors import GraderError
from grader.sandbox import SandboxFacts, SandboxProvider
from grader.sandbox.leftovers import FOLDER_PREFIX, is_abandoned
from grader.stopping import undisturbed

Say = Callable[[str], None]

_PACKAGES = ("click", "msgpack", "numpy", "pytest", "rich", "docker")


@dataclass(frozen=True)
class Diagnosis:
    """One thing that was looked at.

    Attributes:
        what: was looked at.
        found: in words.
        is_well: submissions can be scored as far as this goes.
        cure: what to do; empty if nothing.
        is_needed: without it no submission can be scored.
    """

    what: str
    found: str
    is_well: bool = True
    cure: str = ""
    is_needed: bool = True


def examine_machine(bank: Path | None, say: Say) -> Iterator[Diagnosis]:
    """Yield what was found, in the order in which things depend on each other.

    Args:
        bank: folder given by the caller; ``None`` for the default one.
        say: is told what takes long.
    """
    yield Diagnosis("grader", f"{__version__} on Python {platform.python_version()}, {platform.system()}")
    yield from _packages()
    yield _bank(bank)
    kinds = [list(_docker(say)), [_bubblewrap()], [_embedded()]]
    # One kind of sandbox will do.
    has_sandbox = any(all(found.is_well for found in kind) for kind in kinds)
    for kind in kinds:
        yield from (replace(found, is_needed=not has_sandbox) for found in kind)
    yield _folders()


def _packages() -> Iterator[Diagnosis]:
    found = []
    for name in _PACKAGES:
        try:
            found.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            extra = "[staff]" if name == "docker" else ""
            yield Diagnosis(f"package {name}", "not installed", False, f"pip install 'takehome-grader{extra}'")
    yield Diagnosis("packages", ", ".join(found))


def _bank(folder: Path | None) -> Diagnosis:
    try:
        bank = find_bank(folder)
        names = [assignment.name for assignment in bank.assessment.assignments]
        for name in names:
            bank.suite(name)
            bank.reference(bank.assignment(name))
    except GraderError as error:
        return Diagnosis("bank", str(error), False, error.cure)
    return Diagnosis("bank", f"{bank.root}: {', '.join(names)}")


def _docker(say: Say) -> Iterator[Diagnosis]:
    from grader.sandbox.docker import DockerProvider, connect

    try:
        api = connect()
    except GraderError as error:
        yield Diagnosis("Docker engine", str(error), False, error.cure)
        return
    try:
        version = api.version()
        where = api.base_url.replace("http+docker://localhost", "the local socket")
        yield Diagnosis("Docker engine", f"{version.get('Version', '?')} at {where}")
        yield Diagnosis("leftover containers", _remove_containers(api))
    finally:
        api.close()
    try:
        provider = DockerProvider(say)
    except GraderError as error:
        yield Diagnosis("sandbox image", str(error), False, error.cure)
        return
    try:
        yield Diagnosis("sandbox image", provider.image)
        yield _container(provider)
    finally:
        provider.close()


def _bubblewrap() -> Diagnosis:
    from grader.sandbox.bubblewrap import BubblewrapProvider

    return _local("bubblewrap sandbox", BubblewrapProvider)


def _embedded() -> Diagnosis:
    from grader.sandbox.embedded import EmbeddedProvider

    return _local("embedded sandbox", EmbeddedProvider)


def _local(what: str, make: Callable[[], SandboxProvider]) -> Diagnosis:
    try:
        facts, _ = _trial(make())
    except GraderError as error:
        return Diagnosis(what, str(error), False, error.cure)
    return Diagnosis(what, f"works: {facts.engine}, Python {facts.python}, numpy {facts.numpy}")


def _container(provider: SandboxProvider) -> Diagnosis:
    try:
        facts, told = _trial(provider)
    except GraderError as error:
        return Diagnosis("sandbox", str(error), False, error.cure)
    if not (told.get("is_init") and told.get("drops_privileges")):
        cure = "use an engine whose containers start as root of their own user namespace"
        return Diagnosis("sandbox", "the worker cannot give each test a user of its own", False, cure)
    return Diagnosis("sandbox", f"works: Python {facts.python}, numpy {facts.numpy}")


def _trial(provider: SandboxProvider) -> tuple[SandboxFacts, dict[str, Any]]:
    """Start a sandbox as for a submission, see that it proves itself and answers, and return what it says."""
    with ExitStack() as cleanup:
        with undisturbed():
            sandbox = provider.launch({}, memory_bytes=256 * 1024 * 1024, hash_seed=0)
            cleanup.callback(sandbox.close)
        return sandbox.facts(), sandbox.session().facts


def _remove_containers(api: Any) -> str:
    from grader.sandbox.docker import LABEL, OWNER_LABEL, remove

    ours = api.containers(all=True, filters={"label": LABEL})
    left = [
        entry for entry in ours if is_abandoned(entry.get("Labels", {}).get(OWNER_LABEL, ""), socket.gethostname())
    ]
    for entry in left:
        remove(api, entry["Id"])
    busy = len(ours) - len(left)
    found = f"{len(left)} removed" if left else "none"
    return f"{found}, {busy} in use by other runs" if busy else found


def _folders() -> Diagnosis:
    """Temporary folders of runs without a sandbox that were killed."""
    removed = 0
    for folder in Path(tempfile.gettempdir()).glob(f"{FOLDER_PREFIX}*"):
        owner = folder.name.removeprefix(FOLDER_PREFIX).rpartition("-")[0]
        if folder.is_dir() and _is_mine(folder) and is_abandoned(owner, socket.gethostname()):
            shutil.rmtree(folder, ignore_errors=True)
            removed += 1
    return Diagnosis("leftover folders", f"{removed} removed" if removed else "none")


def _is_mine(folder: Path) -> bool:
    return sys.platform == "win32" or folder.lstat().st_uid == os.getuid()
