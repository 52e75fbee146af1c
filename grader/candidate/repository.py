"""The git repository that a working folder begins as, where git is there."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

_SECONDS = 60
_SETTINGS = (
    # A machine where git is new has no name for the candidate; theirs is for their own commits.
    *("user.name=takehome", "user.email=takehome@localhost"),
    # What is released has to stay byte for byte, and nobody should be asked for a pass phrase.
    *("core.autocrlf=false", "commit.gpgsign=false", "init.defaultBranch=main"),
    # A process of git's that goes on keeps files open, and Windows then refuses to rename their folder.
    *("gc.auto=0", "maintenance.auto=false"),
)


def make_repository(folder: Path, message: str) -> str:
    """Make a folder a git repository with all of its files committed, in a repository or not.

    Returns:
        Why there is none, for a person; empty if there is one. Then nothing of git's is left in the folder.
    """
    if (git := shutil.which("git")) is None:
        return "git is not installed"
    try:
        for command in (
            ("init", "--quiet", "--template="),
            ("config", "core.autocrlf", "false"),
            ("add", "--all", "--force"),
            ("commit", "--quiet", "--no-verify", "--message", message),
        ):
            _run(git, folder, *command)
    except (OSError, subprocess.SubprocessError) as error:
        shutil.rmtree(folder / ".git", ignore_errors=True)
        return f"git failed: {_reason(error)}"
    return ""


def _run(git: str, folder: Path, *command: str) -> None:
    settings = [part for setting in _SETTINGS for part in ("-c", setting)]
    subprocess.run(
        [git, *settings, *command], cwd=folder, env=_environment(), check=True, timeout=_SECONDS,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip


def _environment() -> dict[str, str]:
    """The environment without what would lead git to another repository (``GIT_DIR`` and the like)."""
    return {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}


def _reason(error: OSError | subprocess.SubprocessError) -> str:
    if isinstance(error, subprocess.CalledProcessError) and error.stderr:
        lines: list[str] = error.stderr.decode("utf-8", "replace").split("\n")
        return lines[0].strip()
    return str(error)
