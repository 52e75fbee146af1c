"""Fuzzes with atheris, guided by coverage: ``python -m tests.fuzz.run [TARGET] [OPTION OF LIBFUZZER]…``.

Without a target all take their turn. What is found is written to ``crash-…`` in the current folder; it belongs into
``crashes/TARGET/``, with the mend.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["grader", "zipfile"]):
    from tests.fuzz.targets import CRASHES, TARGETS


def main() -> None:
    """Run until a limit among the options is reached; exits with another code than 0 if something was found."""
    arguments = sys.argv[1:]
    if arguments and arguments[0] in TARGETS:
        fuzz(arguments[0], arguments[1:])
    elif all(argument.startswith("-") for argument in arguments):
        command = [sys.executable, "-m", "tests.fuzz.run"]
        found = [name for name in TARGETS if subprocess.run([*command, name, *arguments], check=False).returncode]
        sys.exit(f"found something in: {', '.join(found)}" if found else 0)
    else:
        sys.exit(f"there is no target {arguments[0]!r}; there are {', '.join(TARGETS)}")


def fuzz(name: str, options: list[str]) -> None:
    """Fuzz one target, beginning with its seeds and what broke it before; ends this process."""
    with tempfile.TemporaryDirectory() as folder:
        known = [path.read_bytes() for path in sorted(CRASHES.glob(f"{name}/*"))]
        for number, data in enumerate([*TARGETS[name].seeds, *known]):
            Path(folder, str(number)).write_bytes(data)

        def feed(data: bytes) -> None:
            TARGETS[name].feed(data)

        atheris.Setup([sys.argv[0], "-max_len=4096", *options, folder], feed)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
