"""Intake: what is taken, what is refused, and that nothing else can come of it."""

from __future__ import annotations

import bz2
import functools
import io
import lzma
import os
import random
import shutil
import stat
import struct
import tempfile
import tracemalloc
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grader.errors import ExitCode, SubmissionError
from grader.models import Assessment, Assignment, Criterion, Limits, Submission
from grader.submission import ENTRIES_LIMIT, MODULE_LIMIT, UNPACKED_LIMIT, read_archive, read_submission

KNN = b"def knn():\n    return 1\n"
LINREG = b"def fit():\n    return 2\n"
STORED, DEFLATED, BZIP2, LZMA = 0, 8, 12, 14
LOW = 2**32 - 1
"""A number that sends the reader to the zip64 field."""

LINK, FIFO, DEVICE, SOCKET = stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFSOCK
HOSTILE = "x\x1b[2J\x1b]0;t\x07\r\n\u202egnp\u200b\u2066\x9b31m\x00\ufeff"
"""What a terminal might obey: escapes, a title, new lines, bidirectional overrides, invisible characters."""


def assignment(name: str, *modules: str) -> Assignment:
    criterion = Criterion("all", "All", 100, "correctness", "works")
    return Assignment(name, name.title(), "1", modules, (criterion,), Limits(1, 3, 60, 2**28))


ASSESSMENT = Assessment(
    title="Take-home",
    version="1",
    pass_mark=60,
    assignments=(assignment("knn", "knn"), assignment("linear_regression", "linear_regression")),
    weights={"knn": 1, "linear_regression": 1},
)


@dataclass(frozen=True)
class Entry:
    """An entry of an archive that is written byte by byte, so that it can lie about everything.

    Attributes:
        size: what is declared, where it is not the truth; so are ``packed_size`` and ``crc``.
        mode: the Unix mode, with the file's type.
    """

    name: bytes
    content: bytes = b""
    method: int = DEFLATED
    flags: int = 0
    mode: int = stat.S_IFREG | 0o644
    raw: bytes | None = None
    size: int | None = None
    packed_size: int | None = None
    crc: int | None = None
    extra: bytes = b""
    offset: int | None = None
    version: int = 20
    local_name: bytes | None = None


def archive(*entries: Entry, before: bytes = b"", comment: bytes = b"") -> bytes:
    """Write a zip archive (APPNOTE.TXT, 4.3) with what the entries say, true or not."""
    body, directory = before, b""
    for entry in entries:
        packed = entry.raw if entry.raw is not None else pack(entry.content, entry.method)
        crc = zlib.crc32(entry.content) if entry.crc is None else entry.crc
        size = len(entry.content) if entry.size is None else entry.size
        packed_size = len(packed) if entry.packed_size is None else entry.packed_size
        start = len(body) - len(before) if entry.offset is None else entry.offset
        facts = (entry.version, entry.flags, entry.method, 0, 0x21, crc, packed_size, size)
        local = entry.name if entry.local_name is None else entry.local_name
        body += struct.pack("<4s5H3I2H", b"PK\3\4", *facts, len(local), 0) + local + packed
        lengths = (len(entry.name), len(entry.extra), 0)
        directory += struct.pack("<4s6H3I5H2I", b"PK\1\2", 0x314, *facts, *lengths, 0, 0, entry.mode << 16, start)
        directory += entry.name + entry.extra
    count, start = len(entries), len(body) - len(before)
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, count, count, len(directory), start, len(comment))
    return body + directory + end + comment


def pack(content: bytes, method: int) -> bytes:
    if method == DEFLATED:
        packer = zlib.compressobj(9, zlib.DEFLATED, -15)
        return packer.compress(content) + packer.flush()
    if method == BZIP2:
        return bz2.compress(content)
    if method == LZMA:
        written = io.BytesIO()
        with zipfile.ZipFile(written, "w", zipfile.ZIP_LZMA) as target:
            target.writestr("x", content)
        with zipfile.ZipFile(written) as source:
            start = 30 + 1
            return written.getvalue()[start : start + source.infolist()[0].compress_size]
    return content


def zip64(size: int, packed_size: int, offset: int) -> bytes:
    """A zip64 field that overrides what the directory has as 0xFFFFFFFF."""
    return struct.pack("<HHQQQ", 1, 24, size, packed_size, offset)


def zipped(files: dict[str, bytes], method: int = DEFLATED) -> bytes:
    """Write an ordinary archive with the standard library."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", method) as target:
        for name, content in files.items():
            target.writestr(name, content)
    return written.getvalue()


def encrypted(content: bytes, password: bytes) -> bytes:
    """Encrypt as PKZIP does (APPNOTE.TXT, 6.1)."""
    table = [functools.reduce(lambda c, _: (c >> 1) ^ 0xEDB88320 * (c & 1), range(8), n) for n in range(256)]
    keys = [0x12345678, 0x23456789, 0x34567890]

    def update(byte: int) -> None:
        keys[0] = (keys[0] >> 8) ^ table[(keys[0] ^ byte) & 0xFF]
        keys[1] = ((keys[1] + (keys[0] & 0xFF)) * 134775813 + 1) & 0xFFFFFFFF
        keys[2] = (keys[2] >> 8) ^ table[(keys[2] ^ (keys[1] >> 24)) & 0xFF]

    for byte in password:
        update(byte)
    secret = bytearray()
    check = zlib.crc32(content) >> 24
    for byte in bytes(11) + bytes([check]) + content:
        mask = keys[2] | 2
        secret.append(byte ^ ((mask * (mask ^ 1)) >> 8) & 0xFF)
        update(byte)
    return bytes(secret)


def read(content: bytes, name: str = "submission.zip") -> Submission:
    return read_archive(name, content, ASSESSMENT)


def refusal(content: bytes, name: str = "submission.zip") -> str:
    """Return the message that an archive is refused with, once it is known to be fit for a terminal."""
    with pytest.raises(SubmissionError) as caught:
        read(content, name)
    return one_clear_line(caught.value)


def one_clear_line(error: SubmissionError) -> str:
    message = str(error)
    assert message
    assert message.isprintable(), ascii(message)
    assert len(message) < 1200
    assert error.exit_code == ExitCode.USAGE
    return message


@pytest.fixture(autouse=True)
def empty_surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing is ever written: neither to the current folder nor to the one for temporary files."""
    places = [tmp_path / "here", tmp_path / "temporary"]
    for place in places:
        place.mkdir()
    monkeypatch.chdir(places[0])
    monkeypatch.setattr(tempfile, "tempdir", str(places[1]))
    yield
    assert [list(place.iterdir()) for place in places] == [[], []]


GOOD = Entry(b"knn.py", KNN)


# What is taken


@pytest.mark.parametrize(
    "files",
    [
        {"knn.py": KNN, "linear_regression.py": LINREG},
        {"knn/knn.py": KNN, "linear_regression/linear_regression.py": LINREG},
        {"knn/knn.py": KNN, "linear_regression.py": LINREG},
        {"my work/knn.py": KNN, "my work/linear_regression.py": LINREG},
        {"my work/knn/knn.py": KNN, "my work/linear_regression/linear_regression.py": LINREG},
        {"Müller/": b"", "Müller/knn.py": KNN, "Müller/linear_regression.py": LINREG},
        {"./knn.py": KNN, "./linear_regression.py": LINREG},
        {"knn.py": KNN, "linear_regression.py": LINREG, "README.md": b"hi", "tests/test_knn.py": b""},
    ],
)
def test_modules_are_found_at_the_top_or_in_their_folder_with_or_without_one_around(files: dict[str, bytes]) -> None:
    assert dict(read(zipped(files)).modules) == {"knn": KNN, "linear_regression": LINREG}


@pytest.mark.parametrize(
    "leftover",
    [
        "__MACOSX/._work",
        "__MACOSX/handin/._knn.py",
        "__MACOSX/work/knn.py",
        ".DS_Store",
        "work/.DS_Store",
        "work/._knn.py",
        "._knn.py",
        "Thumbs.db",
        "work/Thumbs.db",
        "desktop.ini",
        "work/desktop.ini",
        "work/__pycache__/knn.cpython-311.pyc",
    ],
)
def test_leftovers_of_operating_systems_neither_count_nor_hide_the_folder_around(leftover: str) -> None:
    submission = read(zipped({leftover: b"\0\5\x16\7", "work/knn.py": KNN, "work/linear_regression.py": LINREG}))
    assert dict(submission.modules) == {"knn": KNN, "linear_regression": LINREG}
    assert submission.ignored == 1


def test_a_module_inside_leftovers_alone_is_none() -> None:
    assert "nothing" in refusal(zipped({"__MACOSX/knn.py": KNN}))


def test_only_the_named_modules_are_taken_and_the_rest_is_counted() -> None:
    planted = {"conftest.py": b"x", "pyproject.toml": b"x", "sitecustomize.py": b"x", "numpy/__init__.py": b"x"}
    submission = read(zipped({"knn.py": KNN, **planted}))
    assert dict(submission.modules) == {"knn": KNN}
    assert dict(submission.paths) == {"knn": "knn.py"}
    assert submission.ignored == 4


def test_a_missing_module_is_no_error() -> None:
    assert list(read(zipped({"linear_regression.py": LINREG})).modules) == ["linear_regression"]


def test_paths_say_where_a_module_lay_within_the_folder_around() -> None:
    assert dict(read(zipped({"work/knn/knn.py": KNN})).paths) == {"knn": "knn/knn.py"}


@pytest.mark.parametrize("method", [STORED, DEFLATED])
def test_stored_and_deflated_archives_are_read(method: int) -> None:
    assert read(zipped({"knn.py": KNN}, method)).modules["knn"] == KNN


@pytest.mark.parametrize("method", [BZIP2, LZMA])
def test_other_methods_are_read_right_or_refused(method: int) -> None:
    """Few programs write them; what counts is that neither gets halfway."""
    content = zipped({"knn.py": KNN}, method)
    try:
        assert read(content).modules["knn"] == KNN
    except SubmissionError as error:
        one_clear_line(error)


def test_an_archive_with_other_bytes_before_or_a_comment_after_is_read() -> None:
    """Self-extracting archives have a program in front; some programs leave a comment."""
    assert read(archive(GOOD, before=b"#!/bin/sh\nexit\n" * 9)).modules["knn"] == KNN
    assert read(archive(GOOD, comment=b"made with love")).modules["knn"] == KNN


def test_a_zip64_archive_is_read() -> None:
    field = zip64(len(KNN), len(KNN), 0)
    entry = Entry(b"knn.py", KNN, STORED, size=LOW, packed_size=LOW, offset=LOW, extra=field)
    assert read(archive(entry)).modules["knn"] == KNN


@pytest.mark.parametrize("size", [0, 1, MODULE_LIMIT])
def test_a_module_may_be_as_large_as_the_limit(size: int) -> None:
    source = random.Random(5).randbytes(size)
    assert read(zipped({"knn.py": source})).modules["knn"] == source


def test_as_many_entries_as_the_limit_are_accepted() -> None:
    files = {f"notes/{n}.txt": b"" for n in range(ENTRIES_LIMIT - 1)}
    assert read(zipped({"knn.py": KNN, **files})).ignored == ENTRIES_LIMIT - 1


def test_a_highly_regular_module_is_no_bomb() -> None:
    """A small file may shrink more than a hundredfold in all honesty."""
    source = b"# " + b"-" * 60_000
    assert read(zipped({"knn.py": source})).modules["knn"] == source


# What it is known by


def test_the_digest_depends_on_names_and_contents_alone() -> None:
    modules = {"knn.py": KNN, "linear_regression.py": LINREG}
    plain = read(zipped(modules)).sha256
    late = zipfile.ZipInfo("knn.py", (2031, 2, 3, 4, 5, 6))
    late.external_attr = (stat.S_IFREG | 0o755) << 16
    late.comment = b"final"
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", STORED) as target:
        target.comment = b"final final"
        target.writestr("linear_regression.py", LINREG)
        target.writestr("notes.txt", b"hello")
        target.writestr(late, KNN)
    assert read(written.getvalue(), "other.zip").sha256 == plain
    assert read(zipped({f"work/{name}": content for name, content in modules.items()})).sha256 == plain


def test_the_digest_is_the_same_for_a_folder(tmp_path: Path) -> None:
    folder = written(tmp_path, {"knn.py": KNN})
    assert read_submission(folder, ASSESSMENT).sha256 == read(zipped({"knn.py": KNN})).sha256


@pytest.mark.parametrize(
    "other",
    [
        {"knn.py": KNN + b"\n"},
        {"linear_regression.py": KNN},
        {"knn.py": KNN, "linear_regression.py": b""},
        {"knn.py": b"", "linear_regression.py": KNN},
    ],
)
def test_other_contents_have_another_digest(other: dict[str, bytes]) -> None:
    assert read(zipped(other)).sha256 != read(zipped({"knn.py": KNN})).sha256


def test_the_digest_cannot_be_shifted_between_modules() -> None:
    """Contents of one module that imitate the start of the next give another digest."""
    honest = read(zipped({"knn.py": b"a", "linear_regression.py": b"b"})).sha256
    forged = read(zipped({"knn.py": b"alinear_regression\x001\x00b"})).sha256
    assert honest != forged


# What is refused: no archive, or a damaged one


@pytest.mark.parametrize("content", [b"", b"PK", b"%PDF-1.7 not a zip", b"\x1f\x8b" + bytes(500), bytes(100_000)])
def test_what_is_no_zip_is_refused(content: bytes) -> None:
    assert "zip archive" in refusal(content)


def test_an_archive_truncated_anywhere_is_refused() -> None:
    whole = zipped({"knn.py": KNN * 30, "linear_regression.py": LINREG * 30})
    for length in range(len(whole)):
        assert "zip" in refusal(whole[:length])


def test_an_empty_archive_holds_no_module() -> None:
    assert "holds nothing" in refusal(zipped({}))


@pytest.mark.parametrize("where", ["knn.py", "notes.txt"])
def test_damaged_contents_are_refused_wherever_they_are(where: str) -> None:
    """Also in a file that is not taken: half a download is no submission."""
    files = {"knn.py": KNN, "notes.txt": b"to whom it may concern", "linear_regression.py": LINREG}
    content = zipped(files, STORED)
    at = content.index(files[where]) + 3
    assert "zip" in refusal(content[:at] + bytes([content[at] ^ 0x20]) + content[at + 1 :])


@pytest.mark.parametrize(
    "entry",
    [
        Entry(b"knn.py", KNN, crc=1),
        Entry(b"knn.py", KNN, size=len(KNN) - 1),
        Entry(b"knn.py", KNN, packed_size=3),
        Entry(b"knn.py", KNN, raw=b"\xff" * 40),
        Entry(b"knn.py", KNN, offset=10),
        Entry(b"knn.py", KNN, offset=2**31),
        Entry(b"knn.py", KNN, local_name=b"evil.py"),
        Entry(b"knn.py", KNN, version=99),
        Entry(b"knn.py", KNN, flags=0x20),
        Entry(b"knn.py", KNN, flags=0x40),
        Entry(b"\xff\xfe.py", KNN, flags=0x800),
        Entry(b"knn.py", KNN, extra=b"\1\0\xff\xff"),
        Entry(b"knn.py", KNN, size=2**32 - 1, extra=b"\1\0\0\0"),
        Entry(b"knn.py", KNN, LZMA, raw=b"\x09\x04\x05\x00\xff\xff\xff\xff\xff" + bytes(40)),
        Entry(b"knn.py", KNN, LZMA, raw=b"\x09\x04\xff\xff" + bytes(40)),
        Entry(b"knn.py", KNN, BZIP2, raw=b"BZh9 and nothing of the kind"),
    ],
    ids=range(16),
)
def test_what_the_directory_says_and_the_contents_do_not_is_refused(entry: Entry) -> None:
    refusal(archive(entry))


@pytest.mark.parametrize("method", [STORED, DEFLATED])
@pytest.mark.parametrize("more", [-5, -1, 1, 5, 1000])
def test_a_declared_size_that_lies_never_changes_what_is_taken(method: int, more: int) -> None:
    """What is taken has the checksum that the directory gives; else it is refused."""
    try:
        assert read(archive(Entry(b"knn.py", KNN, method, size=len(KNN) + more))).modules["knn"] == KNN
    except SubmissionError as error:
        one_clear_line(error)


@pytest.mark.parametrize("method", [1, 6, 9, 19, 93, 95, 97, 98, 99, 0xFFFF])
def test_an_unknown_compression_method_is_refused(method: int) -> None:
    refusal(archive(Entry(b"knn.py", KNN, method, raw=KNN)))


@pytest.mark.parametrize("number", [2**31, 2**32, 2**62, 2**63 - 1, 2**63, 2**64 - 1])
@pytest.mark.parametrize("field", ["size", "offset"])
def test_impossible_zip64_numbers_are_refused(field: str, number: int) -> None:
    numbers = {"size": len(KNN), "packed_size": len(KNN), "offset": 0} | {field: number}
    refusal(archive(Entry(b"knn.py", KNN, STORED, size=LOW, packed_size=LOW, offset=LOW, extra=zip64(**numbers))))


@pytest.mark.parametrize("directory_size", [1, 2**31, 2**63, 2**64 - 1])
@pytest.mark.parametrize("start", [0, 2**31, 2**63, 2**64 - 1])
def test_impossible_zip64_ends_are_refused(directory_size: int, start: int) -> None:
    content = archive(GOOD)
    at = content.index(b"PK\5\6")
    end = struct.pack("<4sQ2H2I4Q", b"PK\6\6", 44, 45, 45, 0, 0, 1, 1, directory_size, start)
    pointer = struct.pack("<4sIQI", b"PK\6\7", 0, at, 1)
    classic = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 1, 1, 2**32 - 1, 2**32 - 1, 0)
    refusal(content[:at] + end + pointer + classic)


# What is refused: encryption


@pytest.mark.parametrize("name", [b"knn.py", b"notes.txt"])
def test_an_entry_marked_as_encrypted_is_refused(name: bytes) -> None:
    content = archive(GOOD, Entry(b"x" + name, KNN, flags=1))
    assert "encrypted" in refusal(content)


def test_a_really_encrypted_archive_is_refused() -> None:
    secret = encrypted(KNN, b"letmein")
    content = archive(Entry(b"knn.py", KNN, STORED, flags=1, raw=secret))
    with zipfile.ZipFile(io.BytesIO(content)) as source:
        assert source.read("knn.py", b"letmein") == KNN
    message = refusal(content)
    assert "encrypted" in message
    assert "without a password" in message


# What is refused: names


@pytest.mark.parametrize(
    "name",
    [
        "/knn.py",
        "//server/knn.py",
        "/etc/passwd",
        "../knn.py",
        "work/../knn.py",
        "work/../../knn.py",
        "work/..",
        "..",
        "..\\knn.py",
        "work\\knn.py",
        "\\knn.py",
        "\\\\server\\share\\knn.py",
        "C:knn.py",
        "C:/knn.py",
        "c:\\knn.py",
        "knn.py\0.txt",
        "\0knn.py",
    ],
)
@pytest.mark.parametrize("flags", [0, 0x800], ids=["cp437", "utf8"])
def test_names_that_lead_elsewhere_are_refused_even_beside_good_ones(name: str, flags: int) -> None:
    message = refusal(archive(GOOD, Entry(name.encode(), b"x", flags=flags)))
    assert "unsafe name" in message


@pytest.mark.parametrize("name", ["..knn.py", "a..b.txt", "notes...txt", "…/x.txt"])
def test_dots_that_lead_nowhere_are_fine(name: str) -> None:
    assert read(zipped({"knn.py": KNN, name: b""})).ignored == 1


@pytest.mark.parametrize("name", [b"", b".", b"./", b"././.", b"/"])
def test_names_that_name_nothing_are_refused_or_ignored(name: bytes) -> None:
    """They are in no way an excuse to fall over."""
    content = archive(GOOD, Entry(name, b""))
    try:
        assert dict(read(content).modules) == {"knn": KNN}
    except SubmissionError as error:
        one_clear_line(error)


@pytest.mark.parametrize("kind", [LINK, FIFO, DEVICE, SOCKET, stat.S_IFBLK])
@pytest.mark.parametrize("name", [b"knn.py", b"elsewhere/data"])
def test_links_and_special_files_are_refused(kind: int, name: bytes) -> None:
    content = archive(Entry(b"linear_regression.py", LINREG), Entry(name, b"/etc/passwd", mode=kind | 0o777))
    assert "link or special file" in refusal(content)


@pytest.mark.parametrize("mode", [0, 0o644, stat.S_IFREG | 0o4777])
def test_any_mode_of_a_plain_file_is_fine(mode: int) -> None:
    """Archives made on Windows carry no mode at all."""
    assert read(archive(Entry(b"knn.py", KNN, mode=mode))).modules["knn"] == KNN


@pytest.mark.parametrize(
    "names",
    [
        (b"knn.py", b"knn.py"),
        (b"work/knn.py", b"work/knn.py"),
        (b"notes.txt", b"notes.txt"),
        (b"knn.py", b"knn.py/"),
        (b"knn.py", b"./knn.py"),
        (b"knn/knn.py", b"knn//knn.py"),
        (b"knn/knn.py", b"knn/./knn.py"),
    ],
)
def test_two_entries_of_the_same_name_are_refused(names: tuple[bytes, bytes]) -> None:
    """Programs differ on which of the two they would take."""
    first, second = names
    message = refusal(archive(Entry(b"linear_regression.py", LINREG), Entry(first, KNN), Entry(second, b"evil()")))
    assert "twice" in message


# What is refused: too much


def test_too_many_entries_are_refused() -> None:
    message = refusal(zipped({"knn.py": KNN, **{f"{n}.txt": b"" for n in range(ENTRIES_LIMIT)}}))
    assert "201 entries" in message
    assert "200" in message


def test_more_entries_than_the_end_record_admits_are_refused() -> None:
    content = zipped({"knn.py": KNN, **{f"{n}.txt": b"" for n in range(ENTRIES_LIMIT)}})
    at = content.rindex(b"PK\5\6")
    refusal(content[: at + 8] + struct.pack("<2H", 1, 1) + content[at + 12 :])


def test_too_much_unpacked_is_refused() -> None:
    noise = random.Random(1).randbytes(UNPACKED_LIMIT // 10)
    files = {f"{n}.bin": noise for n in range(11)}
    assert "10 MB" in refusal(zipped({"knn.py": KNN, **files}, STORED))


def test_a_module_beyond_the_limit_is_refused() -> None:
    source = random.Random(2).randbytes(MODULE_LIMIT + 1)
    message = refusal(zipped({"knn.py": source}))
    assert "knn.py" in message
    assert "1 MB" in message


@pytest.mark.parametrize("name", ["knn.py", "data.csv"])
def test_a_bomb_is_refused_by_its_ratio(name: str) -> None:
    assert "zip bomb" in refusal(zipped({"linear_regression.py": LINREG, name: bytes(2_000_000)}))


def test_overlapping_entries_cannot_add_up() -> None:
    """Fifield's bomb: many entries share one body; what they declare counts in full."""
    packed = pack(random.Random(3).randbytes(1000) * 500, DEFLATED)
    shared = Entry(b"0.bin", raw=packed, size=500_000, offset=0)
    others = [Entry(b"%d.bin" % n, raw=b"", size=500_000, packed_size=len(packed), offset=0) for n in range(1, 100)]
    refusal(archive(shared, *others))


@pytest.mark.parametrize("method", [DEFLATED, BZIP2, LZMA])
def test_a_bomb_that_lies_about_its_size_is_never_unpacked(method: int) -> None:
    """A hundred megabytes behind a declared kilobyte, checksum included, do not cost the memory for them."""
    bomb = {
        DEFLATED: lambda: pack(bytes(100_000_000), DEFLATED),
        BZIP2: lambda: bz2.compress(bytes(100_000_000), 9),
        LZMA: lambda: b"\x09\x04\x05\x00" + lzma_bomb(100_000_000),
    }[method]()
    content = archive(Entry(b"knn.py", bytes(1000), method, raw=bomb))
    assert peak_bytes(lambda: outcome(content)) < 32_000_000


def lzma_bomb(size: int) -> bytes:
    kind = {"id": lzma.FILTER_LZMA1, "dict_size": 1 << 16, "lc": 3, "lp": 0, "pb": 2, "mode": lzma.MODE_FAST}
    raw = lzma.compress(bytes(size), lzma.FORMAT_RAW, filters=[kind | {"nice_len": 273, "mf": lzma.MF_HC3}])
    return struct.pack("<BI", 0x5D, 1 << 16) + raw


def peak_bytes(work: object) -> int:
    assert callable(work)
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_file_larger_than_any_archive_may_be_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "submission.zip"
    with path.open("wb") as stream:
        stream.truncate(10_000_000_000)
    with pytest.raises(SubmissionError, match="larger than") as caught:
        read_submission(path, ASSESSMENT)
    one_clear_line(caught.value)


# What is refused: modules that are not where they should be


def test_the_same_module_in_both_places_is_refused() -> None:
    message = refusal(zipped({"knn.py": KNN, "knn/knn.py": KNN}))
    assert "knn.py and knn/knn.py" in message
    assert "one of them" in message


@pytest.mark.parametrize(
    ("found", "right"),
    [
        ("KNN.py", "knn.py"),
        ("Knn.PY", "knn.py"),
        ("knn/KNN.py", "knn.py"),
        ("work/Linear_Regression.py", "linear_regression.py"),
        ("KNN/knn.py", "knn/knn.py"),
    ],
)
def test_a_name_that_differs_in_case_only_is_refused_with_the_right_one(found: str, right: str) -> None:
    """Even when another module is right: it would silently earn nothing."""
    beside = "work/notes.txt" if found.startswith("work/") else "linear_regression.py"
    message = refusal(zipped({found: KNN, beside: LINREG}))
    assert found.removeprefix("work/") in message
    assert f"rename it to {right}" in message


def test_the_right_name_beside_a_wrong_case_counts() -> None:
    assert read(zipped({"knn.py": KNN, "KNN.py": b"old"})).modules["knn"] == KNN


def test_without_any_module_the_message_lists_what_was_looked_for_and_what_was_found() -> None:
    message = refusal(zipped({"solution.py": KNN, "src/main.py": LINREG}))
    for name in ("knn.py", "linear_regression.py", "solution.py", "src/main.py"):
        assert name in message


def test_a_long_list_of_what_was_found_is_cut() -> None:
    message = refusal(zipped({f"file{n:03}.txt": b"" for n in range(100)}))
    assert "file000.txt" in message
    assert "and 92 more" in message
    assert "file099" not in message


def test_a_module_too_deep_is_not_found() -> None:
    assert "a/b/knn.py" in refusal(zipped({"a/b/knn.py": KNN, "c.txt": b""}))


# Messages are fit for a terminal, whatever a name holds


@pytest.mark.parametrize("length", [1, 1300], ids=["short", "long"])
@pytest.mark.parametrize(
    "kind",
    ["none found", "encrypted", "unsafe", "link", "twice", "bomb", "damaged", "other name inside", "method"],
)
def test_hostile_names_never_reach_a_terminal(kind: str, length: int) -> None:
    hostile = HOSTILE.replace("\0", "") * length
    name = hostile.encode()
    fields: dict[str, object] = {"flags": 0x800}
    match kind:
        case "encrypted":
            fields["flags"] = 0x801
        case "unsafe":
            name = b"/" + name
        case "link":
            fields["mode"] = LINK | 0o777
        case "bomb":
            fields["content"] = bytes(1_000_000)
        case "damaged":
            fields["crc"] = 7
        case "other name inside":
            fields["local_name"] = name[::-1].replace(b"\xe2", b"")
        case "method":
            fields |= {"method": 77, "raw": b""}
    entries = [Entry(name, **fields)] * (2 if kind == "twice" else 1)  # type: ignore[arg-type]
    refusal(archive(*(() if kind == "none found" else (GOOD,)), *entries))


@pytest.mark.parametrize("content", [b"", zipped({"../x": b""}), zipped({"x.txt": b""}), zipped({"KNN.py": b""})])
def test_the_archives_own_name_may_be_hostile_too(content: bytes) -> None:
    """Candidates name their archives, and browsers keep the names."""
    refusal(content, HOSTILE + ".zip")


# Folders and single files


def written(folder: Path, files: dict[str, bytes]) -> Path:
    root = folder / "handed in"
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return root


def refused(path: Path) -> str:
    with pytest.raises(SubmissionError) as caught:
        read_submission(path, ASSESSMENT)
    return one_clear_line(caught.value)


@pytest.mark.parametrize("names", [("knn.py", "linear_regression.py"), ("knn/knn.py", "linear_regression.py")])
def test_a_folder_is_read_like_an_archive(tmp_path: Path, names: tuple[str, str]) -> None:
    folder = written(tmp_path, {names[0]: KNN, names[1]: LINREG, "conftest.py": b"x"})
    submission = read_submission(folder, ASSESSMENT)
    assert dict(submission.modules) == {"knn": KNN, "linear_regression": LINREG}
    assert submission.name == "handed in"
    assert submission.ignored == 1


def test_a_single_module_is_read(tmp_path: Path) -> None:
    submission = read_submission(written(tmp_path, {"knn.py": KNN}) / "knn.py", ASSESSMENT)
    assert (dict(submission.modules), submission.name) == ({"knn": KNN}, "knn.py")


def test_an_archive_is_read_from_disk_whatever_its_suffix(tmp_path: Path) -> None:
    path = tmp_path / "upload.bin"
    path.write_bytes(zipped({"knn.py": KNN}))
    assert read_submission(path, ASSESSMENT).modules["knn"] == KNN


def test_nothing_at_the_path_is_said(tmp_path: Path) -> None:
    assert "no such file" in refused(tmp_path / "nowhere.zip")


def test_what_is_neither_file_nor_folder_is_refused_unopened(tmp_path: Path) -> None:
    """Opening a pipe that nobody writes to would wait for ever."""
    os.mkfifo(tmp_path / "submission.zip")
    refused(tmp_path / "submission.zip")


def test_a_pipe_in_a_folder_is_not_opened(tmp_path: Path) -> None:
    folder = written(tmp_path, {"linear_regression.py": LINREG})
    os.mkfifo(folder / "knn.py")
    assert list(read_submission(folder, ASSESSMENT).modules) == ["linear_regression"]


@pytest.mark.parametrize("target", ["secret.py", "nowhere.py"])
def test_a_link_in_a_folder_is_refused(tmp_path: Path, target: str) -> None:
    (tmp_path / "secret.py").write_bytes(b"password")
    folder = written(tmp_path, {"linear_regression.py": LINREG})
    (folder / "knn.py").symlink_to(tmp_path / target)
    assert "knn.py is a link" in refused(folder)


def test_a_link_to_a_folder_of_an_assignment_is_refused(tmp_path: Path) -> None:
    """Passed over in silence it would cost an assignment that was handed in."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "knn.py").write_bytes(KNN)
    folder = written(tmp_path, {"linear_regression.py": LINREG})
    (folder / "knn").symlink_to(tmp_path / "elsewhere")
    assert "link" in refused(folder)


def test_a_folder_named_like_a_module_is_none(tmp_path: Path) -> None:
    folder = written(tmp_path, {"knn.py/x.txt": b"", "linear_regression.py": LINREG})
    assert list(read_submission(folder, ASSESSMENT).modules) == ["linear_regression"]


def test_both_places_in_a_folder_are_refused(tmp_path: Path) -> None:
    assert "one of them" in refused(written(tmp_path, {"knn.py": KNN, "knn/knn.py": KNN}))


@pytest.mark.parametrize("name", ["KNN.py", "knn.PY", "knn/Knn.py"])
def test_a_wrong_case_in_a_folder_is_refused_with_the_right_one(tmp_path: Path, name: str) -> None:
    assert "rename it to knn.py" in refused(written(tmp_path, {name: KNN}))


@pytest.mark.parametrize("name", ["KNN.py", "knn.PY"])
def test_a_wrong_case_of_a_single_module_is_refused_with_the_right_one(tmp_path: Path, name: str) -> None:
    assert "rename it to knn.py" in refused(written(tmp_path, {name: KNN}) / name)


def test_a_folder_or_file_without_a_module_lists_what_it_holds(tmp_path: Path) -> None:
    folder = written(tmp_path, {"solution.py": KNN})
    for path in (folder, folder / "solution.py"):
        message = refused(path)
        assert "knn.py, linear_regression.py" in message
        assert "solution.py" in message
    assert "nothing" in refused(written(tmp_path / "other", {"notes.txt": b""}))


def test_a_module_beyond_the_limit_is_refused_in_a_folder_too(tmp_path: Path) -> None:
    folder = written(tmp_path, {"knn.py": b"#" * (MODULE_LIMIT + 1)})
    assert "1 MB" in refused(folder)
    assert "1 MB" in refused(folder / "knn.py")


def test_hostile_names_in_a_folder_never_reach_a_terminal(tmp_path: Path) -> None:
    hostile = HOSTILE.replace("\0", "") + os.fsdecode(b"\xff\xfe") + ".py"
    folder = written(tmp_path, {hostile: b""})
    assert "?" in refused(folder)
    assert "?" in refused(folder / hostile)
    refused(folder / "nowhere" / hostile)
    (folder / "named").mkdir()
    refused((folder / hostile).rename(folder / "named" / hostile.replace(".py", ".zip")))


# Nothing else can come of it


def outcome(content: bytes) -> Submission | str:
    """A submission that keeps the promises of one, or the message of a refusal that does."""
    try:
        submission = read(content)
    except SubmissionError as error:
        return one_clear_line(error)
    assert submission.modules
    assert set(submission.modules) <= {"knn", "linear_regression"}
    assert all(type(source) is bytes and len(source) <= MODULE_LIMIT for source in submission.modules.values())
    assert set(submission.paths) == set(submission.modules)
    assert submission.ignored >= 0
    return submission


FUZZ = settings(
    max_examples=400, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@FUZZ
@given(st.binary(max_size=400))
def test_arbitrary_bytes_give_a_submission_or_a_refusal(content: bytes) -> None:
    assert isinstance(outcome(content), str)
    outcome(archive(GOOD)[:36] + content + archive(GOOD)[36:])


VICTIMS = [
    zipped({"knn.py": KNN, "work/x.txt": b"y" * 50}),
    archive(GOOD, Entry(b"linear_regression.py", LINREG, STORED), comment=b"c"),
    archive(Entry(b"knn.py", KNN, STORED, size=LOW, packed_size=LOW, offset=LOW, extra=zip64(len(KNN), len(KNN), 0))),
    zipped({"knn.py": KNN}, BZIP2),
    zipped({"knn.py": KNN}, LZMA),
]
CHANGES = st.lists(
    st.tuples(st.floats(0, 1, exclude_max=True), st.one_of(st.integers(0, 255), st.sampled_from([0, 1, 127, 255]))),
    min_size=1,
    max_size=6,
)


@FUZZ
@given(st.sampled_from(VICTIMS), CHANGES)
def test_changed_archives_give_a_submission_or_a_refusal(content: bytes, changes: list[tuple[float, int]]) -> None:
    changed = bytearray(content)
    for place, value in changes:
        changed[int(place * len(changed))] = value
    outcome(bytes(changed))


@FUZZ
@given(st.sampled_from(VICTIMS), st.lists(st.floats(0, 1), min_size=2, max_size=6))
def test_spliced_archives_give_a_submission_or_a_refusal(content: bytes, cuts: list[float]) -> None:
    pieces = [content[int(a * len(content)) : int(b * len(content))] for a, b in pairwise(cuts)]
    outcome(b"".join(pieces) + content[-60:])


@FUZZ
@given(
    st.lists(
        st.builds(
            Entry,
            name=st.one_of(
                st.sampled_from([b"knn.py", b"knn/knn.py", b"KNN.py", b"a/knn.py", b".", b"", b"/", b"__MACOSX/x"]),
                st.binary(max_size=12),
                st.text(max_size=8).map(lambda text: text.encode("utf-8", "replace")),
            ),
            content=st.binary(max_size=30),
            method=st.sampled_from([STORED, DEFLATED, BZIP2, LZMA, 7]),
            flags=st.sampled_from([0, 0, 0, 0x800, 1, 8, 0x20, 0xFFFF]),
            mode=st.sampled_from([0, stat.S_IFREG, stat.S_IFDIR, LINK, 0xFFFF]),
            raw=st.one_of(st.none(), st.binary(max_size=30)),
            size=st.one_of(st.none(), st.integers(0, 2**32 - 1)),
            packed_size=st.one_of(st.none(), st.integers(0, 2**32 - 1)),
            extra=st.one_of(st.just(b""), st.binary(max_size=30)),
            offset=st.one_of(st.none(), st.integers(0, 2**32 - 1)),
        ),
        max_size=4,
    )
)
def test_archives_of_odd_entries_give_a_submission_or_a_refusal(entries: list[Entry]) -> None:
    outcome(archive(*entries))


# Written answers, as text and as notebook


NOTEBOOK = b'{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}\n'


@pytest.mark.parametrize("around", ["", "work/"])
def test_answers_are_taken_from_the_folder_of_their_assignment_in_either_form(around: str) -> None:
    files = {"knn.py": KNN, "knn/answers.md": b"Because.", "linear_regression/questions.ipynb": NOTEBOOK}
    submission = read(zipped({f"{around}{name}": content for name, content in files.items()}))
    assert dict(submission.answers) == {"knn": "Because."}
    assert dict(submission.notebooks) == {"linear_regression": NOTEBOOK}
    assert (submission.ignored, submission.remarks) == (0, ())


def test_answers_in_both_forms_are_both_taken() -> None:
    submission = read(zipped({"knn.py": KNN, "knn/answers.md": b"Because.", "knn/questions.ipynb": NOTEBOOK}))
    assert (submission.answers["knn"], submission.notebooks["knn"]) == ("Because.", NOTEBOOK)


@pytest.mark.parametrize("name", ["questions.ipynb", "em/questions.ipynb", "knn/Questions.ipynb", "knn/knn.ipynb"])
def test_notebooks_elsewhere_are_none_of_answers(name: str) -> None:
    submission = read(zipped({"knn.py": KNN, "notes.txt": b"x", name: NOTEBOOK}))
    assert (dict(submission.notebooks), submission.ignored) == ({}, 2)


def test_a_notebook_of_answers_is_no_module_and_changes_no_digest() -> None:
    assert (
        read(zipped({"knn.py": KNN, "knn/questions.ipynb": NOTEBOOK})).sha256 == read(zipped({"knn.py": KNN})).sha256
    )
    assert "questions.ipynb" in refusal(zipped({"knn/questions.ipynb": NOTEBOOK}))


@pytest.mark.parametrize("form", ["answers.md", "questions.ipynb"])
def test_answers_beyond_the_limit_cost_nothing_and_are_told(form: str) -> None:
    content = random.Random(4).randbytes(3 * MODULE_LIMIT)
    submission = read(zipped({"knn.py": KNN, f"knn/{form}": content}, STORED))
    assert submission.modules["knn"] == KNN
    (remark,) = submission.remarks
    assert remark.startswith(f"knn/{form} is ")
    assert "1 MB" in remark
    if form == "questions.ipynb":
        assert submission.notebooks["knn"] == content[: MODULE_LIMIT + 1]


def test_a_text_beyond_what_an_archive_may_unpack_to_is_refused_with_its_name() -> None:
    """As everything else in an archive: fifty megabytes are refused before they are unpacked."""
    content = fifty_megabytes()
    message = refusal(archive(GOOD, Entry(b"knn/answers.md", content, size=len(content))))
    assert "unpacks to 47.7 MB" in message
    assert "answers.md" in message


@pytest.mark.parametrize("around", ["", "work/"])
def test_a_notebook_with_fifty_megabytes_of_pictures_does_not_cost_the_code(around: str) -> None:
    """Its answers are none, and that is said; no more of it is unpacked than of a module."""
    content = fifty_megabytes()
    submission = read(zipped({f"{around}knn.py": KNN, f"{around}knn/questions.ipynb": content}))
    assert submission.modules == {"knn": KNN}
    assert submission.notebooks["knn"] == content[: MODULE_LIMIT + 1]
    assert submission.remarks == ("knn/questions.ipynb is larger than 1 MB, and is not opened",)


def test_notebooks_that_are_not_opened_count_with_what_is_unpacked_of_them() -> None:
    large = {f"{name}/questions.ipynb": fifty_megabytes() for name in ("knn", "linear_regression")}
    rest = {f"{n}.txt": random.Random(n).randbytes(MODULE_LIMIT) for n in range(8)}
    message = refusal(zipped({"knn.py": KNN, **large, **rest}))
    assert "unpacks to 10 MB" in message


def test_what_is_damaged_beside_a_large_notebook_is_still_found() -> None:
    good = zipped(
        {"knn.py": KNN, "notes.txt": b"some notes, stored", "knn/questions.ipynb": fifty_megabytes()}, STORED
    )
    assert "does not match its checksum" in refusal(good.replace(b"some notes, stored", b"SOME NOTES, STORED"))


def fifty_megabytes() -> bytes:
    """A notebook's worth of pictures: it packs to about a tenth."""
    chance = random.Random(4)
    return b"".join(chance.randbytes(500) * 10 for _ in range(10_000))


@pytest.mark.parametrize("form", ["answers.md", "questions.ipynb"])
def test_a_folder_may_hold_answers_of_any_size(tmp_path: Path, form: str) -> None:
    folder = written(tmp_path, {"knn/knn.py": KNN, f"knn/{form}": bytes(50_000_000)})
    submission = read_submission(folder, ASSESSMENT)
    assert submission.modules["knn"] == KNN
    assert len(submission.remarks) == 1
    shutil.rmtree(folder)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_text_is_read_in_whatever_an_editor_saved_it(encoding: str) -> None:
    content = "Weil es größer ist. 😀".encode(encoding)
    assert read(zipped({"knn.py": KNN, "knn/answers.md": content})).answers["knn"] == "Weil es größer ist. 😀"


@pytest.mark.parametrize(
    "content", [b"\xff\xfe\x00\xd8", b"\xfe\xff\xd8", b"\xed\xa0\xbd", b"\xff", b"\xef\xbb\xbf\xff"]
)
def test_a_text_that_cannot_be_read_is_replaced_where_it_cannot(content: bytes) -> None:
    read(zipped({"knn.py": KNN, "knn/answers.md": content})).answers["knn"].encode("utf-8")


def test_a_link_to_a_notebook_is_none(tmp_path: Path) -> None:
    folder = written(tmp_path, {"knn/knn.py": KNN, "elsewhere.ipynb": NOTEBOOK})
    (folder / "knn" / "questions.ipynb").symlink_to(folder / "elsewhere.ipynb")
    assert dict(read_submission(folder, ASSESSMENT).notebooks) == {}
