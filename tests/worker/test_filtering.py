"""What the system-call filter refuses by itself, without Landlock, namespaces or another user."""

from __future__ import annotations

import subprocess
import sys
from textwrap import dedent

import pytest

from grader.worker.filtering import can_filter

pytestmark = pytest.mark.skipif(not can_filter(), reason="there is no filter for this system")


def filtered(body: str) -> subprocess.CompletedProcess[str]:
    """Run statements in a process with the stricter filter; ``tried`` says whether a call was refused."""
    head = """
        import fcntl, os, signal, threading
        from grader.worker.filtering import forbid_system_calls

        def tried(call):
            try:
                call()
            except PermissionError:
                return "refused"
            return "done"

        parent, itself = os.getppid(), os.getpid()
        os.setsid()
        by_number, reading = os.pidfd_open(parent), os.pipe()[0]
        forbid_system_calls(on_the_host=True)
    """
    script = dedent(head) + dedent(body)
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize(
    ("expected", "call"),
    [
        ("refused", "os.kill(parent, 0)"),
        ("refused", "os.kill(-1, 0)"),
        ("refused", "os.killpg(os.getpgid(parent), 0)"),
        ("refused", "signal.pidfd_send_signal(by_number, 0)"),
        ("refused", "fcntl.fcntl(reading, fcntl.F_SETOWN, parent)"),
        ("refused", "os.fork()"),
        ("refused", "os.chmod('.', 0o755)"),
        ("done", "os.kill(itself, 0)"),
        ("done", "os.kill(0, 0)"),
        ("done", "signal.pthread_kill(threading.get_ident(), 0)"),
        ("done", "threading.Thread(target=int).start()"),
        ("done", "fcntl.fcntl(reading, fcntl.F_GETFL)"),
    ],
)
def test_what_concerns_itself_alone_is_done_and_the_rest_refused(expected: str, call: str) -> None:
    done = filtered(f"print(tried(lambda: {call}))")
    assert (done.stdout, done.stderr) == (f"{expected}\n", "")


def test_it_may_end_itself() -> None:
    assert filtered("os.abort()").returncode == -6
    assert filtered("signal.raise_signal(signal.SIGTERM)").returncode == -15
