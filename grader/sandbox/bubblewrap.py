"""The sandbox of bubblewrap: namespaces that an ordinary user may make, with the embedded sandbox's means inside.

The worker is the first process of its own namespaces: no network, no other process, and no file but Python, numpy and
a small folder in memory. Its forks have the same user, so that the stricter filter, the limits and the census of
``grader.worker.jail`` hold them; Landlock is not needed. It never runs as root: root's name alone opens doors in a
namespace, such as the kernel's settings in ``/proc/sys``. Root has it started by a user that nobody is.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from grader.errors import SandboxError
from grader.sandbox import Sandbox, unprivileged
from grader.sandbox.local import LocalProvider, LocalSandbox, package_folders, started
from grader.worker.filtering import can_filter
from grader.worker.jail import DEVICES, PACKAGES, READABLE, loaded_libraries, standard_library
from grader.worker.privileges import fresh_uid

_PROGRAM = "bwrap"
_WORKPLACE = "/submission"
"""Where forks write; not ``/tmp``, since Python may lie there."""

_WORKPLACE_BYTES = 64 * 1024 * 1024
_START_SECONDS = 20.0


class BubblewrapProvider(LocalProvider):
    """Starts workers in namespaces of their own.

    Args:
        why: why it is this kind of sandbox; empty if it was asked for.

    Raises:
        SandboxError: bubblewrap is not installed, or may not make namespaces here.
    """

    kind = "bubblewrap"
    cure = "use Docker or --sandbox embedded (`grader doctor` tells which of them work here)"

    def __init__(self, why: str = "") -> None:
        super().__init__(why)
        program = shutil.which(_PROGRAM)
        if program is None:
            raise SandboxError("bubblewrap is not installed", cure=f"install it (bubblewrap), or {self.cure}")
        if not can_filter():
            raise SandboxError("bubblewrap needs a system-call filter, and there is none here", cure=self.cure)
        self.program = program
        self.engine = _said(program, "--version").strip()
        self._try()

    def launch(self, modules: Mapping[str, bytes], *, memory_bytes: int, hash_seed: int) -> Sandbox:
        """See ``SandboxProvider``."""
        return BubblewrapSandbox(self, modules, hash_seed)

    @contextmanager
    def targets(self) -> Iterator[dict[str, Any]]:
        """See ``LocalProvider``: what is not to be changed has to be visible inside."""
        library = next(path for path in standard_library() if (path / "os.py").is_file())
        with super().targets() as targets:
            yield targets | {"foreign": str(library / "os.py"), "folders": ["/", "/dev", str(library)]}

    def run(self, *arguments: str, **options: Any) -> subprocess.Popen[bytes]:
        """Start Python in namespaces of its own.

        Args:
            arguments: those of Python.
            options: those of ``subprocess.Popen``.

        Raises:
            OSError: bubblewrap cannot be started.
        """
        paths: list[Path] = []

        def bound(path: Path) -> list[str]:
            paths.append(path)
            source = f"{unprivileged.STAGE}/{len(paths) - 1}" if is_root else str(path)
            return ["--ro-bind", source, str(path)]

        is_root = os.geteuid() == 0
        command = [self.program, *_namespaces(), *_files(bound), "--", str(_python()), *arguments]
        if is_root:
            script = [sys.executable, "-I", "-S", unprivileged.__file__, str(fresh_uid())]
            command = [*script, *map(str, paths), "--", *command]
        return subprocess.Popen(command, **options | {"cwd": "/"})

    def _try(self) -> None:
        """Make namespaces, which is the only way to find out whether they may be made."""
        streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
        try:
            with self.run("-S", "-c", "pass", **streams) as process:
                try:
                    _, said = process.communicate(timeout=_START_SECONDS)
                except subprocess.TimeoutExpired:
                    process.kill()
                    raise
        except (OSError, subprocess.TimeoutExpired) as error:
            raise SandboxError(f"bubblewrap does not start: {error}", cure=self.cure) from error
        if process.returncode != 0:
            reason = said.decode(errors="replace").strip().rpartition("\n")[2]
            raise SandboxError(f"bubblewrap makes no sandbox here ({reason})", cure=self.cure)


class BubblewrapSandbox(LocalSandbox):
    """A worker that is alone with its forks."""

    provider: BubblewrapProvider

    def spawn(self, **options: Any) -> subprocess.Popen[bytes]:
        """See ``ProcessSandbox``."""
        return self.provider.run(*started(_WORKPLACE, "namespaces"), **options)

    def was_killed(self, code: int) -> bool:
        """See ``LocalSandbox``: bubblewrap passes a signal on as a shell does."""
        return code < 0 or code > 128


def _said(*command: str) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=_START_SECONDS).stdout
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SandboxError(f"bubblewrap does not start: {error}", cure=BubblewrapProvider.cure) from error


def _namespaces() -> list[str]:
    return ["--unshare-all", "--unshare-user", "--disable-userns", "--as-pid-1", "--die-with-parent"]


def _files(bound: Callable[[Path], list[str]]) -> Iterator[str]:
    """What there is inside: Python and numpy to read, five devices, ``/proc`` and a small folder to write in.

    Args:
        bound: returns what binds a file or folder where it is.
    """
    for name in (*READABLE, "/etc/alternatives"):
        yield from ("--ro-bind-try", name, name)
    for name in DEVICES:
        yield from ("--dev-bind", name, name)
    yield from ("--proc", "/proc", "--size", str(_WORKPLACE_BYTES), "--tmpfs", _WORKPLACE, "--chdir", _WORKPLACE)
    for path in _python_files():
        yield from bound(path)
    # What is installed beside Python is hidden, but for what the worker needs.
    hidden = [str(path) for library in standard_library() for name in PACKAGES if (path := library / name).is_dir()]
    for name in hidden:
        yield from ("--tmpfs", name)
    for path in _packages():
        yield from bound(path)
    for name in (*hidden, "/"):
        yield from ("--remount-ro", name)


def _python() -> Path:
    """The Python that this is, without the virtual environment around it."""
    return Path(sys.executable).resolve()


def _python_files() -> list[Path]:
    """Interpreter, standard library and shared libraries."""
    prefix = Path(sys.base_prefix).resolve()
    folders = {library.parent for library in loaded_libraries()} | set(standard_library())
    if prefix != Path("/usr"):
        folders.add(prefix / "lib")
    outermost = [folder for folder in folders if folder.is_dir() and folders.isdisjoint(folder.parents)]
    loaders = [path for folder in Path("/").glob("lib*") for path in folder.glob("ld-*.so*")]
    return [*sorted(outermost), _python(), *loaders]


def _packages() -> list[Path]:
    """What the worker imports that is not Python's."""
    own, *found = package_folders()
    found += [package.with_name(f"{package.name}.libs") for package in found]
    return [path for path in (*found, own / "__init__.py", own / "worker") if path.exists()]
