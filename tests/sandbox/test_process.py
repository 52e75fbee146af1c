"""The worker as a plain subprocess: the same worker and protocol, without a container."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import numpy as np
import pytest

from grader.examiner.conversation import SubjectLost
from grader.examiner.host import Host
from grader.examiner.subject import Subject
from grader.models import Outcome
from grader.sandbox.process import ProcessProvider
from grader.sandbox.session import ForkLimits

LIMITS = ForkLimits(2**28, 10.0, 1, ("toy",))
SOURCE = """
    import os, subprocess, sys, time
    import numpy as np
    seen = []

    class Model:
        def fit(self, X):
            self.mean_ = np.mean(X, axis=0)
            return self
        def sort(self, X):
            X.sort()
            return X

    def count():
        seen.append(1)
        return len(seen)

    def background():
        return subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1000)"], start_new_session=True).pid

    def orphan():
        reading, writing = os.pipe()
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                os.write(writing, str(os.getpid()).encode())
                time.sleep(1000)
            os._exit(0)
        return int(os.read(reading, 20))

    def touch():
        np.random.random()

    def write(): open("left", "w").close(); return os.getcwd()
    def leave(): os._exit(3)
    def speak(): print("spoken", flush=False)
    def refuse(x): raise KeyError(x)
"""


@pytest.fixture
def host() -> Iterator[Host]:
    made = Host(ProcessProvider(), {"toy": dedent(SOURCE).encode()}, memory_bytes=2**28, hash_seed=1)
    made.facts()
    folder = Path(made.sandbox.folder)  # type: ignore[union-attr]
    yield made
    made.close()
    assert not folder.exists()


def test_calls_read_like_ordinary_python(host: Host) -> None:
    talk = host.begin(LIMITS, lambda function: 5, 10)
    toy = Subject(talk).toy
    X = np.array([[3.0, 1.0], [1.0, 5.0]])
    model = toy.Model()
    assert model.fit(X) is model
    assert model.mean_.tolist() == [2.0, 3.0]
    model.extra = {"a": (1, [None])}
    assert model.extra == {"a": (1, [None])}
    with pytest.raises(KeyError) as caught:
        toy.refuse("x")
    assert caught.value.frames[-1].function == "refuse"  # type: ignore[attr-defined]
    host.end(talk)


def test_arguments_come_back_as_the_call_left_them(host: Host) -> None:
    talk = host.begin(LIMITS, lambda function: 5, 10)
    subject = Subject(talk)
    mine = np.array([3, 1, 2])
    call = subject.call(subject.toy.Model().sort, mine)
    assert call.arguments[0].tolist() == call.result.tolist() == [1, 2, 3]
    assert mine.tolist() == [3, 1, 2]
    host.end(talk)


def test_a_use_of_the_global_generator_shows(host: Host) -> None:
    talk = host.begin(LIMITS, lambda function: 5, 10)
    subject = Subject(talk)
    before = subject.generator_state()
    subject.toy.count()
    assert subject.generator_state() == before
    subject.toy.touch()
    assert subject.generator_state() != before
    host.end(talk)


def test_each_test_has_a_fresh_process_and_folder(host: Host) -> None:
    folders = []
    for _ in range(2):
        talk = host.begin(LIMITS, lambda function: 5, 10)
        toy = Subject(talk).toy
        assert toy.count() == 1
        folders.append(toy.write())
        host.end(talk)
        assert not Path(folders[-1]).exists()
    assert folders[0] != folders[1]


def test_a_process_prepared_for_one_test_is_not_used_for_another(host: Host) -> None:
    host.prepare(LIMITS)
    talk = host.begin(ForkLimits(2**28, 10.0, 2, ("toy",)), lambda function: 5, 10)
    first = Subject(talk).generator_state()
    host.end(talk)
    host.prepare(LIMITS)
    talk = host.begin(LIMITS, lambda function: 5, 10)
    assert Subject(talk).generator_state() != first
    host.end(talk)


@pytest.mark.parametrize("way", ["background", "orphan"])
def test_no_process_outlives_its_test(host: Host, way: str) -> None:
    talk = host.begin(LIMITS, lambda function: 5, 10)
    pid = getattr(Subject(talk).toy, way)()
    assert Path(f"/proc/{pid}").exists()
    host.end(talk)
    assert not Path(f"/proc/{pid}").exists()


def test_an_exit_is_a_crash_and_output_is_kept(host: Host) -> None:
    talk = host.begin(LIMITS, lambda function: 5, 10)
    toy = Subject(talk).toy
    toy.speak()
    with pytest.raises(SubjectLost):
        toy.leave()
    aftermath = host.end(talk)
    assert aftermath.loss is not None
    assert (aftermath.loss.outcome, aftermath.output) == (Outcome.CRASHED, "spoken\n")
    assert "code 3" in aftermath.loss.message


def test_the_worker_gets_nothing_of_the_callers_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_SECRET_TOKEN", "CANARY")
    source = b"import os\ndef look(): return dict(os.environ)\n"
    host = Host(ProcessProvider(), {"toy": source}, memory_bytes=2**28, hash_seed=1)
    try:
        talk = host.begin(LIMITS, lambda function: 5, 10)
        assert "A_SECRET_TOKEN" not in Subject(talk).toy.look()
        host.end(talk)
    finally:
        host.close()
    assert os.environ["A_SECRET_TOKEN"] == "CANARY"
