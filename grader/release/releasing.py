"""Makes the packet that candidates get: bank in, one zip archive out, which was proved to give nothing away."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import grader
from grader.archive import zipped
from grader.bank import Bank, narrowed
from grader.errors import ExitCode, GraderError
from grader.models import Assessment, Submission
from grader.packet import PACKET_FILE, Packet, sha256
from grader.release.contents import public_files
from grader.release.leaks import FOLDER, README_FILE, check_packet
from grader.release.readme import readme
from grader.release.wheel import build_wheel
from grader.writing import write_whole
from grader.written.questions import ANSWERS_FILE, QUESTIONS_FILE

_VARIANT = re.compile(r"[A-Za-z0-9_.@-]{0,64}")


class ReleaseError(GraderError):
    """What was asked for cannot be given out."""

    exit_code = ExitCode.USAGE


@dataclass(frozen=True)
class Released:
    """A packet that was written.

    Attributes:
        path: of the archive.
        files: names in it.
        size_bytes: of it.
        sha256: of it.
        variant: whose numbers it has; empty for everybody's.
        packet: what its ``packet.json`` says.
    """

    path: Path
    files: tuple[str, ...]
    size_bytes: int
    sha256: str
    variant: str
    packet: Packet


def release(bank: Bank, names: Sequence[str], output: Path, variant: str = "") -> Released:
    """Write the packet for candidates; the same input gives the same bytes.

    Args:
        bank: whose public half is given out.
        names: assignments to give out; all of the take-home if empty.
        output: the archive; one that is there is replaced.
        variant: draws the numbers of this one candidate; letters, digits and ``-_.@``, 64 at most.

    Raises:
        ReleaseError: the variant will not do, or the archive cannot be written.
        LeakError: the packet would hold a secret; nothing is written.
        BankError: a public file is missing or wrong, or a name is unknown.
        GraderError: the wheel cannot be built.
    """
    _check_variant(variant)
    assessment = narrowed(bank.assessment, names)
    wheel = build_wheel()
    files = public_files(bank, assessment)
    forms = [form for form in (ANSWERS_FILE, QUESTIONS_FILE) if any(name.endswith(f"/{form}") for name in files)]
    files[README_FILE] = readme(assessment, wheel.name, forms).encode()
    packet = _packet(assessment, variant, files)
    files |= {PACKET_FILE: packet.as_json().encode(), wheel.name: wheel.content}
    content = zipped({f"{FOLDER}/{name}": file for name, file in files.items()})
    check_packet(content, bank, assessment, wheel.name)
    write_whole(output, content, ReleaseError)
    listed = tuple(f"{FOLDER}/{name}" for name in sorted(files))
    return Released(output, listed, len(content), sha256(content), variant, packet)


def hidden_seed(variant: str, bank_sha256: str) -> int:
    """Return the seed of a variant's hidden inputs, which nobody without the bank can compute.

    Args:
        variant: as it was released.
        bank_sha256: digest of the bank, ``Bank.sha256``.

    Raises:
        ReleaseError: it is no variant.
    """
    _check_variant(variant)
    return _seed(f"hidden {bank_sha256} {variant}")


def seed_of_variant(submission: Submission, bank_sha256: str) -> int | None:
    """Return the seed of the variant that a submission says it is of; ``None`` if it says nothing that is one.

    A candidate could name another variant in the manifest, and win nothing: what it leads to depends on the bank.

    Args:
        submission: what was handed in.
        bank_sha256: digest of the bank, ``Bank.sha256``.
    """
    variant = submission.manifest.variant if submission.manifest is not None else ""
    try:
        return hidden_seed(variant, bank_sha256) if variant else None
    except ReleaseError:
        return None  # what a manifest says wrongly costs nothing


def _packet(assessment: Assessment, variant: str, files: dict[str, bytes]) -> Packet:
    return Packet(
        assessment=assessment.title,
        version=assessment.version,
        variant=variant,
        seed=_seed(f"public {assessment.title} {assessment.version} {variant}"),
        grader_version=grader.__version__,
        files={name: sha256(content) for name, content in sorted(files.items())},
    )


def _seed(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")


def _check_variant(variant: str) -> None:
    if not _VARIANT.fullmatch(variant):
        raise ReleaseError(
            f"a variant should be at most 64 letters, digits and -_.@, but is {variant[:80]!r}",
            cure="give an id such as candidate-17",
        )
