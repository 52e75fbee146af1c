"""The Docker sandbox, with a real engine and real containers."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import select
import signal
import socket
import socketserver
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any

import numpy as np
import pytest

from grader.errors import SandboxError
from grader.examiner.conversation import SubjectLost
from grader.examiner.host import Aftermath, Host
from grader.examiner.subject import Subject
from grader.models import Outcome
from grader.sandbox.docker import DockerProvider, Event, connect, identify, whose_loss
from grader.sandbox.image import recipe
from grader.sandbox.leftovers import owner
from grader.sandbox.seccomp import profile
from grader.sandbox.selftest import REFUSED
from grader.sandbox.session import ForkLimits
from tests.conftest import STARTED, Grader, ToyBank, wait_for

pytestmark = pytest.mark.docker

MEGABYTE = 1024 * 1024
Containers = Callable[..., list[str]]


class Bench:
    """A submission in a container, one process at a time."""

    def __init__(self, provider: DockerProvider, source: str) -> None:
        self.host = Host(provider, {"toy": dedent(source).encode()}, memory_bytes=256 * MEGABYTE, hash_seed=1)

    @contextlib.contextmanager
    def test(self, call_seconds: float = 5.0) -> Iterator[tuple[Subject, list[Aftermath]]]:
        """Begin a fresh process; what became of it is in the list once the block is left."""
        conversation = self.host.begin(ForkLimits(256 * MEGABYTE, 20, 1), lambda function: call_seconds, 20.0)
        aftermath: list[Aftermath] = []
        try:
            yield Subject(conversation), aftermath
        finally:
            aftermath.append(self.host.end(conversation))

    @property
    def container(self) -> str:
        assert self.host.sandbox is not None
        return str(self.host.sandbox.container)  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def provider() -> Iterator[DockerProvider]:
    made = DockerProvider(lambda text: None)
    yield made
    made.close()


@pytest.fixture
def bench(provider: DockerProvider, containers: Containers) -> Iterator[Callable[[str], Bench]]:
    made: list[Bench] = []

    def make(source: str) -> Bench:
        made.append(Bench(provider, source))
        return made[-1]

    yield make
    for entry in made:
        entry.host.close()
    assert containers() == []


def test_talking_to_the_engine_does_not_depend_on_the_environment(
    provider: DockerProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sandboxes start in threads, while pytest writes into the environment which test it is at."""

    def changed_meanwhile() -> Iterator[str]:
        raise KeyError("PYTEST_CURRENT_TEST")

    monkeypatch.setattr(type(os.environ), "__iter__", lambda self: changed_meanwhile())
    with pytest.raises(KeyError):
        list(os.environ)
    with contextlib.closing(provider.launch({"toy": b"x = 1"}, memory_bytes=2**28, hash_seed=0)) as sandbox:
        assert sandbox.facts().kind == "docker"


def test_the_container_is_hardened(bench: Callable[[str], Bench], provider: DockerProvider) -> None:
    subject = bench("")
    subject.host.facts()
    found = provider.api.inspect_container(subject.container)
    host = found["HostConfig"]
    assert host["NetworkMode"] == "none"
    assert host["IpcMode"] == "none"
    assert host["ReadonlyRootfs"] is True
    assert host["CapDrop"] == ["ALL"]
    assert sorted(host["CapAdd"]) == ["KILL", "SETGID", "SETUID"]
    assert host["SecurityOpt"] == ["no-new-privileges", f"seccomp={profile()}"]
    assert host["PidsLimit"] == 64
    assert host["Memory"] == host["MemorySwap"] == 512 * MEGABYTE
    assert host["LogConfig"]["Type"] == "none"
    assert host["AutoRemove"] is True
    assert set(host["Tmpfs"]["/tmp"].split(",")) >= {"size=64m", "nr_inodes=4096", "mode=1777"}
    assert not host["Binds"]
    assert not found["Mounts"]


def test_a_fork_has_a_user_of_its_own_and_no_capability(bench: Callable[[str], Bench]) -> None:
    subject = bench(
        """
        import os
        def who(): return os.getresuid(), os.getresgid(), os.getgroups()
        def status():
            return {k: v.strip() for k, v in (line.split(":", 1) for line in open("/proc/self/status"))}
        """
    )
    seen = []
    for _ in range(2):
        with subject.test() as (candidate, _):
            (uids, gids, groups), status = candidate.toy.who(), candidate.toy.status()
        assert len(set(uids)) == len(set(gids)) == 1
        assert uids[0] >= 200_000
        assert groups == []
        assert {int(status[key], 16) for key in ("CapInh", "CapPrm", "CapEff", "CapAmb")} == {0}
        assert status["NoNewPrivs"] == "1"
        seen.append(uids[0])
    assert seen[0] != seen[1]


def test_nothing_is_left_from_test_to_test(bench: Callable[[str], Bench]) -> None:
    """Module state, files of any depth and mode, and processes are gone."""
    subject = bench(
        """
        import os, subprocess, time
        seen = []
        def leave():
            seen.append(1)
            os.makedirs("/tmp/a/b/c")
            open("/tmp/a/b/c/file", "w").write("x")
            os.chmod("/tmp/a/b", 0)
            os.chmod("/tmp/a", 0)
            here = "/tmp/deep"
            os.mkdir(here); os.chdir(here)
            for _ in range(1200):
                os.mkdir("d"); os.chdir("d")
            if os.fork() == 0:
                os.setsid()
                if os.fork() == 0:
                    time.sleep(1000)
                os._exit(0)
            return len(seen)
        def look():
            seen.append(1)
            pids = [p for p in os.listdir("/proc") if p.isdigit()]
            return len(seen), os.listdir("/tmp"), len(pids)
        """
    )
    with subject.test() as (candidate, _):
        assert candidate.toy.leave() == 1
    with subject.test() as (candidate, _):
        assert candidate.toy.look() == (1, [], 2)


def test_system_v_and_posix_queues_cannot_carry_anything_over(bench: Callable[[str], Bench]) -> None:
    subject = bench(
        """
        import ctypes, os
        libc = ctypes.CDLL(None, use_errno=True)
        def make():
            found = []
            for call in (
                lambda: libc.shmget(4242, 4096, 0o1666),
                lambda: libc.msgget(4242, 0o1666),
                lambda: libc.semget(4242, 1, 0o1666),
                lambda: libc.mq_open(b"/left", os.O_CREAT | os.O_RDWR, 0o666, None),
            ):
                found.append(call() >= 0)
            return found
        """
    )
    with subject.test() as (candidate, _):
        assert candidate.toy.make() == [False] * 4


def test_cpu_time_counts_threads_children_and_orphans(bench: Callable[[str], Bench]) -> None:
    subject = bench(
        """
        import os, time
        def burn():
            end = time.process_time() + 0.3
            while time.process_time() < end: pass
        def hide():
            reading, writing = os.pipe()
            if os.fork() == 0:
                if os.fork() == 0:
                    burn()
                    os.write(writing, b"x")
                os._exit(0)
            os.wait()
            os.read(reading, 1)
            return True
        """
    )
    with subject.test() as (candidate, aftermath), candidate.stopwatch() as watch:
        assert candidate.toy.hide()
    assert watch.cpu_seconds > 0.28
    assert aftermath[0].cpu_seconds > 0.28


def test_memory_beyond_the_limit_is_a_memory_error(bench: Callable[[str], Bench]) -> None:
    subject = bench("def take(n):\n    return len(bytearray(n))\n")
    with subject.test() as (candidate, _):
        assert candidate.toy.take(100 * MEGABYTE) == 100 * MEGABYTE
        with pytest.raises(MemoryError):
            candidate.toy.take(400 * MEGABYTE)
        assert candidate.toy.take(10) == 10


def test_processes_that_take_all_memory_together_cost_their_own_test_alone(bench: Callable[[str], Bench]) -> None:
    subject = bench(
        """
        import os, time
        def take():
            for _ in range(6):
                if os.fork() == 0:
                    held = bytearray(150 * 2**20)
                    time.sleep(1000)
            held = bytearray(150 * 2**20)
            time.sleep(1000)
        def fine(): return 7
        """
    )
    with subject.test(call_seconds=2) as (candidate, aftermath), contextlib.suppress(SubjectLost):
        candidate.toy.take()
    assert aftermath[0].loss is not None
    assert aftermath[0].loss.outcome in (Outcome.OUT_OF_MEMORY, Outcome.TIMEOUT)
    with subject.test() as (candidate, _):
        assert candidate.toy.fine() == 7


def test_a_kernel_kill_is_out_of_memory_only_if_memory_ran_out(bench: Callable[[str], Bench]) -> None:
    """A SIGKILL together with the cgroup's count of kills; a SIGKILL alone is something else."""
    subject = bench(
        """
        import os, subprocess, sys
        def take():
            held = bytearray(230 * 2**20)
            held[::4096] = b"x" * len(held[::4096])
            grab = "held = bytearray(120 * 2**20); held[::4096] = b'x' * len(held[::4096]); input()"
            others = [subprocess.Popen([sys.executable, "-c", grab], stdin=subprocess.PIPE) for _ in range(5)]
            for other in others:
                other.wait()
        def kill_itself(): os.kill(os.getpid(), 9)
        def use_up(): os.kill(os.getpid(), 24)
        """
    )
    outcomes = []
    for name in ("take", "kill_itself", "use_up"):
        with subject.test() as (candidate, aftermath), contextlib.suppress(SubjectLost):
            getattr(candidate.toy, name)()
        assert aftermath[0].loss is not None
        outcomes.append(aftermath[0].loss.outcome)
    assert outcomes == [Outcome.OUT_OF_MEMORY, Outcome.CRASHED, Outcome.TIMEOUT]


def test_a_loop_ends_at_its_limit_and_the_next_test_runs(bench: Callable[[str], Bench]) -> None:
    subject = bench("def loop():\n    while True: pass\ndef fine():\n    return 7\n")
    with subject.test(call_seconds=0.5) as (candidate, aftermath), contextlib.suppress(SubjectLost):
        candidate.toy.loop()
    assert aftermath[0].loss is not None
    assert aftermath[0].loss.outcome is Outcome.TIMEOUT
    with subject.test() as (candidate, _):
        assert candidate.toy.fine() == 7


def test_output_is_kept_and_bounded(bench: Callable[[str], Bench]) -> None:
    subject = bench(
        """
        import os
        def speak(): print("hello", end="")
        def flood():
            for _ in range(100):
                os.write(1, b"x" * 65536)
        def silent(): os.close(1); os.close(2); return 1
        """
    )
    with subject.test() as (candidate, aftermath):
        candidate.toy.speak()
    assert aftermath[0].output == "hello"
    with subject.test() as (candidate, aftermath):
        candidate.toy.flood()
    assert aftermath[0].output.startswith("xxxx")
    assert len(aftermath[0].output) < 20_000
    assert "bytes more" in aftermath[0].output
    with subject.test() as (candidate, _):
        assert candidate.toy.silent() == 1


def test_large_arrays_travel_both_ways(bench: Callable[[str], Bench]) -> None:
    subject = bench("def double(x):\n    return x + x\n")
    big = np.arange(4_000_000, dtype=np.float64)
    with subject.test() as (candidate, _):
        assert np.array_equal(candidate.toy.double(big), big + big)


def test_the_image_holds_nothing_of_ours_but_the_worker(bench: Callable[[str], Bench]) -> None:
    subject = bench(
        """
        import os, importlib.util
        def ours(): return sorted(f for _, _, files in os.walk("/opt/worker") for f in files if f.endswith(".py"))
        def has(name): return importlib.util.find_spec(name) is not None
        def environment(): return dict(os.environ)
        """
    )
    with subject.test() as (candidate, _):
        files = candidate.toy.ours()
        assert {"zygote.py", "fork.py", "values.py"} <= set(files)
        assert not {"plugin.py", "oracle.py", "scoring.py", "cli.py"} & set(files)
        assert [candidate.toy.has(name) for name in ("numpy", "sklearn", "scipy", "pytest", "pip")] == [
            *(True, False, False, False, False)
        ]
        known = {"PATH", "PYTHONPATH", "PYTHONHASHSEED", "HOSTNAME", "HOME", "TMPDIR", "LANG"}
        assert all(k in known or k.startswith(("PYTHON", "OPENBLAS", "OMP")) for k in candidate.toy.environment())


def test_a_container_that_is_removed_by_hand_is_our_failure(
    bench: Callable[[str], Bench], provider: DockerProvider
) -> None:
    subject = bench("import time\ndef wait():\n    time.sleep(1000)\n")
    subject.host.facts()
    conversation = subject.host.begin(ForkLimits(256 * MEGABYTE, 20, 1), lambda function: 5.0, 20.0)
    threading.Timer(0.3, provider.api.remove_container, [subject.container], {"force": True}).start()
    with pytest.raises(SubjectLost):
        Subject(conversation).toy.wait()
    with pytest.raises(SandboxError, match="lost"):
        subject.host.end(conversation)


def test_a_worker_that_the_submission_ends_costs_its_own_test_alone(bench: Callable[[str], Bench]) -> None:
    """Nothing that a fork may do ends the worker; what does so all the same is not ours to answer for."""
    subject = bench("def fine():\n    return 7\n")
    subject.host.facts()
    conversation = subject.host.begin(ForkLimits(256 * MEGABYTE, 20, 1), lambda function: 5.0, 20.0)
    assert Subject(conversation).toy.fine() == 7
    conversation.session._send(99, b"")  # type: ignore[arg-type]  # as a worker that was taken over would: it ends
    with pytest.raises(SubjectLost):
        Subject(conversation).toy.fine()
    aftermath = subject.host.end(conversation)
    assert aftermath.loss is not None
    assert aftermath.loss.outcome is Outcome.CRASHED
    with subject.test() as (candidate, _):
        assert candidate.toy.fine() == 7


@pytest.mark.parametrize(
    ("history", "is_ours", "out_of_memory"),
    [
        ([("start", {}), ("oom", {}), ("die", {"exitCode": "137"})], False, True),
        ([("start", {}), ("oom", {}), ("die", {"exitCode": "1"})], False, False),
        ([("start", {}), ("die", {"exitCode": "1"}), ("destroy", {})], False, False),
        ([("start", {}), ("kill", {"signal": "9"}), ("die", {"exitCode": "137"})], True, False),
        ([("start", {}), ("die", {"exitCode": "137"})], True, False),
        ([("start", {})], True, False),
        ([], True, False),
    ],
)
def test_whose_loss_it_was(history: list[Event], is_ours: bool, out_of_memory: bool) -> None:
    loss = whose_loss(history)
    assert (loss.is_ours, loss.out_of_memory) == (is_ours, out_of_memory)


def test_score_in_docker_leaves_no_container_and_records_where_it_ran(
    grader: Grader, toy_bank: ToyBank, containers: Containers
) -> None:
    done = grader("score", toy_bank.reference, "--bank", toy_bank.root, "--format", "json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)["provenance"]
    assert told["sandbox"] == "docker"
    assert told["image"].startswith("sha256:")
    assert told["engine"].startswith("Docker ")
    assert containers() == []


def test_a_remote_engine_over_tcp_works_too(grader: Grader, toy_bank: ToyBank, containers: Containers) -> None:
    """No bind mount, no shared socket: everything goes through the attach connection."""
    with forwarded("/var/run/docker.sock") as (port, _):
        done = grader(
            *("score", toy_bank.reference, "--bank", toy_bank.root), env={"DOCKER_HOST": f"tcp://127.0.0.1:{port}"}
        )
    assert done.returncode == 0, done.stderr
    assert containers() == []


def test_a_rootless_engines_socket_is_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setattr("grader.sandbox.docker._host_of_context", lambda: f"unix://{tmp_path}/nothing.sock")
    (tmp_path / "podman").mkdir()
    (tmp_path / "podman" / "podman.sock").symlink_to("/var/run/docker.sock")
    with contextlib.closing(connect()) as api:
        assert identify(api).name in ("Docker", "Podman")


@pytest.mark.parametrize(
    ("components", "expected", "takes_profiles"),
    [
        ([{"Name": "Engine", "Version": "28.2.2"}, {"Name": "containerd"}], "Docker 28.2.2", True),
        ([{"Name": "Podman Engine", "Version": "4.3.1"}, {"Name": "Conmon"}], "Podman 4.3.1", False),
    ],
)
def test_podman_is_told_apart(components: list[dict[str, str]], expected: str, takes_profiles: bool) -> None:
    class Api:
        def version(self) -> dict[str, Any]:
            return {"Version": components[0]["Version"], "Components": components}

    engine = identify(Api())
    assert str(engine) == expected
    assert bool(engine.seccomp) == ("nr_inodes" in engine.tmpfs["/tmp"]) == takes_profiles


def test_the_profile_of_the_container_refuses_what_nobody_needs(bench: Callable[[str], Bench]) -> None:
    """Calls that the engine's own profile lets through, and each fork's filter too."""
    subject = bench(
        """
        import ctypes, errno, os

        def tried():
            libc, found = ctypes.CDLL(None, use_errno=True), {}
            for name, arguments in {
                "memfd_create": (b"x", 0), "vmsplice": (1, None, 0, 0), "personality": (0xFFFFFFFF,),
                "adjtimex": (bytes(256),), "inotify_init": (), "mknod": (b"fifo", 0o10600, 0),
            }.items():
                ctypes.set_errno(0)
                result = getattr(libc, name)(*arguments)
                found[name] = errno.errorcode.get(ctypes.get_errno()) if result < 0 else "done"
            return found
        """
    )
    with subject.test() as (candidate, _):
        assert set(candidate.toy.tried().values()) == {"EPERM"}


def test_an_engine_that_goes_away_in_the_middle_scores_nobody(
    grader: Grader, toy_bank: ToyBank, containers: Containers
) -> None:
    """The container notices that nobody speaks to it any more, and goes too; the next run works."""
    looping = toy_bank.submission("import time\nwhile True:\n    time.sleep(0.01)\n")
    with forwarded("/var/run/docker.sock") as (port, cut):
        command = [sys.executable, "-m", "grader", "score", looping, "--bank", toy_bank.root]
        environment = os.environ | {"DOCKER_HOST": f"tcp://127.0.0.1:{port}"}
        process = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        STARTED.add(process.pid)
        try:
            wait_for(lambda: containers(running=True))
            cut()
            stdout, stderr = process.communicate(timeout=120)
        finally:
            process.kill()
            process.communicate()
    assert (process.returncode, stdout) == (3, ""), stderr
    assert "Traceback" not in stderr
    wait_for(lambda: not containers())
    assert grader("score", toy_bank.reference, "--bank", toy_bank.root).returncode == 0


def test_an_image_that_was_deleted_is_built_again(
    grader: Grader, toy_bank: ToyBank, provider: DockerProvider
) -> None:
    """On a base image of its own, so that no other test's image goes: the same base would give the same image."""
    base = f"grader-test-base:{os.getpid()}"
    made_of = io.BytesIO(f"FROM {provider.base_image}\nLABEL grader.test={base}\n".encode())
    list(provider.api.build(fileobj=made_of, tag=base, rm=True, decode=True))
    command = ("score", toy_bank.reference, "--bank", toy_bank.root, "--format", "json")
    try:
        for keeps_layers in (True, False):
            done = grader(*command, env={"GRADER_BASE_IMAGE": base})
            assert done.returncode == 0, done.stderr
            assert "building the sandbox image" in done.stderr
            provider.api.remove_image(recipe(base).tag, force=True, noprune=keeps_layers)
    finally:
        provider.api.remove_image(base, force=True)


def test_an_image_that_goes_before_it_is_used_scores_nobody(provider: DockerProvider) -> None:
    gone = DockerProvider(lambda text: None, image=f"sha256:{'0' * 64}")
    sandbox = gone.launch({}, memory_bytes=64 * MEGABYTE, hash_seed=1)
    try:
        with pytest.raises(SandboxError, match=r"did not start.*[Nn]o such image"):
            sandbox.session()
    finally:
        sandbox.close()
        gone.close()


def test_a_runtime_is_passed_through_and_told(grader: Grader, toy_bank: ToyBank) -> None:
    command = ("score", toy_bank.reference, "--bank", toy_bank.root, "--format", "json", "--docker-runtime")
    done = grader(*command, "runc")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["provenance"]["engine"].endswith(" with the runtime runc")


def test_a_runtime_that_the_engine_has_not_scores_nobody(
    grader: Grader, toy_bank: ToyBank, containers: Containers
) -> None:
    done = grader("score", toy_bank.reference, "--bank", toy_bank.root, "--docker-runtime", "nonexistent")
    assert (done.returncode, done.stdout) == (3, "")
    assert "nonexistent" in done.stderr
    assert "docker info" in done.stderr
    assert containers() == []


def test_what_is_proved_of_a_container_is_in_the_report(grader: Grader, toy_bank: ToyBank) -> None:
    done = grader("score", toy_bank.reference, "--bank", toy_bank.root, "--format", "json", "--sandbox", "docker")
    assert json.loads(done.stdout)["provenance"]["proved"] == list(REFUSED)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"Memory": 0, "MemorySwap": 0}, "memory_limit"),
        ({"PidsLimit": -1}, "pids_limit"),
    ],
)
def test_an_engine_that_does_not_do_what_it_is_told_is_refused(
    provider: DockerProvider,
    containers: Containers,
    monkeypatch: pytest.MonkeyPatch,
    changed: dict[str, object],
    said: str,
) -> None:
    """As rootless engines do without cgroups: they take a limit and leave it out."""
    real = provider.api.create_container
    monkeypatch.setattr(
        provider.api,
        "create_container",
        lambda image, host_config, **more: real(image, host_config=host_config | changed, **more),
    )
    sandbox = provider.launch({}, memory_bytes=256 * MEGABYTE, hash_seed=1)
    try:
        with pytest.raises(SandboxError, match=f"does not enforce.*{said}"):
            sandbox.session()
    finally:
        sandbox.close()
    assert containers() == []


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_run_that_is_ended_leaves_no_container(
    toy_bank: ToyBank, containers: Containers, sent: signal.Signals
) -> None:
    looping = toy_bank.submission("import time\nwhile True:\n    time.sleep(0.01)\n")
    process = subprocess.Popen(
        [sys.executable, "-m", "grader", "score", looping, "--bank", toy_bank.root],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    STARTED.add(process.pid)
    try:
        wait_for(lambda: containers(running=True))
        process.send_signal(sent)
        stdout, _ = process.communicate(timeout=60)
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == (-9 if sent == signal.SIGKILL else 130)
    assert not stdout
    wait_for(lambda: not containers())


def test_removal_waits_where_the_engine_removes_by_itself(provider: DockerProvider, containers: Containers) -> None:
    """A worker that ends at the same moment makes the engine answer 409; the container is gone all the same."""
    for _ in range(5):
        sandbox = provider.launch({}, memory_bytes=64 * MEGABYTE, hash_seed=1)
        sandbox.session().quit()
        sandbox.close()
        assert containers() == []


def test_doctor_finds_all_well_and_clears_what_a_killed_run_left(
    grader: Grader, toy_bank: ToyBank, provider: DockerProvider
) -> None:
    abandoned, in_use = (
        provider.api.create_container(provider.image, labels={"grader": "1", "grader.owner": mark})["Id"]
        for mark in (f"{socket.gethostname()}:999999999:1", owner())
    )
    try:
        done = grader("doctor", "--bank", toy_bank.root)
        assert done.returncode == 0, done.stdout + done.stderr
        assert re.search(r"leftover containers: \d+ removed, \d+ in use by other runs", done.stdout)
        left = [entry["Id"] for entry in provider.api.containers(all=True)]
        assert in_use in left
        assert abandoned not in left
    finally:
        for container in (abandoned, in_use):
            with contextlib.suppress(Exception):
                provider.api.remove_container(container, force=True)


@contextlib.contextmanager
def forwarded(path: str) -> Iterator[tuple[int, Callable[[], None]]]:
    """A TCP port on loopback that leads to a Unix socket, whatever is connected to it; and what cuts it off."""
    ended: list[socket.socket] = []

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with socket.socket(socket.AF_UNIX) as far:
                far.connect(path)
                ended.extend([self.request, far])
                ends = {self.request: far, far: self.request}
                while ends:
                    for source in select.select(list(ends), [], [])[0]:
                        if data := source.recv(1 << 16):
                            ends[source].sendall(data)
                        else:
                            ends.pop(source).shutdown(socket.SHUT_WR)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """A connection that a client drops is no news."""

    with Server(("127.0.0.1", 0), Handler) as server:

        def cut() -> None:
            server.shutdown()
            server.socket.close()
            for end in ended:
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1], cut
        cut()
