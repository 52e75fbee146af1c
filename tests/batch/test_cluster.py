"""Workers of a real Dask scheduler, in processes of their own on this machine: the same results, and nothing lost."""

from __future__ import annotations

import gc
import os
import pickle
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import dask
import pytest
from distributed import Client, LocalCluster, Security

from grader.archive import unzipped, zipped
from grader.bank import Bank
from grader.batch.cluster import Cluster, ClusterError, archive_of
from grader.batch.examiners import Answer, Examiners, Plan
from grader.batch.results import SCORED, read_entries
from grader.batch.station import Orders, Station, unpacked
from grader.errors import BankError, ExitCode, SandboxError, SuiteError
from grader.models import Submission
from grader.publishing import Publisher
from grader.sandbox.choosing import choose
from grader.submission import read_submission
from tests.conftest import STARTED, Grader, ToyBank, wait_for, without_times

pytestmark = [
    pytest.mark.xdist_group("cluster"),  # each has processes of its own: one after the other on a small machine
    # Dask leaves the socket of a connection that did not come about to the collector.
    pytest.mark.filterwarnings(r"ignore:unclosed <socket\.socket .*laddr=\('0\.0\.0\.0', 0\):ResourceWarning"),
]

WRONG = "import numpy as np\ndef mean(X):\n    return np.zeros(np.shape(X)[1])\n"
LOOPING = "def mean(X):\n    while True:\n        pass\n"
NOWHERE = "unix:///nonexistent/docker.sock"


@contextmanager
def local_cluster(workers: int, threads: int = 1, **options: Any) -> Iterator[LocalCluster]:
    options |= {"dashboard_address": "127.0.0.1:0", "silence_logs": 50}
    with LocalCluster(processes=True, threads_per_worker=threads, n_workers=workers, **options) as made:
        yield made


@pytest.fixture(scope="module")
def two_workers() -> Iterator[LocalCluster]:
    with local_cluster(2) as made:
        yield made
    gc.collect()


@pytest.fixture(autouse=True)
def collected() -> Iterator[None]:
    """What is left to the collector is collected here, and not while other tests run, which would be blamed."""
    yield
    gc.collect()


@contextmanager
def joined(address: str, threads: int = 1, **environment: str) -> Iterator[str]:
    """A worker with an environment of its own; yields its address."""
    command = [sys.executable, "-m", "distributed.cli.dask_worker", address, "--nthreads", str(threads)]
    command += ["--no-dashboard", "--no-nanny", "--name", f"joined-{os.urandom(4).hex()}"]
    with (
        closing(Client(address, set_as_default=False)) as client,
        subprocess.Popen(command, env=os.environ | environment, stderr=subprocess.DEVNULL) as process,
    ):
        STARTED.add(process.pid)
        try:
            yield wait_for(lambda: [a for a, one in workers_of(client).items() if one["name"] == command[-1]])[0]
        finally:
            process.terminate()


def workers_of(client: Client) -> dict[str, Any]:
    found: dict[str, Any] = client.scheduler_info(n_workers=-1)["workers"]
    return found


@contextmanager
def cluster(address: str, bank: ToyBank, sandbox: str = "none", **options: Any) -> Iterator[Cluster]:
    chosen = Bank(bank.root)
    with closing(Cluster(address, chosen, chosen.assessment, sandbox, Publisher(), **options)) as made:
        yield made


def submission(bank: ToyBank, text: str, name: str = "handed_in") -> Submission:
    return read_submission(bank.submission(text, name), Bank(bank.root).assessment)


def answers(made: Cluster | Examiners, count: int) -> dict[int, Answer]:
    found = [made.answer(120) for _ in range(count)]
    assert made.waiting == 0
    return {answer.number: answer for answer in found if answer is not None}


def on_this_machine(bank: ToyBank, sandbox: str, given: dict[int, Submission], seed: int) -> dict[int, Answer]:
    chosen = Bank(bank.root)
    with closing(choose(sandbox, lambda text: None)) as provider:
        plan = Plan(chosen, chosen.assessment, provider.again(), Publisher(), jobs=1, ahead=1)
        with closing(Examiners(plan)) as made:
            for number, each in given.items():
                made.examine(number, each, seed)
            return answers(made, len(given))


def pids(client: Client, *addresses: str) -> dict[str, int]:
    found: dict[str, int] = client.run(os.getpid, workers=list(addresses) or None)
    return found


def tasks_seen(dask_worker: Any) -> list[str]:
    return [str(entry) for entry in dask_worker.state.log if "grader-" in str(entry[0])]


def folders_of(pid: int) -> list[Path]:
    return list(Path("/tmp").glob(f"grader-{socket.gethostname()}:{pid}:*"))


@pytest.mark.parametrize("sandbox", ["none", "embedded", pytest.param("docker", marks=pytest.mark.docker)])
def test_reports_are_those_of_one_machine_but_for_times(
    two_workers: LocalCluster, toy_bank: ToyBank, sandbox: str
) -> None:
    toy_bank.add_other()
    reference = (toy_bank.reference / "toy.py").read_text()
    given = {7: submission(toy_bank, reference), 8: submission(toy_bank, WRONG), 9: submission(toy_bank, "x = (")}
    with cluster(two_workers.scheduler_address, toy_bank, sandbox) as made:
        assert made.kind == sandbox
        for number, each in given.items():
            made.examine(number, each, seed=3)
        found = answers(made, 3)
    expected = on_this_machine(toy_bank, sandbox, given, seed=3)
    for number in given:
        ours, theirs = (answer.files["report.json"].decode() for answer in (found[number], expected[number]))
        assert without_times(ours) == without_times(theirs)
        assert found[number].files.keys() == expected[number].files.keys()


def test_a_cluster_takes_more_than_it_has_threads_and_no_more(two_workers: LocalCluster, toy_bank: ToyBank) -> None:
    with cluster(two_workers.scheduler_address, toy_bank) as made:
        assert made.capacity == 4


def test_results_are_not_kept_in_the_cluster(two_workers: LocalCluster, toy_bank: ToyBank) -> None:
    with cluster(two_workers.scheduler_address, toy_bank) as made:
        made.examine(1, submission(toy_bank, WRONG), seed=3)
        answers(made, 1)
        wait_for(lambda: not two_workers.scheduler.tasks)


@pytest.fixture
def own_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers that are killed leave theirs behind: not among those of this machine."""
    (tmp_path / "temporary").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))


@pytest.mark.usefixtures("own_temporary_folder")
@pytest.mark.parametrize("workers", [1, 2])
def test_a_killed_worker_loses_nothing(toy_bank: ToyBank, workers: int) -> None:
    """With one worker alone, all waits until the nanny has started another, and that one has proved itself."""
    given = submission(toy_bank, LOOPING)
    with (
        local_cluster(workers) as local,
        closing(Client(local.scheduler_address, set_as_default=False)) as client,
        cluster(local.scheduler_address, toy_bank) as made,
    ):
        for number in range(4):
            made.examine(number, given, seed=number)
        working = wait_for(lambda: [a for a, one in local.scheduler.workers.items() if one.processing])
        os.kill(pids(client)[working[0]], signal.SIGKILL)
        found = answers(made, 4)
    assert sorted(found) == [0, 1, 2, 3]
    assert [answer.failure for answer in found.values()] == [None] * 4


@pytest.mark.usefixtures("own_temporary_folder")
def test_a_submission_that_kills_workers_is_told_as_a_fault_of_ours(toy_bank: ToyBank) -> None:
    """No submission can; a hidden suite may."""
    toy_bank.write(
        "tests/hidden/toy/test_toy.py",
        """\
        import os

        import pytest


        @pytest.mark.criterion("mean")
        def test_mean(candidate):
            os._exit(9)


        @pytest.mark.criterion("bad_input")
        def test_bad_input(candidate):
            candidate.toy.mean([])
        """,
    )
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 1}),
        local_cluster(1) as local,
        cluster(local.scheduler_address, toy_bank) as made,
    ):
        made.examine(1, submission(toy_bank, WRONG), seed=3)
        failure = answers(made, 1)[1].failure
    assert isinstance(failure, SandboxError)
    assert "2 workers died" in str(failure)


def test_what_goes_wrong_on_a_worker_arrives_as_it_was_raised(two_workers: LocalCluster, toy_bank: ToyBank) -> None:
    toy_bank.write("tests/hidden/toy/test_toy.py", "def test_mean(candidate, nonsense):\n    pass\n")
    with cluster(two_workers.scheduler_address, toy_bank) as made:
        made.examine(1, submission(toy_bank, WRONG), seed=3)
        failure = answers(made, 1)[1].failure
    expected = on_this_machine_fails(toy_bank)
    assert (type(failure), str(failure)) == (type(expected), str(expected))
    again = pickle.loads(pickle.dumps(SandboxError("gone", cure="look for it")))
    assert (str(again), again.cure) == ("gone", "look for it")


def on_this_machine_fails(bank: ToyBank) -> Exception:
    from grader.grade import grade

    chosen = Bank(bank.root)
    with closing(choose("none", lambda text: None)) as provider, pytest.raises((SuiteError, BankError)) as caught:
        grade(submission(bank, WRONG), chosen, chosen.assessment, provider, seed=3)
    return caught.value


@pytest.mark.parametrize("first_here", [True, False])
def test_a_round_goes_on_wherever_it_was_begun(
    two_workers: LocalCluster, toy_bank: ToyBank, grader: Grader, tmp_path: Path, first_here: bool
) -> None:
    def run(*more: str) -> subprocess.CompletedProcess[str]:
        common = ["batch", tmp_path / "round", "--output", tmp_path / "results", "--bank", toy_bank.root]
        return grader(*common, "--sandbox", "none", *more)

    away = ("--scheduler", two_workers.scheduler_address)
    for name, where in (("ada", () if first_here else away), ("bob", away if first_here else ())):
        toy_bank.write(f"../round/{name}/toy.py", WRONG)
        done = run(*where)
        assert done.returncode == ExitCode.PASSED, done.stderr
    entries = read_entries(tmp_path / "results")
    assert [(entry.name, entry.status, entry.attempts) for entry in entries] == [
        ("ada", SCORED, 1),
        ("bob", SCORED, 1),
    ]
    assert len({entry.seed for entry in entries}) == 1


def test_the_bank_is_gone_from_workers_when_the_run_is_over(two_workers: LocalCluster, toy_bank: ToyBank) -> None:
    with closing(Client(two_workers.scheduler_address, set_as_default=False)) as client:
        ours = pids(client).values()
        with cluster(two_workers.scheduler_address, toy_bank):
            assert all(folders_of(pid) for pid in ours)
            assert all(folder.stat().st_mode & 0o077 == 0 for pid in ours for folder in folders_of(pid))
        wait_for(lambda: not any(folders_of(pid) for pid in ours))


def test_a_worker_with_several_threads_that_joins_takes_no_work(two_workers: LocalCluster, toy_bank: ToyBank) -> None:
    said: list[str] = []
    address = two_workers.scheduler_address
    with cluster(address, toy_bank, say=said.append) as made, joined(address, threads=2) as late:
        hand_over_until(made, toy_bank, lambda: any(late in text for text in said))
        assert seen_by(address, late) == []
    assert any(f"{late} takes no work: the worker should have one thread, but has 2" in text for text in said)


@pytest.mark.docker
def test_a_worker_without_a_provable_sandbox_takes_no_work(two_workers: LocalCluster, toy_bank: ToyBank) -> None:
    said: list[str] = []
    address = two_workers.scheduler_address
    with joined(address, DOCKER_HOST=NOWHERE) as unable:
        with cluster(address, toy_bank, "docker", say=said.append) as made:
            hand_over_until(made, toy_bank, lambda: any(unable in text for text in said))
            assert made.capacity == 4
        assert seen_by(address, unable) == []


@pytest.mark.docker
def test_kinds_that_differ_are_for_people_to_choose_from(two_workers: LocalCluster, toy_bank: ToyBank) -> None:
    address = two_workers.scheduler_address
    with (
        joined(address, DOCKER_HOST=NOWHERE),
        pytest.raises(ClusterError, match=r"same kind of sandbox, but have docker and ") as caught,
        cluster(address, toy_bank, "auto"),
    ):
        pass
    assert "--sandbox docker" in caught.value.cure


def hand_over_until(made: Cluster, bank: ToyBank, condition: Callable[[], bool]) -> None:
    """Keep the cluster busy, and for two more rounds once the condition holds."""
    given, number, rounds = submission(bank, WRONG), 0, 2
    while rounds:
        rounds -= condition()
        for _ in range(made.capacity):
            made.examine(number := number + 1, given, seed=number)
        assert [answer.failure for answer in answers(made, made.waiting).values() if answer.failure] == []
        assert number < 500, "it never happened"


def seen_by(address: str, worker: str) -> list[str]:
    with closing(Client(address, set_as_default=False)) as client:
        found: list[str] = client.run(tasks_seen, workers=[worker])[worker]
        return found


def test_nobody_is_scored_where_no_worker_can(
    toy_bank: ToyBank, grader: Grader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", NOWHERE)
    with local_cluster(1) as local:
        done = batch(grader, toy_bank, tmp_path, local.scheduler_address, "--sandbox", "docker")
    assert done.returncode == ExitCode.FAULT
    complaint, cure = done.stderr.splitlines()[-2:]
    assert complaint.startswith(f"grader: none of the 1 workers of {local.scheduler_address} can grade: ")
    assert "docker" in complaint.lower()
    assert "start Docker" in cure
    assert read_nothing(tmp_path / "results")


def test_a_scheduler_that_does_not_answer_ends_the_run(toy_bank: ToyBank, grader: Grader, tmp_path: Path) -> None:
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))  # nobody listens
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
        done = batch(grader, toy_bank, tmp_path, address)
    assert done.returncode == ExitCode.FAULT
    assert f"grader: no Dask scheduler answers at {address} within 10 seconds" in done.stderr
    assert len([line for line in done.stderr.splitlines() if "contains nothing" not in line]) == 2


@pytest.mark.parametrize("address", ["nonsense://here:1", "tcp://127.0.0.1", "tls://127.0.0.1:8786"])
def test_an_address_that_is_none_is_a_wrong_usage(toy_bank: ToyBank, address: str) -> None:
    with pytest.raises(ClusterError, match=address) as caught, cluster(address, toy_bank):
        pass
    assert caught.value.exit_code == ExitCode.USAGE


def test_workers_with_several_threads_are_refused(toy_bank: ToyBank) -> None:
    with (
        local_cluster(1, threads=2) as local,
        pytest.raises(ClusterError, match=r"should have one thread each, but 1 of 1 have more: .* has 2") as caught,
        cluster(local.scheduler_address, toy_bank),
    ):
        pass
    assert "--nthreads 1" in caught.value.cure
    assert caught.value.exit_code == ExitCode.USAGE


def test_a_cluster_to_which_no_worker_comes_is_given_up(toy_bank: ToyBank) -> None:
    with (
        local_cluster(0) as local,
        pytest.raises(SandboxError, match=r"no worker of .* has been able to grade for 0.1 seconds"),
        cluster(local.scheduler_address, toy_bank, patience_seconds=0.1),
    ):
        pass


def test_a_worker_that_comes_later_is_waited_for(toy_bank: ToyBank) -> None:
    with local_cluster(0) as local:
        threading.Timer(0.5, local.scale, [1]).start()
        with cluster(local.scheduler_address, toy_bank) as made:
            made.examine(1, submission(toy_bank, WRONG), seed=3)
            assert answers(made, 1)[1].report is not None


def test_a_scheduler_that_is_lost_ends_the_run(toy_bank: ToyBank, tmp_path: Path) -> None:
    file = tmp_path / "scheduler.json"
    command = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0"]
    command += ["--no-dashboard", "--no-show", "--scheduler-file", str(file)]
    with ExitStack() as cleanup:
        process = cleanup.enter_context(subprocess.Popen(command, stderr=subprocess.DEVNULL))
        cleanup.callback(process.kill)
        address = wait_for(lambda: file.is_file() and file.read_text()) and address_in(file)
        cleanup.enter_context(joined(address))
        made = cleanup.enter_context(cluster(address, toy_bank))
        made.examine(1, submission(toy_bank, LOOPING), seed=3)
        process.kill()
        with pytest.raises(SandboxError, match=f"the scheduler at {address} was lost") as caught:
            answers(made, 1)
    assert "what is done is kept" in caught.value.cure


def address_in(file: Path) -> str:
    import json

    return str(json.loads(file.read_text())["address"])


def test_an_interrupted_run_keeps_what_is_done_and_leaves_no_bank_behind(
    two_workers: LocalCluster, toy_bank: ToyBank, tmp_path: Path
) -> None:
    for number in range(20):
        toy_bank.write(f"../round/{number}/toy.py", f"{LOOPING}# {number}\n")
    command = [sys.executable, "-m", "grader", "batch", tmp_path / "round", "--output", tmp_path / "results"]
    command += ["--bank", toy_bank.root, "--sandbox", "none", "--scheduler", two_workers.scheduler_address]
    done = tmp_path / "results" / "results.jsonl"
    with subprocess.Popen([str(word) for word in command], stderr=subprocess.PIPE, text=True) as process:
        STARTED.add(process.pid)
        wait_for(lambda: done.is_file() and done.read_text())
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=60)
    assert process.returncode == ExitCode.INTERRUPTED, told
    assert "interrupted; what is done is kept" in told
    assert "Traceback" not in told
    assert 0 < len(read_entries(tmp_path / "results")) < 20
    with closing(Client(two_workers.scheduler_address, set_as_default=False)) as client:
        wait_for(lambda: not any(folders_of(pid) for pid in pids(client).values()))
    wait_for(lambda: not two_workers.scheduler.tasks)


def test_certificates_of_dasks_configuration_open_a_cluster_and_nothing_else_does(
    toy_bank: ToyBank, tmp_path: Path
) -> None:
    certificate, key = str(tmp_path / "node.pem"), str(tmp_path / "node.key")
    making = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=node", "-days", "1"]
    subprocess.run([*making, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    both = {"cert": certificate, "key": key}
    tls = {f"distributed.comm.tls.client.{part}": path for part, path in both.items()}
    tls["distributed.comm.tls.ca-file"] = certificate
    security = Security(
        require_encryption=True,
        tls_ca_file=certificate,
        **{f"tls_{role}_{part}": both[part] for role in ("scheduler", "worker", "client") for part in both},
    )
    with local_cluster(1, protocol="tls://", security=security) as local:
        with dask.config.set(tls), cluster(local.scheduler_address, toy_bank) as made:
            made.examine(1, submission(toy_bank, WRONG), seed=3)
            assert answers(made, 1)[1].report is not None
        with (
            pytest.raises(ClusterError, match="ssl_context") as caught,
            cluster(local.scheduler_address, toy_bank),
        ):
            pass
    assert "docs/scale.md" in caught.value.cure


def test_without_dask_the_cure_is_told(toy_bank: ToyBank, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with (
        pytest.raises(ClusterError, match="--scheduler needs the package distributed") as caught,
        cluster("tcp://127.0.0.1:1", toy_bank),
    ):
        pass
    assert caught.value.exit_code == ExitCode.USAGE
    assert "takehome-grader[staff,cluster]" in caught.value.cure


def test_jobs_are_not_for_a_cluster(toy_bank: ToyBank, grader: Grader, tmp_path: Path) -> None:
    done = batch(grader, toy_bank, tmp_path, "tcp://127.0.0.1:1", "--jobs", "2")
    assert done.returncode == ExitCode.USAGE
    assert "--jobs is for this machine" in done.stderr


def batch(grader: Grader, bank: ToyBank, folder: Path, address: str, *more: str) -> subprocess.CompletedProcess[str]:
    handed = bank.submission(WRONG)
    kind = () if "--sandbox" in more else ("--sandbox", "none")
    where = ("--output", folder / "results", "--bank", bank.root, "--scheduler", address)
    return grader("batch", handed, *where, *kind, *more)


def read_nothing(results: Path) -> bool:
    return not (results / "results.jsonl").exists()


def test_a_bank_arrives_as_it_was_and_with_nothing_that_no_worker_needs(toy_bank: ToyBank, tmp_path: Path) -> None:
    toy_bank.complete().add_other()
    toy_bank.write("tests/hidden/toy/data/points.csv", "1,2\n")
    toy_bank.write("tests/hidden/toy/__pycache__/test_toy.pyc", "")
    bank = Bank(toy_bank.root)
    archive = archive_of(bank)
    (tmp_path / "there").mkdir()
    assert unpacked(archive, tmp_path / "there", bank.sha256).sha256 == bank.sha256
    assert set(unzipped(archive)) == {
        "assignments/assessment.toml",
        *(f"assignments/{name}/assignment.toml" for name in ("toy", "other")),
        *(f"tests/hidden/{name}/test_toy.py" for name in ("toy", "other")),
        *(f"solutions/{name}/reference/{name}.py" for name in ("toy", "other")),
        "tests/hidden/toy/data/points.csv",
    }


def test_a_bank_that_is_another_one_is_refused(toy_bank: ToyBank, tmp_path: Path) -> None:
    archive = archive_of(Bank(toy_bank.root))
    with pytest.raises(BankError, match="should have the digest 000000000000, but has"):
        unpacked(archive, tmp_path, "0" * 64)


@pytest.mark.parametrize("name", ["../out.py", "/tmp/out.py", "a/../../out.py"])
def test_a_bank_does_not_leave_its_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(BankError, match="should stay in its folder"):
        unpacked(zipped({name: b"x"}), tmp_path, "0" * 64)
    assert list(tmp_path.iterdir()) == []


class Failing:
    """A provider whose sandboxes can no longer be had."""

    kind = "embedded"
    proved = ()

    def launch(self, *ignored: object, **options: object) -> Any:
        raise SandboxError("the kernel has had enough")

    def again(self) -> Callable[[], Failing]:
        return Failing

    def close(self) -> None:
        pass


def test_a_worker_that_has_lost_its_sandbox_withdraws(toy_bank: ToyBank) -> None:
    """It would fail everything, and faster than others do their work."""
    bank = Bank(toy_bank.root)
    station = Station(Orders("run", archive_of(bank), bank.sha256, ("toy",), "none", "", Publisher()))
    told: list[dict[str, Any]] = []
    state = SimpleNamespace(total_resources={"run-embedded": 1}, nthreads=1)
    scheduler = SimpleNamespace(set_resources=lambda **what: told.append(what))
    loop = SimpleNamespace(add_callback=lambda function, **what: function(**what))
    station._worker = SimpleNamespace(state=state, scheduler=scheduler, loop=loop, contact_address="tcp://here:1")  # type: ignore[assignment]
    station._equip(threads=1)
    assert station._equipment is not None
    object.__setattr__(station._equipment, "provider", Failing())
    with pytest.raises(SandboxError, match="had enough"):
        station.grade(submission(toy_bank, WRONG), seed=3)
    station._let_go()
    assert isinstance(station.refusal, SandboxError)
    assert told == [{"resources": {"run-embedded": 0, "run-unable": 1}, "worker": "tcp://here:1"}]
