"""Keeps a sandbox at hand for one submission, and a fresh one when it was lost."""

from __future__ import annotations

import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from grader.errors import SandboxError
from grader.examiner.conversation import Conversation, Loss
from grader.models import Outcome
from grader.sandbox import Sandbox, SandboxFacts, SandboxProvider
from grader.sandbox.session import ForkFacts, ForkLimits, WorkerLost
from grader.stopping import undisturbed


@dataclass(frozen=True)
class Aftermath:
    """What is known once a test's process is gone.

    Attributes:
        loss: why the test could not go on, with the kernel's word on it; ``None`` if nothing was lost.
        cpu_seconds: of the submission.
        output: what it printed.
        memory_bytes: the most that it had in memory at a time; 0 where nobody knows.
    """

    loss: Loss | None
    cpu_seconds: float = 0.0
    output: str = ""
    memory_bytes: int = 0


class Host:
    """Runs one submission's tests, one after the other, in sandboxes of one provider.

    Args:
        provider: where sandboxes come from.
        modules: the submission.
        memory_bytes: the most that any of its tests may use.
        hash_seed: PYTHONHASHSEED inside.
        sandbox: one that was launched for this submission already.
    """

    def __init__(
        self,
        provider: SandboxProvider,
        modules: Mapping[str, bytes],
        *,
        memory_bytes: int,
        hash_seed: int,
        sandbox: Sandbox | None = None,
    ) -> None:
        self.provider = provider
        self.modules = modules
        self.memory_bytes = memory_bytes
        self.hash_seed = hash_seed
        self.sandbox = sandbox
        self._prepared: ForkLimits | None = None
        self._facts: SandboxFacts | None = None

    def launch(self) -> None:
        """Begin to start a sandbox, if there is none."""
        if self.sandbox is None:
            with undisturbed():
                self.sandbox = self.provider.launch(
                    self.modules, memory_bytes=self.memory_bytes, hash_seed=self.hash_seed
                )

    def facts(self) -> SandboxFacts:
        """Return what a report says about the sandbox; starts one if need be."""
        if self._facts is None:
            self.launch()
            assert self.sandbox is not None
            self._facts = self.sandbox.facts()
        return self._facts

    def begin(self, limits: ForkLimits, call_seconds: Callable[[str], float], test_seconds: float) -> Conversation:
        """Start a fresh process of the submission.

        Args:
            limits: of the process.
            call_seconds: CPU seconds that one request may take, by the name that it calls or reads.
            test_seconds: CPU seconds of all requests together.

        Raises:
            SandboxError: there is no sandbox to be had.
        """
        if self._prepared != limits:
            self._begin(limits)
        self._prepared = None
        assert self.sandbox is not None
        return Conversation(self.sandbox.session(), call_seconds, test_seconds)

    def prepare(self, limits: ForkLimits) -> None:
        """Start the process of the next test now, so that it is ready when that test asks for it."""
        if self.sandbox is not None:
            self._begin(limits)
            self._prepared = limits

    def _begin(self, limits: ForkLimits) -> None:
        self.launch()
        assert self.sandbox is not None
        session = self.sandbox.session()
        try:
            if self._prepared is not None:
                session.end()
            session.begin(limits)
        except WorkerLost as error:
            raise SandboxError(f"the sandbox was lost between two tests: {error}") from error

    def end(self, conversation: Conversation) -> Aftermath:
        """End the process and say what became of it.

        Raises:
            SandboxError: the sandbox was lost through no fault of the submission.
        """
        if conversation.worker_lost:
            return self._replace(conversation)
        try:
            facts = conversation.session.end()
        except WorkerLost as error:
            conversation.loss = Loss(Outcome.CRASHED, str(error))
            return self._replace(conversation)
        loss = explained(conversation.loss, facts)
        return Aftermath(loss, facts.cpu_seconds, _printed(facts), facts.memory_bytes)

    def close(self) -> None:
        """Remove the sandbox."""
        if self.sandbox is not None:
            self.sandbox.close()
            self.sandbox = None
            self._prepared = None

    def _replace(self, conversation: Conversation) -> Aftermath:
        """Let go of a sandbox that was lost; the next test gets another."""
        assert self.sandbox is not None
        why = self.sandbox.loss()
        self.close()
        if why.is_ours:
            raise SandboxError(f"the sandbox was lost: {why.reason}")
        known = conversation.loss
        if why.out_of_memory:
            return Aftermath(Loss(Outcome.OUT_OF_MEMORY, why.reason))
        if known is not None and known.outcome is Outcome.TIMEOUT:
            return Aftermath(known)
        return Aftermath(Loss(Outcome.CRASHED, why.reason))


def explained(loss: Loss | None, facts: ForkFacts) -> Loss | None:
    """Return why a test was lost, given what the kernel says of its process.

    Args:
        loss: what the conversation knew.
        facts: of the process's end.
    """
    if loss is None or loss.outcome is not Outcome.CRASHED:
        return loss
    status = facts.status
    if status is None:
        return loss
    if facts.excess and status == -signal.SIGKILL:
        return Loss(Outcome.CRASHED, f"the process was killed: {facts.excess}")
    if facts.out_of_memory and status == -signal.SIGKILL:
        return Loss(Outcome.OUT_OF_MEMORY, "the process was killed: it used more memory than it may")
    if status >= 0:
        return Loss(Outcome.CRASHED, f"the process exited with code {status} in the middle of a call")
    if -status == signal.SIGXCPU:
        return Loss(Outcome.TIMEOUT, "the process was killed: it used more CPU time than a test may")
    return Loss(Outcome.CRASHED, f"the process died of {_signal_name(-status)} in the middle of a call")


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _printed(facts: ForkFacts) -> str:
    text = facts.output.decode("utf-8", errors="replace")
    more = facts.output_bytes - len(facts.output)
    return f"{text}\n… and {more} bytes more" if more > 0 else text
