"""Whose a container or folder is: only what a process of this machine left behind when it died is abandoned."""

from __future__ import annotations

import os
import socket
import subprocess
import sys

import pytest

from grader.sandbox.leftovers import is_abandoned, owner

HOST = socket.gethostname()


def mark_of_another_process(*, alive: bool) -> tuple[str, subprocess.Popen[str]]:
    """Start a process that makes a mark; it then waits for its stdin, or is gone."""
    code = "import sys; from grader.sandbox.leftovers import owner; print(owner(), flush=True); sys.stdin.read()"
    process = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    mark = process.stdout.readline().strip()
    if not alive:
        process.communicate()
    return mark, process


def test_what_this_process_made_is_in_use() -> None:
    assert not is_abandoned(owner(), HOST)
    assert owner() == owner()


def test_what_another_living_process_made_is_in_use_until_it_ends() -> None:
    mark, process = mark_of_another_process(alive=True)
    try:
        assert mark.split(":")[-2] == str(process.pid)
        assert not is_abandoned(mark, HOST)
    finally:
        process.communicate()
    assert is_abandoned(mark, HOST)


def test_a_process_that_has_the_number_of_a_dead_one_owns_nothing_of_it() -> None:
    """Numbers come round; the time of starting tells the two apart."""
    host, pid, started = owner().rsplit(":", 2)
    assert is_abandoned(f"{host}:{pid}:{int(started) - 1}", HOST)


def test_what_another_machine_made_is_left_alone() -> None:
    mark, _ = mark_of_another_process(alive=False)
    assert is_abandoned(mark, HOST)
    assert not is_abandoned(mark, HOST + "-other")
    assert not is_abandoned(f"other-{mark}", HOST)


def test_a_host_name_may_have_colons() -> None:
    mark, _ = mark_of_another_process(alive=False)
    pid, started = mark.rsplit(":", 2)[1:]
    assert is_abandoned(f"a:b::c:{pid}:{started}", "a:b::c")
    assert not is_abandoned(f"a:b::c:{os.getpid()}:{owner().rsplit(':', 1)[1]}", "a:b::c")


@pytest.mark.parametrize(
    "mark",
    [
        "",
        ":",
        "::",
        HOST,
        f"{HOST}:",
        f"{HOST}:1",
        f"{HOST}::5",
        f"{HOST}:x:5",
        f"{HOST}:-1:5",
        f"{HOST}:1.5:5",
        f"{HOST}: 1:5",
        f"{HOST}:1\n:5",
        f"{HOST}:²:5",
        f"{HOST}:../1:5",
        f"{HOST}:{'1' * 5000}:5",
        "\0",
        "\x1b[2J:1:2",
    ],
)
def test_what_is_no_mark_says_nothing_and_is_left_alone(mark: str) -> None:
    assert not is_abandoned(mark, HOST)
