"""The working folder: the take-home's public files, with the candidate's work in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from grader import __version__
from grader.bank import ASSESSMENT_FILE, narrowed, read_assessment
from grader.errors import BankError, SubmissionError
from grader.models import Assessment, Assignment
from grader.packet import PACKET_FILE, Packet, read_packet, sha256
from grader.written.questions import ANSWERS_FILE, QUESTIONS_FILE


@dataclass(frozen=True)
class Folder:
    """A folder with ``assessment.toml`` and a folder for each assignment.

    Attributes:
        root: where it is.
        packet: where its files came from; ``None`` if no packet was made of them, as in a bank.
    """

    root: Path
    packet: Packet | None

    @property
    def assessment(self) -> Assessment:
        """The take-home, without assignments whose rubric is gone or damaged; ``problems`` tells of those.

        Raises:
            SubmissionError: a file of the packet is missing or wrong; the message names it and the cure.
            BankError: the same where there is no packet.
        """
        return self._read[0]

    @property
    def unreadable(self) -> list[BankError]:
        """Why the assignments that ``assessment`` lacks cannot be read."""
        return self._read[1]

    @cached_property
    def _read(self) -> tuple[Assessment, list[BankError]]:
        unreadable: list[BankError] = []
        try:
            return read_assessment(self.root, unreadable), unreadable
        except BankError as error:
            if self.packet is None:
                raise
            raise SubmissionError(str(error), cure="take it from the packet again") from error

    def narrowed(self, names: Sequence[str]) -> tuple[Assignment, ...]:
        """Return the assignments of these names; all of them if no name is given.

        Raises:
            BankError: there is none of that name; the message suggests the nearest.
        """
        return narrowed(self.assessment, names).assignments

    def changed(self) -> list[str]:
        """Return the released files that are gone or not as they were, but for those to be filled in."""
        if self.packet is None:
            return []
        released = {name: digest for name, digest in self.packet.files.items() if not self._is_own(name)}
        return [name for name, digest in released.items() if not self._is_as_released(name, digest)]

    def problems(self) -> list[str]:
        """Say what is not as it was in the packet, one line each, with what to do."""
        if self.packet is None:
            return [str(error) for error in self.unreadable]
        gone = {name.partition("/")[0] for name in self.packet.files if "/" in name}
        gone = {folder for folder in gone if not (self.root / folder).is_dir()}
        lines = [f"the folder {name} is missing: take it from the packet again" for name in sorted(gone)]
        lines += [
            f"{name} is not as it was in the packet, and is not handed in: take it from there again"
            for name in self.changed()
            if name.partition("/")[0] not in gone
        ]
        if self.packet.version != self.assessment.version:
            lines.append(
                f"packet.json is of version {self.packet.version} of the take-home, but {ASSESSMENT_FILE} of"
                f" version {self.assessment.version}: start anew from one packet, and copy your work there"
            )
        if self.packet.grader_version != __version__:
            lines.append(
                f"this folder belongs to grader {self.packet.grader_version}, but {__version__} is installed:"
                " install the wheel of the packet again"
            )
        return lines

    def _is_own(self, name: str) -> bool:
        """Whether a file is there to be filled in."""
        forms = {f"{a.name}/{form}" for a in self.assessment.assignments for form in (ANSWERS_FILE, QUESTIONS_FILE)}
        own = {f"{a.name}/{module}" for a in self.assessment.assignments for module in a.modules}
        return name in forms or name.rpartition(".")[0] in own

    def _is_as_released(self, name: str, digest: str) -> bool:
        path = self.root / name
        return path.is_file() and sha256(path.read_bytes()) == digest


def find_folder(start: Path) -> Folder:
    """Return the working folder that a folder is, lies in, or (as a bank) has its public files in.

    Raises:
        SubmissionError: there is none.
    """
    start = start.resolve()
    for place in (start, *start.parents, start / "assignments"):
        if (place / ASSESSMENT_FILE).is_file():
            path = place / PACKET_FILE
            return Folder(place, read_packet(path.read_bytes(), str(path)) if path.is_file() else None)
    raise SubmissionError(
        f"{start} is no working folder: there is no {ASSESSMENT_FILE} in it or above it",
        cure="unzip the packet, go there, and run: grader start work",
    )
