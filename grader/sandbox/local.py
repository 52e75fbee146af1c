"""What sandboxes without a container engine share: the worker is a process of this machine that holds its forks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from grader.errors import SandboxError
from grader.sandbox import Loss, Sandbox, SandboxFacts, SandboxProvider
from grader.sandbox.process import ProcessSandbox
from grader.sandbox.selftest import on_the_host, prove
from grader.sandbox.session import WorkerSession

_NO_COLLECTION = "import gc; gc.disable()"
"""Until all is loaded: a collection of garbage would find nothing then, and takes 10 ms in all."""


def package_folders() -> list[Path]:
    """Return where the packages lie that the worker imports, its own first."""
    names = ("grader", "numpy", "msgpack")
    return [Path(spec.origin).parent for name in names if (spec := find_spec(name)) and spec.origin]


def worker_path() -> list[str]:
    """Return where Python finds what the worker imports."""
    return list(dict.fromkeys(str(folder.parent) for folder in package_folders()))


class LocalProvider:
    """Starts workers on this machine.

    Args:
        why: why it is this kind of sandbox; empty if it was asked for.

    Attributes:
        kind: of sandbox.
        cure: what to do where such a sandbox cannot be had.
        engine: name and version of what holds the forks.
        proved: what was attempted in the first sandbox, and refused.
    """

    kind: str
    cure: str
    engine: str

    def __init__(self, why: str = "") -> None:
        self.why = why
        self.proved: tuple[str, ...] = ()

    def again(self) -> Callable[[], SandboxProvider]:
        """See ``SandboxProvider``."""
        return partial(type(self), self.why)

    @contextmanager
    def targets(self) -> Iterator[dict[str, Any]]:
        """What the proof is aimed at, see ``grader.worker.proving``."""
        with on_the_host() as targets:
            yield targets

    def launch(self, modules: Mapping[str, bytes], *, memory_bytes: int, hash_seed: int) -> Sandbox:
        """See ``SandboxProvider``."""
        raise NotImplementedError

    def grow(self, hash_seed: int) -> bool:
        """Each worker starts by itself."""
        return False

    def renew(self) -> None:
        """Nothing is shared."""

    def close(self) -> None:
        """Nothing is shared."""


class LocalSandbox(ProcessSandbox):
    """A worker that jails its forks."""

    def __init__(self, provider: LocalProvider, modules: Mapping[str, bytes], hash_seed: int) -> None:
        self.provider = provider
        self.kind = provider.kind
        self.hash_seed = hash_seed
        super().__init__(modules, hash_seed)

    def path(self) -> list[str]:
        """Return where numpy, msgpack and the worker are: without ``site``, Python finds its own library only."""
        return worker_path()

    def session(self) -> WorkerSession:
        """See ``Sandbox``."""
        if self._session is None:
            try:
                session = super().session()
            except SandboxError as error:
                raise SandboxError(
                    f"the {self.kind} sandbox cannot be had: {error}", cure=self.provider.cure
                ) from error
            if not self.provider.proved:
                with self.provider.targets() as targets:
                    self.provider.proved = prove(session, self.provider.cure, targets)
        assert self._session is not None
        return self._session

    def facts(self) -> SandboxFacts:
        """See ``Sandbox``."""
        told = self.session().facts
        engine = f"{self.provider.engine} on {told.get('system', '')}"
        python, numpy = str(told.get("python", "")), str(told.get("numpy", ""))
        return SandboxFacts(self.kind, engine, "", python, numpy, self.provider.proved, self.provider.why)

    def loss(self) -> Loss:
        """See ``Sandbox``."""
        code = self.process.poll()
        if code is None:
            return Loss(is_ours=False, reason="the worker no longer answers")
        # No fork may signal the worker, so that it was the machine's kernel or somebody on it.
        return Loss(is_ours=self.was_killed(code), reason=f"the worker ended with code {code}")

    def was_killed(self, code: int) -> bool:
        """Whether an exit code says that a signal ended the worker."""
        return code < 0


def started(folder: str, around: str) -> list[str]:
    """Return the arguments of Python that start a worker, without what ``site`` would add.

    Args:
        folder: where forks may write.
        around: what is around it, see ``grader.worker.zygote.main``.
    """
    return ["-S", "-c", f"{_NO_COLLECTION}; from grader.worker.zygote import main; main()", folder, around]


def started_stem(around: str) -> list[str]:
    """Return the arguments of Python that start what workers are forked from, likewise."""
    return ["-S", "-c", f"{_NO_COLLECTION}; from grader.worker.stem import main; main()", around]
