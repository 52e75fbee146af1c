"""The sandboxes without an engine: what they refuse, what they let honest code do, and that their proof can fail."""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from grader.bank import Bank
from grader.errors import SandboxError
from grader.examiner.conversation import SubjectLost
from grader.examiner.host import Host
from grader.examiner.subject import CandidateError, Subject
from grader.models import Outcome
from grader.sandbox import SandboxProvider
from grader.sandbox.choosing import choose
from grader.sandbox.process import ProcessProvider
from grader.sandbox.selftest import REFUSED, on_the_host, prove
from grader.sandbox.session import ForkLimits
from grader.validation.specimens import load_specimens
from grader.worker.accounting import descendants
from tests.conftest import GROWN, LOCAL_KINDS, ROOT, Grader, ToyBank, chosen, is_alive, wait_for, without_times

BANK = Bank(ROOT)
NAMES = [assignment.name for assignment in BANK.assessment.assignments]
MEGABYTE = 1024 * 1024
NO_ENGINE = {"DOCKER_HOST": "unix:///nonexistent.sock"}
ENGINES = {"bubblewrap": "bubblewrap ", "embedded": "Landlock "}


def can_be_had(kind: str) -> bool:
    """Whether the kernel has what it takes."""
    try:
        choose(kind, lambda text: None)
    except SandboxError:
        return False
    return True


@pytest.fixture(params=[*LOCAL_KINDS, GROWN])
def provider(request: pytest.FixtureRequest) -> Iterator[SandboxProvider]:
    try:
        made = chosen(request.param, 0)
    except SandboxError as error:
        pytest.skip(str(error))
    yield made
    made.close()


@pytest.fixture(params=LOCAL_KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    if not can_be_had(request.param):
        pytest.skip(f"{request.param} cannot be had")
    return str(request.param)


@pytest.fixture
def bench(provider: SandboxProvider) -> Iterator[Callable[[str, str], tuple[Any, Any]]]:
    """Run a function ``f`` of some source in a sandbox; return what came back and what became of the process."""
    hosts = []

    def run(source: str, said: str = "") -> tuple[Any, Any]:
        host = Host(provider, {"m": dedent(source).encode()}, memory_bytes=256 * MEGABYTE, hash_seed=0)
        hosts.append(host)
        conversation = host.begin(ForkLimits(256 * MEGABYTE, 10, 0), lambda name: 5.0, 5.0)
        try:
            answer = Subject(conversation).m.f()
        except (SubjectLost, CandidateError) as error:
            answer = error
        return answer, host.end(conversation)

    yield run
    for host in hosts:
        host.close()


def test_a_report_says_what_was_proved(grader: Grader, toy_bank: ToyBank, kind: str) -> None:
    command = ("score", toy_bank.reference, "--bank", toy_bank.root, "--sandbox", kind, "--format", "json")
    done = grader(*command)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)["provenance"]
    assert (told["sandbox"], told["proved"], told["sandbox_why"]) == (kind, list(REFUSED), "")
    assert told["engine"].startswith(ENGINES[kind])


def test_without_an_engine_it_is_chosen_and_says_so(
    grader: Grader, toy_bank: ToyBank, tmp_path: Path, kind: str
) -> None:
    """Bubblewrap before the embedded sandbox, which is for machines without it."""
    command = ("score", toy_bank.reference, "--bank", toy_bank.root, "--format", "json")
    path = {"bubblewrap": os.environ["PATH"], "embedded": str(tmp_path)}[kind]
    done = grader(*command, env=NO_ENGINE | {"PATH": path})
    assert done.returncode == 0, done.stderr
    assert f"the {kind} sandbox is used" in done.stderr
    told = json.loads(done.stdout)["provenance"]
    assert told["sandbox"] == kind
    assert "no Docker engine answers" in told["sandbox_why"]
    assert ("bubblewrap is not installed" in told["sandbox_why"]) == (kind == "embedded")


def test_whoever_names_a_runtime_wants_docker_and_nothing_else(grader: Grader, toy_bank: ToyBank) -> None:
    command = ("score", toy_bank.reference, "--bank", toy_bank.root)
    for options, more in ((["--docker-runtime", "runsc"], {}), ([], {"GRADER_DOCKER_RUNTIME": "runsc"})):
        done = grader(*command, *options, env=NO_ENGINE | more)
        assert (done.returncode, done.stdout) == (3, "")
        assert "no Docker engine answers" in done.stderr


def test_what_the_worker_is_made_of_may_lie_in_the_folder_for_temporary_files(
    toy_bank: ToyBank, tmp_path: Path, kind: str
) -> None:
    shutil.copytree(ROOT / "grader", tmp_path / "grader")
    command = ["score", toy_bank.reference, "--bank", toy_bank.root, "--sandbox", kind]
    done = subprocess.run(
        [sys.executable, "-m", "grader", *map(str, command)], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.docker
@pytest.mark.parametrize(
    "source",
    [
        "def mean(X):\n    return X.mean(axis=1)\n",
        "def mean(X):\n    print('x' * 100)\n    return X[len(X)]\n",
        "def mean(X):\n    return [0.0] * 2**40\n",
        "import nonexistent\n",
        "import sklearn\n",
        "def mean(X)\n",
        "import os\ndef mean(X):\n    os.abort()\n",
    ],
)
def test_the_report_is_that_of_docker(grader: Grader, toy_bank: ToyBank, source: str, kind: str) -> None:
    told = []
    for sandbox in ("docker", kind):
        folder = toy_bank.submission(source)
        command = ("score", folder, "--bank", toy_bank.root, "--seed", "5", "--format", "json", "--sandbox", sandbox)
        report = without_times(grader(*command).stdout)
        report.pop("provenance")
        told.append(report)
    assert told[0] == told[1]


@pytest.mark.docker
@pytest.mark.parametrize("name", NAMES)
def test_right_and_wrong_solutions_get_the_report_that_docker_gives(
    grader: Grader, tmp_path: Path, name: str
) -> None:
    """The reference, and one of the mistakes, of each assignment of the take-home."""
    kinds = ["docker", *filter(can_be_had, LOCAL_KINDS)]
    if len(kinds) < 2:
        pytest.skip("this kernel has neither Landlock nor namespaces")
    kept = load_specimens(BANK, BANK.assignment(name))
    for specimen in (kept.reference, kept.mistakes[len(kept.mistakes) // 2]):
        folder = tmp_path / specimen.id.replace(":", "-")
        folder.mkdir()
        for module, source in specimen.modules.items():
            (folder / f"{module}.py").write_bytes(source)
        command = ("score", folder, "--bank", ROOT, "--assignment", name, "--seed", "6", "--format", "json")
        told = [without_times(grader(*command, "--sandbox", kind).stdout) for kind in kinds]
        for report in told:
            report.pop("provenance")
        assert all(report == told[0] for report in told[1:])


def test_the_proof_fails_where_nothing_contains() -> None:
    """A worker as a plain process does not hold, and the proof says in which respects, and does no harm."""
    limit = resource.getrlimit(resource.RLIMIT_CPU)
    provider = ProcessProvider()
    sandbox = provider.launch({}, memory_bytes=256 * MEGABYTE, hash_seed=0)
    try:
        with on_the_host() as targets, pytest.raises(SandboxError, match="reading outside") as raised:
            prove(sandbox.session(), "a cure", targets)
        assert not [path for folder in targets["folders"] for path in Path(folder).glob("made-by-a-submission*")]
    finally:
        sandbox.close()
    assert resource.getrlimit(resource.RLIMIT_CPU) == limit
    assert "tracing" not in str(raised.value)
    assert raised.value.cure == "a cure"


def test_honest_code_finds_what_a_container_has(bench: Callable[..., tuple[Any, Any]]) -> None:
    answer, aftermath = bench(
        """
        import os, tempfile, threading, time

        def f():
            import colorsys, csv, ctypes, decimal, json, lzma, sqlite3, ssl, statistics, uuid, zoneinfo
            import numpy.ma.mrecords, numpy.testing
            found = []
            thread = threading.Thread(target=lambda: found.append("thread"))
            thread.start()
            thread.join()
            with tempfile.TemporaryFile() as stream:
                stream.write(b"x" * 1000)
                found.append(stream.tell())
            with tempfile.TemporaryDirectory() as folder:
                open(os.path.join(folder, "a"), "w").close()
                found.append(os.listdir(folder))
            with open("relative", "w") as stream:
                stream.write("y")
            found.append(open("relative").read())
            found.append(len(os.urandom(8)) + time.localtime().tm_mon * 0)
            return found
        """
    )
    assert answer == ["thread", 1000, ["a"], "y", 8]
    assert aftermath.loss is None


@pytest.mark.parametrize("name", ["sklearn", "docker", "pytest", "grader.cli", "tests"])
def test_what_else_is_installed_here_is_not_there(bench: Callable[..., tuple[Any, Any]], name: str) -> None:
    answer, _ = bench(
        f"""
        def f():
            try:
                import {name}
            except ImportError as error:
                return type(error).__name__
        """
    )
    assert answer == "ModuleNotFoundError"


@pytest.mark.parametrize(
    "step",
    [
        "open(str(n), 'wb').write(b'x' * 2**20)",
        "open(str(n), 'w').close()",
        "os.mkdir('d'); os.chdir('d')",
        "os.mkdir(str(n), 0o300); open(f'{n}/x', 'w').close()",
        "kept.append(open('one', 'wb')); kept[-1].write(b'x' * 2**20); os.unlink('one'); kept[100:] = []",
        "f = open(str(n), 'wb'); f.truncate(2**25); f.seek(2**24); f.write(b'x' * 2**20)",
    ],
    ids=["bytes", "files", "folders in folders", "closed folders", "without a name", "sparse"],
)
def test_a_test_that_fills_the_disk_is_ended(
    bench: Callable[..., tuple[Any, Any]], step: str, provider: SandboxProvider
) -> None:
    answer, aftermath = bench(
        f"""
        import os

        def f():
            n, kept = 0, []
            while True:
                {step}
                n += 1
        """
    )
    if provider.kind == "bubblewrap" and aftermath.loss is None:  # its file system is small and says so
        assert "No space left on device" in str(answer)
        return
    assert aftermath.loss is not None
    assert aftermath.loss.outcome is Outcome.CRASHED
    assert "wrote more to disk" in aftermath.loss.message


def test_what_a_test_leaves_beside_its_home_is_gone(provider: SandboxProvider) -> None:
    """Where forks are not root's, they may write there."""
    source = """
        import os

        def f():
            found = []
            for folder in (os.environ["HOME"], os.path.dirname(os.environ["HOME"])):
                try:
                    found += [name for name in os.listdir(folder) if name.startswith("left")]
                    open(os.path.join(folder, "left"), "w").close()
                    os.mkdir(os.path.join(folder, "left-too"))
                except OSError:
                    pass
            return found
        """
    answers, host = [], Host(provider, {"m": dedent(source).encode()}, memory_bytes=2**28, hash_seed=0)
    try:
        for _ in range(2):
            conversation = host.begin(ForkLimits(2**28, 10, 0), lambda name: 5.0, 5.0)
            answers.append(Subject(conversation).m.f())
            host.end(conversation)
    finally:
        host.close()
    assert answers == [[], []]


def test_nothing_outlives_the_worker(bench: Callable[..., tuple[Any, Any]]) -> None:
    """The kernel ends a fork whose worker is gone, and the fork cannot have it otherwise (prctl(2))."""
    answer, _ = bench(
        """
        import ctypes

        def f():
            libc = ctypes.CDLL(None, use_errno=True)
            signal = ctypes.c_int()
            libc.prctl(2, ctypes.byref(signal))
            return signal.value, libc.prctl(1, 0), libc.prctl(4, 0), libc.prctl(15, b"renamed")
        """
    )
    assert answer == (signal.SIGKILL, -1, -1, 0)


def test_a_flood_of_output_is_no_flood_of_the_disk(bench: Callable[..., tuple[Any, Any]]) -> None:
    answer, aftermath = bench(
        """
        def f():
            for _ in range(100):
                print("x" * 2**20)
            return 1
        """
    )
    assert (answer, aftermath.loss) == (1, None)


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGKILL])
def test_a_run_that_is_ended_leaves_no_process(
    toy_bank: ToyBank, tmp_path: Path, kind: str, sent: signal.Signals
) -> None:
    looping = toy_bank.submission("import time\nwhile True:\n    time.sleep(0.01)\n")
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    command = [sys.executable, "-m", "grader", "score", str(looping), "--bank", str(toy_bank.root)]
    with subprocess.Popen(
        [*command, "--sandbox", kind],
        env=os.environ | {"TMPDIR": str(temporary)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        below = wait_for(lambda: len(found := descendants(process.pid)) >= 2 and found)
        process.send_signal(sent)
        process.wait(30)
    wait_for(lambda: not any(is_alive(pid) for pid in below))
    if sent == signal.SIGTERM:
        assert not list(temporary.iterdir())
