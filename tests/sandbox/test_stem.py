"""Workers that are forked by a process that has numpy loaded: as if each had been started afresh, and as alone."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from grader.errors import SandboxError
from grader.examiner.host import Host
from grader.examiner.subject import Subject
from grader.sandbox.embedded import EmbeddedProvider, EmbeddedSandbox
from grader.sandbox.selftest import REFUSED
from grader.sandbox.session import ForkLimits, WorkerLost
from grader.worker.accounting import descendants
from tests.conftest import is_alive, wait_for

MEMORY_BYTES = 256 * 1024 * 1024
HASH_SEED = 77
SOURCE = dedent(
    """
    import os, sys
    import numpy as np

    def f():
        environment = {key: text for key, text in os.environ.items() if key not in ("HOME", "TMPDIR")}
        drawn = float(np.random.rand())
        return [hash("a text"), sys.path, environment, sorted(sys.modules), os.getcwd() != "/", drawn]
    """
)


@pytest.fixture
def provider() -> Iterator[EmbeddedProvider]:
    try:
        made = EmbeddedProvider()
    except SandboxError as error:
        pytest.skip(str(error))
    yield made
    made.close()


@pytest.fixture
def grown(provider: EmbeddedProvider) -> EmbeddedProvider:
    assert provider.grow(HASH_SEED)
    return provider


def launched(provider: EmbeddedProvider, source: str = "") -> EmbeddedSandbox:
    made = provider.launch({"m": source.encode()}, memory_bytes=MEMORY_BYTES, hash_seed=HASH_SEED)
    assert isinstance(made, EmbeddedSandbox)
    made.session().cpu_seconds()  # it answers once it has taken in the submission
    return made


def answer_of(sandbox: EmbeddedSandbox) -> Any:
    host = Host(sandbox.provider, sandbox.modules, memory_bytes=MEMORY_BYTES, hash_seed=HASH_SEED, sandbox=sandbox)
    conversation = host.begin(ForkLimits(MEMORY_BYTES, 10, 3), lambda name: 5.0, 5.0)
    try:
        return Subject(conversation).m.f()
    finally:
        host.end(conversation)


def worker_of(sandbox: EmbeddedSandbox) -> int:
    """The process whose folder is a sandbox's."""
    assert sandbox.stem is not None
    folders = {Path(f"/proc/{pid}/cwd").resolve(): pid for pid in descendants(sandbox.stem.process.pid)}
    return folders[Path(sandbox.folder).resolve()]


def test_a_submission_finds_what_it_finds_in_a_worker_of_its_own(provider: EmbeddedProvider) -> None:
    """The same order of sets, paths, environment and modules: nothing tells how the worker was started but this."""
    alone = launched(provider, SOURCE)
    provider.grow(HASH_SEED)
    forked = launched(provider, SOURCE)
    try:
        assert alone.stem is None
        assert forked.stem is not None
        first, second = answer_of(alone), answer_of(forked)
        assert [set(second[3]) - set(first[3]), set(first[3]) - set(second[3])] == [{"grader.worker.stem"}, set()]
        assert second[:3] + second[4:] == first[:3] + first[4:]
    finally:
        alone.close()
        forked.close()


def test_the_first_worker_of_a_stem_proves_itself(provider: EmbeddedProvider) -> None:
    launched(provider).close()
    assert provider.proved == REFUSED
    assert provider.grow(HASH_SEED)
    assert provider.proved == ()
    launched(provider).close()
    assert provider.proved == REFUSED
    assert not provider.grow(HASH_SEED)
    assert provider.proved == REFUSED


def test_a_proof_is_aimed_at_the_stem_too(grown: EmbeddedProvider) -> None:
    with grown.targets() as targets:
        assert targets["pids"] == [os.getpid(), grown.stems[HASH_SEED].process.pid]


def test_other_hash_seeds_have_workers_of_their_own(grown: EmbeddedProvider) -> None:
    sandbox = grown.launch({}, memory_bytes=MEMORY_BYTES, hash_seed=HASH_SEED + 1)
    try:
        assert isinstance(sandbox, EmbeddedSandbox)
        assert isinstance(sandbox.process, subprocess.Popen)
    finally:
        sandbox.close()


def test_a_worker_holds_nothing_of_another(grown: EmbeddedProvider) -> None:
    """No descriptor, no session, no folder, and no source of an earlier submission in its memory."""
    first = launched(grown, "SECRET = 'found by nobody else'")
    second = launched(grown, "x = 1")
    try:
        pids = [worker_of(first), worker_of(second)]
        assert len({os.getsid(pid) for pid in pids} - {os.getsid(0)}) == 2
        held = [{os.readlink(entry) for entry in Path(f"/proc/{pid}/fd").iterdir()} for pid in pids]
        shared = {"/dev/null", "anon_inode:[landlock-ruleset]"}
        assert held[0] & held[1] <= shared
        assert not [name for names in held for name in names if name.startswith("socket:") or "pidfd" in name]
        assert b"found by nobody" in memory_of(pids[0])
        assert b"found by nobody" not in memory_of(pids[1])
    finally:
        first.close()
        second.close()


def test_a_worker_ends_with_its_stdin(grown: EmbeddedProvider) -> None:
    sandbox = launched(grown)
    pid = worker_of(sandbox)
    assert sandbox.process.stdin is not None
    sandbox.process.stdin.close()
    assert sandbox.process.wait(30) == 0
    assert not is_alive(pid)
    sandbox.close()
    assert not Path(sandbox.folder).exists()


def test_a_worker_that_was_killed_is_our_fault(grown: EmbeddedProvider) -> None:
    sandbox = launched(grown)
    os.kill(worker_of(sandbox), signal.SIGKILL)
    with pytest.raises(WorkerLost):
        sandbox.session().cpu_seconds()
    assert sandbox.process.wait(30) == -signal.SIGKILL
    assert sandbox.loss().is_ours
    sandbox.close()


def test_a_worker_that_does_not_end_is_killed(grown: EmbeddedProvider, monkeypatch: pytest.MonkeyPatch) -> None:
    sandbox = launched(grown)
    pid = worker_of(sandbox)
    os.kill(pid, signal.SIGSTOP)
    monkeypatch.setattr("grader.sandbox.process._CLOSE_SECONDS", 0.0)
    sandbox.close()
    assert not is_alive(pid)
    assert sandbox.process.poll() == -signal.SIGKILL


def test_a_worker_outlives_its_stem_and_its_end_is_seen(grown: EmbeddedProvider) -> None:
    sandbox = launched(grown, SOURCE)
    pid = worker_of(sandbox)
    grown.stems[HASH_SEED].process.kill()
    grown.stems[HASH_SEED].process.wait()
    assert answer_of(sandbox)
    assert sandbox.process.poll() is None
    sandbox.close()
    wait_for(lambda: not is_alive(pid))


def test_a_stem_that_is_gone_is_told_and_replaced(grown: EmbeddedProvider) -> None:
    launched(grown).close()
    grown.stems[HASH_SEED].process.kill()
    grown.stems[HASH_SEED].process.wait()
    with pytest.raises(SandboxError, match="workers are forked from is gone"):
        launched(grown)
    assert grown.grow(HASH_SEED)
    assert grown.proved == ()
    launched(grown).close()


def test_a_stem_ends_with_those_who_may_ask(grown: EmbeddedProvider) -> None:
    pid = grown.stems[HASH_SEED].process.pid
    launched(grown).close()
    grown.close()
    assert not is_alive(pid)


def memory_of(pid: int) -> bytes:
    """What a process holds in writable memory of its own (proc(5), maps and mem)."""
    found = []
    with open(f"/proc/{pid}/maps", encoding="utf-8") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for line in maps:
            (
                bounds,
                rights,
                *_,
            ) = line.split()
            start, end = (int(text, 16) for text in bounds.split("-"))
            if rights.startswith("rw"):
                memory.seek(start)
                found.append(memory.read(end - start))
    return b"".join(found)
