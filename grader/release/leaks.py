"""The leak check: opens a finished packet and the wheel in it, and refuses what a bank keeps to itself.

It starts from the bytes that would be given out and knows nothing of how they were made.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from grader.archive import unzipped, zipped
from grader.bank import ASSESSMENT_FILE, Bank
from grader.errors import BankError
from grader.models import Assessment
from grader.packet import PACKET_FILE
from grader.release.confidential import TELLING_LENGTH, Secrets, number_keys, secrets_of, squeezed
from grader.release.contents import needed_names
from grader.release.wheel import DOCKERFILE, metadata_names
from grader.written.form import excess
from grader.written.questions import ANSWERS_FILE, QUESTIONS_FILE

FOLDER = "takehome"
README_FILE = "README.md"
_PACKAGE_FILE = re.compile(r"grader/(?:\w+/)*(?!test_|conftest\b)\w[\w.-]*\.(?:py|json|txt|html|j2|css|js|typed)")
_TEST_NAME = re.compile(r"\btest_\w+")
_SHOWN_LEAKS = 3
_SHOWN_LENGTH = 60


class LeakError(BankError):
    """A packet holds what candidates may not see."""


@dataclass(frozen=True)
class Leak:
    """What should not be in a packet.

    Attributes:
        file: in the packet; of the wheel's own files behind an arrow.
        what: is wrong with it, and where the secret comes from.
    """

    file: str
    what: str


def check_packet(content: bytes, bank: Bank, assessment: Assessment, wheel: str) -> None:
    """See that a packet holds what it should and nothing else.

    Args:
        content: of the finished archive.
        bank: whose secrets are looked for.
        assessment: what is given out.
        wheel: name of the wheel in the packet.

    Raises:
        LeakError: it holds a file that is not on the list, or a line, number or test's name that is the bank's own.
    """
    leaks = list(find_leaks(content, bank, assessment, wheel))
    if not leaks:
        return
    shown = "; ".join(f"{leak.file} {leak.what}" for leak in leaks[:_SHOWN_LEAKS])
    more = f"; and {len(leaks) - _SHOWN_LEAKS} more" if len(leaks) > _SHOWN_LEAKS else ""
    raise LeakError(
        f"the packet would give away what candidates may not see, so it was not written: {shown}{more}",
        cure="take it out of the public file, or word it otherwise on one of the two sides",
    )


def find_leaks(content: bytes, bank: Bank, assessment: Assessment, wheel: str) -> Iterator[Leak]:
    """Yield each leak of a finished packet; the arguments are those of ``check_packet``."""
    files = unzipped(content)
    yield from _unlisted(files, assessment, wheel)
    yield from _beside_the_files(content, files, FOLDER)
    packed = files.get(f"{FOLDER}/{wheel}")
    if packed is not None:
        inner = unzipped(packed)
        yield from _beside_the_files(packed, inner, wheel)
        yield from (Leak(f"{wheel} → {name}", "is no file of the package") for name in inner if not _in_wheel(name))
        files = files | {f"{wheel} → {name}": text for name, text in inner.items()}
        del files[f"{FOLDER}/{wheel}"]
    secrets = secrets_of(bank)
    beginnings = _by_beginning(secrets.lines)
    for name, text in sorted(files.items()):
        if name.endswith(f"/{QUESTIONS_FILE}") and (wrong := excess(text)):
            yield Leak(name, wrong)
        yield from _in_file(name, _readable(name, text), secrets, beginnings)


def _unlisted(files: Mapping[str, bytes], assessment: Assessment, wheel: str) -> Iterator[Leak]:
    """Files that have no business in a packet, and those that should be there and are not."""
    needed = {README_FILE, PACKET_FILE, ASSESSMENT_FILE, wheel}
    needed.update(f"{a.name}/{name}" for a in assessment.assignments for name in needed_names(a))
    possible = {f"{a.name}/{name}" for a in assessment.assignments for name in (ANSWERS_FILE, QUESTIONS_FILE)}
    names = {name.removeprefix(f"{FOLDER}/") if name.startswith(f"{FOLDER}/") else f"/{name}" for name in files}
    yield from (Leak(name, "is not on the list of what a packet holds") for name in sorted(names - needed - possible))
    yield from (Leak(name, "should be in the packet, but is not") for name in sorted(needed - names))


def _beside_the_files(content: bytes, files: Mapping[str, bytes], name: str) -> Iterator[Leak]:
    """Bytes of an archive that none of its files accounts for: comments, gaps, entries that occur twice."""
    if zipped(files) != content:
        yield Leak(name, "holds more than its files")


def _in_wheel(name: str) -> bool:
    return name == DOCKERFILE or name in metadata_names() or _PACKAGE_FILE.fullmatch(name) is not None


def _readable(name: str, content: bytes) -> str:
    """A file's text; of a notebook also what its strings say, which may be written otherwise in JSON."""
    text = content.decode("utf-8", "replace")
    if not name.endswith(".ipynb"):
        return text
    try:
        return "\n".join((text, "".join(_strings(json.loads(content)))))
    except (ValueError, RecursionError):
        return text


def _strings(value: Any) -> Iterator[str]:
    """All strings of a JSON value, in its order: the lines of a cell one after the other."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield f"{key}\n"
            yield from _strings(inner)
            yield "\n"
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)


def _in_file(name: str, text: str, secrets: Secrets, beginnings: Mapping[str, list[str]]) -> Iterator[Leak]:
    for line in dict.fromkeys(_lines_in(squeezed(text), beginnings)):
        yield Leak(name, f"holds a line of {secrets.lines[line]} ({_shortened(line)})")
    for key in dict.fromkeys(number_keys(text)):
        if key in secrets.numbers:
            yield Leak(name, f"holds a number of {secrets.numbers[key]} ({float(key):g})")
    for test in dict.fromkeys(_TEST_NAME.findall(text)):
        if test in secrets.tests:
            yield Leak(name, f"names the hidden test {test} of {secrets.tests[test]}")


def _by_beginning(lines: Iterable[str]) -> dict[str, list[str]]:
    """Lines by the part that all of them are long enough to have, so that a text is gone through once."""
    beginnings: dict[str, list[str]] = {}
    for line in lines:
        beginnings.setdefault(line[:TELLING_LENGTH], []).append(line)
    return beginnings


def _lines_in(text: str, beginnings: Mapping[str, list[str]]) -> Iterator[str]:
    """Yield the lines that a text without white space holds, wherever its own lines began."""
    for start in range(len(text) - TELLING_LENGTH + 1):
        for line in beginnings.get(text[start : start + TELLING_LENGTH], ()):
            if text.startswith(line, start):
                yield line


def _shortened(line: str) -> str:
    return line if len(line) <= _SHOWN_LENGTH else line[: _SHOWN_LENGTH - 1] + "…"
