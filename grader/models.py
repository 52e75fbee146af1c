"""The nouns of the pipeline. Plain, frozen, free of files, clocks and processes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from grader.manifest import Manifest

SKILLS = (
    "correctness",
    "numerical stability",
    "assumptions",
    "overfitting and tuning",
    "convergence",
    "randomness",
    "data types",
    "missing data",
    "input validation",
    "interpretability",
    "incremental update",
    "speed",
    "alternatives",
)


class Outcome(StrEnum):
    """What became of one test. Only ``PASSED`` earns."""

    PASSED = "PASSED"
    FAILED = "FAILED"
    ERROR = "ERROR"
    TIMEOUT = "TIMEOUT"
    OUT_OF_MEMORY = "OUT_OF_MEMORY"
    CRASHED = "CRASHED"
    NOT_RUN = "NOT_RUN"


@dataclass(frozen=True)
class Criterion:
    """One line of a rubric.

    Attributes:
        id: what tests name in their ``criterion`` mark.
        title: for people.
        points: what it is worth, of the assignment's 100.
        skill: one of ``SKILLS``.
        expects: what a right solution does; candidates may read it.
    """

    id: str
    title: str
    points: float
    skill: str
    expects: str


@dataclass(frozen=True)
class Question:
    """A question that is answered in prose and marked by hand.

    Attributes:
        id: short and stable.
        title: for people.
        points: what it is worth, of the 100 of its assignment's questions.
        text: the question, Markdown.
        scale: what earns what, Markdown; staff only.
    """

    id: str
    title: str
    points: float
    text: str
    scale: str = ""


@dataclass(frozen=True)
class Limits:
    """What a submission may use in one assignment.

    Attributes:
        call_seconds: CPU seconds of one call.
        test_seconds: CPU seconds of one test.
        total_seconds: CPU seconds of all tests together.
        memory_bytes: address space of one test's process beyond that of Python with numpy.
    """

    call_seconds: float
    test_seconds: float
    total_seconds: float
    memory_bytes: int


@dataclass(frozen=True)
class Assignment:
    """One task: the modules that it asks for and the rubric that it is scored by."""

    name: str
    title: str
    version: str
    modules: tuple[str, ...]
    criteria: tuple[Criterion, ...]
    limits: Limits


@dataclass(frozen=True)
class Assessment:
    """A take-home: assignments, their weights and the pass mark.

    Attributes:
        title: for people.
        version: of the take-home as a whole.
        pass_mark: total score, out of 100, from which a submission passes.
        assignments: in the order in which they are examined.
        weights: by assignment name; only their proportions count.
        written_points: how many of the 100 points the written answers make up; the code makes up the others.
    """

    title: str
    version: str
    pass_mark: float
    assignments: tuple[Assignment, ...]
    weights: Mapping[str, float]
    written_points: float = 0.0


@dataclass(frozen=True)
class Submission:
    """What was handed in, taken as bytes; nothing of it has run.

    Attributes:
        name: of the file or folder.
        sha256: over the names and contents of the modules taken.
        modules: source by module name.
        paths: where each module lay in what was handed in.
        ignored: how many other files lay there.
        answers: text with written answers, ``answers.md``, by assignment name.
        notebooks: notebook with written answers, by assignment name; the text counts where both are there.
        manifest: what it says of itself; ``None`` if it says nothing that can be read. Not to be trusted.
        remarks: what is odd about the answers and the manifest, one line each; they cost nothing.
    """

    name: str
    sha256: str
    modules: Mapping[str, bytes]
    paths: Mapping[str, str]
    ignored: int = 0
    answers: Mapping[str, str] = field(default_factory=dict)
    notebooks: Mapping[str, bytes] = field(default_factory=dict)
    manifest: Manifest | None = None
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Frame:
    """One of the submission's own lines in a traceback."""

    file: str
    line: int
    function: str
    source: str


@dataclass(frozen=True)
class Timing:
    """What work of one size cost the submission, and the reference beside it.

    Attributes:
        size: for instance a number of rows; 0 where only one size was tried.
        seconds: CPU time of the submission.
        reference_seconds: of the reference.
    """

    size: int
    seconds: float
    reference_seconds: float


@dataclass(frozen=True)
class TestResult:
    """What is known of one hidden test.

    Everything but ``id``, ``criterion`` and ``requirement`` may quote a stranger.

    Attributes:
        id: of the test within its suite.
        criterion: id of the criterion that it belongs to.
        requirement: what a right solution does: the test's docstring.
        outcome: what became of it.
        seconds: wall time.
        cpu_seconds: of the submission, measured from outside.
        message: what came back instead; empty when passed.
        frames: the submission's lines that raised, outermost first.
        output: what the submission printed, shortened.
        measured: ratio of CPU times or exponent of growth that was above its limit; ``None`` if none was.
        calls: what the submission was asked last, oldest first, as code; empty when passed.
        memory_bytes: the most that its process had in memory, Python and numpy included; 0 where nobody knows.
        timings: what was timed, smallest size first; empty where the test judges no speed.
    """

    __test__ = False  # the name is no invitation to pytest

    id: str
    criterion: str
    requirement: str
    outcome: Outcome
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    message: str = ""
    frames: tuple[Frame, ...] = ()
    output: str = ""
    measured: float | None = None
    calls: tuple[str, ...] = ()
    memory_bytes: int = 0
    timings: tuple[Timing, ...] = ()


@dataclass(frozen=True)
class Finding:
    """Evidence for a person that a submission did what its task does not need; never points.

    Attributes:
        kind: short and stable, for filters.
        module: where.
        line: 1-based; 0 where it has none.
        detail: what was seen.
        seen_by: ``"syntax"``, ``"worker"`` or ``"examiner"``.
    """

    kind: str
    module: str
    line: int
    detail: str
    seen_by: str


@dataclass(frozen=True)
class Examination:
    """All outcomes of one assignment's suite.

    Attributes:
        assignment: its name.
        results: one for every test that the suite holds, in its order.
        suite_sha256: over the files of the hidden suite.
        problem: why the whole assignment could earn nothing, one line; empty if there is no such reason.
        findings: what the worker and the examiner saw.
    """

    assignment: str
    results: tuple[TestResult, ...]
    suite_sha256: str
    problem: str = ""
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class CriterionScore:
    """Points of one criterion."""

    criterion: Criterion
    earned: float
    results: tuple[TestResult, ...]


@dataclass(frozen=True)
class AssignmentScore:
    """Points of one assignment, out of 100."""

    assignment: Assignment
    score: float
    weight: float
    criteria: tuple[CriterionScore, ...]
    problem: str = ""


@dataclass(frozen=True)
class SkillScore:
    """Points by skill over all assignments, weighted as they are."""

    skill: str
    earned: float
    points: float


@dataclass(frozen=True)
class Mark:
    """What people gave for one written answer.

    Attributes:
        earned: points; the mean where several have marked it.
        comment: theirs.
        markers: who they are.
    """

    earned: float
    comment: str = ""
    markers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Answer:
    """What was answered to one question.

    Attributes:
        question: that was asked.
        text: as it was written; empty if it was not answered. From a stranger.
        mark: by hand; ``None`` as long as nobody has marked it.
    """

    question: Question
    text: str
    mark: Mark | None = None


@dataclass(frozen=True)
class Written:
    """The written part of one assignment.

    Attributes:
        assignment: its name.
        weight: of the assignment.
        answers: one for each question, in their order.
        rest: what was written and belongs to no question. From a stranger.
        remarks: what is odd about the file, one line each; they cost nothing.
    """

    assignment: str
    weight: float
    answers: tuple[Answer, ...]
    rest: str = ""
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Score:
    """The verdict: pure arithmetic on outcomes, and on what people gave for the written answers.

    Attributes:
        total: out of 100; the code's alone as long as the score is provisional.
        passed: whether the total is at or above the pass mark.
        pass_mark: from which it passes.
        assignments: points of each for its code.
        skills: the same points by skill.
        code: score of the code alone, out of 100.
        written_points: how many of the 100 points the written answers make up.
        written: score of the written answers, out of 100; ``None`` as long as one waits to be marked.
    """

    total: float
    passed: bool
    pass_mark: float
    assignments: tuple[AssignmentScore, ...]
    skills: tuple[SkillScore, ...]
    code: float = 0.0
    written_points: float = 0.0
    written: float | None = None

    @property
    def provisional(self) -> bool:
        """Whether written answers that count wait to be marked."""
        return self.written_points > 0 and self.written is None


@dataclass(frozen=True)
class Provenance:
    """What it takes to repeat a run.

    ``suites_sha256`` and ``inputs_sha256`` go by assignment; the latter is over the seeds of the tests' inputs.
    """

    grader_version: str
    bank_sha256: str
    suites_sha256: Mapping[str, str]
    seed: int
    sandbox: str
    engine: str
    image: str
    python: str
    numpy: str
    proved: tuple[str, ...]
    sandbox_why: str
    examiner_python: str
    examiner_numpy: str
    started: str
    seconds: float
    inputs_sha256: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Repeat:
    """What came out with one seed of several.

    Attributes:
        seed: that the hidden inputs were drawn from.
        total: score, out of 100.
        passed: whether it is at or above the pass mark.
        earned: points by assignment and criterion.
    """

    seed: int
    total: float
    passed: bool
    earned: Mapping[tuple[str, str], float]


@dataclass(frozen=True)
class Report:
    """Everything about one submission's run.

    Attributes:
        assessment: title of the take-home.
        submission: what was handed in.
        score: with the run's seed.
        findings: evidence for a person.
        provenance: what it takes to repeat the run.
        missing: modules that were not handed in.
        repeats: what each seed gave, the run's own first; empty if there was that one only.
        written: questions and answers by assignment; of those that have questions.
    """

    assessment: str
    submission: Submission
    score: Score
    findings: tuple[Finding, ...]
    provenance: Provenance
    missing: tuple[str, ...] = field(default=())
    repeats: tuple[Repeat, ...] = ()
    written: tuple[Written, ...] = ()
