"""Interrupts are not lost, whoever swallows the exception."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Mapping

import pytest

from grader.examiner.host import Host
from grader.examining import opened_hosts
from grader.sandbox import Sandbox
from grader.sandbox.process import ProcessProvider, ProcessSandbox
from grader.stopping import check_stopped, interrupts_remembered, undisturbed
from tests.conftest import Grader, ToyBank

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")

SIGNALS = [signal.SIGINT, signal.SIGTERM]

SWALLOWING = """\
import os, signal, time
try:
    os.kill(os.getpid(), signal.{name})
    time.sleep(60)
except KeyboardInterrupt:
    pass
"""


@pytest.mark.parametrize("sent", SIGNALS)
def test_an_interrupt_that_was_swallowed_is_raised_again(sent: signal.Signals) -> None:
    with interrupts_remembered():
        check_stopped()
        with contextlib.suppress(KeyboardInterrupt):
            os.kill(os.getpid(), sent)
            pytest.fail("the signal did not interrupt")
        with pytest.raises(KeyboardInterrupt):
            check_stopped()


@pytest.mark.parametrize("sent", SIGNALS)
def test_nothing_is_remembered_afterwards(sent: signal.Signals) -> None:
    before = signal.getsignal(sent)
    with contextlib.suppress(KeyboardInterrupt), interrupts_remembered():
        os.kill(os.getpid(), sent)
    check_stopped()
    assert signal.getsignal(sent) is before


def test_signals_that_are_ignored_stay_so() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with interrupts_remembered():
            os.kill(os.getpid(), signal.SIGINT)
            check_stopped()
    finally:
        signal.signal(signal.SIGINT, before)


def test_beside_the_main_thread_signals_are_left_alone() -> None:
    seen = []

    def work() -> None:
        with interrupts_remembered():
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [signal.getsignal(signal.SIGTERM)]


@pytest.mark.parametrize("sent", SIGNALS)
def test_a_run_whose_imports_swallow_the_interrupt_is_interrupted(
    toy_bank: ToyBank, grader: Grader, sent: signal.Signals
) -> None:
    suite = toy_bank.root / "tests" / "hidden" / "toy" / "test_toy.py"
    suite.write_text(SWALLOWING.format(name=sent.name) + suite.read_text())
    done = grader("score", toy_bank.reference, "--bank", toy_bank.root, "--sandbox", "none")
    assert done.returncode == 130, done.stderr
    assert "interrupted" in done.stderr
    assert not done.stdout


@pytest.mark.parametrize("sent", SIGNALS)
def test_short_work_is_done_before_the_interrupt_strikes(sent: signal.Signals) -> None:
    done = []

    def strike() -> None:
        os.kill(os.getpid(), sent)
        done.append("went on")

    with interrupts_remembered():
        with pytest.raises(KeyboardInterrupt), undisturbed():
            strike()
        with pytest.raises(KeyboardInterrupt):
            strike()
    assert done == ["went on"]


class Interrupted(ProcessProvider):
    """Is interrupted when a sandbox has been started and nobody holds it yet."""

    def __init__(self) -> None:
        self.made: list[Sandbox] = []

    def launch(self, modules: Mapping[str, bytes], *, memory_bytes: int, hash_seed: int) -> Sandbox:
        self.made.append(super().launch(modules, memory_bytes=memory_bytes, hash_seed=hash_seed))
        os.kill(os.getpid(), signal.SIGINT)
        return self.made[-1]


def is_closed(sandbox: Sandbox) -> bool:
    return isinstance(sandbox, ProcessSandbox) and sandbox.errors.closed


def test_a_sandbox_that_starts_when_the_interrupt_strikes_is_removed() -> None:
    provider = Interrupted()
    with (
        interrupts_remembered(),
        pytest.raises(KeyboardInterrupt),
        opened_hosts(provider, {}, {}, memory_bytes=1 << 28, hash_seed=0),
    ):
        pytest.fail("it was interrupted")
    assert [is_closed(sandbox) for sandbox in provider.made] == [True]


def test_a_sandbox_that_is_started_on_demand_is_held_before_the_interrupt_strikes() -> None:
    provider = Interrupted()
    host = Host(provider, {}, memory_bytes=1 << 28, hash_seed=0)
    with interrupts_remembered(), pytest.raises(KeyboardInterrupt):
        host.launch()
    assert host.sandbox is provider.made[0]
    host.close()
