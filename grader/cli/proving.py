"""The command that checks a report."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.bank import find_bank
from grader.cli.options import (
    Progress,
    bank_option,
    cores,
    format_option,
    one_thread_for_numpy,
    sandbox_option,
    warn_of_no_sandbox,
)
from grader.endings import debug_option
from grader.errors import ExitCode, SandboxError
from grader.models import Report
from grader.sandbox import SandboxProvider
from grader.sandbox.choosing import KINDS, choose
from grader.signing import SUFFIX, PublicKey, fault_of, read_public_key
from grader.submission import read_submission

if TYPE_CHECKING:
    from grader.verifying.claims import Check, Claim

_EXIT_CODES = """\b
Exit codes:
  0    all that was checked holds
  1    something differs
  2    wrong usage, or a report, submission, bank or key that cannot be read
  3    our own failure (no sandbox, a broken hidden test, a bug); no verdict
  130  interrupted
"""
_SHOWN_DIFFERENCES = 20


@click.command(epilog=_EXIT_CODES, short_help="Check a report against its submission, by arithmetic and replay.")
@click.argument("report", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.argument("submission", type=click.Path(path_type=Path, exists=True))
@bank_option
@sandbox_option
@click.option("--replay/--no-replay", default=True, show_default=True, help="Score the submission again.")
@click.option("--repeats", is_flag=True, help="Replay all seeds of a report made with --repeat, not the first alone.")
@click.option(
    "--key",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="PUBLIC",
    help=f"Require a signature by this public key of OpenSSH in REPORT{SUFFIX}.",
)
@format_option
@click.option("--quiet", is_flag=True, help="No progress on stderr.")
@debug_option
def verify(
    report: Path,
    submission: Path,
    bank: Path | None,
    sandbox: str,
    replay: bool,
    repeats: bool,
    key: Path | None,
    form: str,
    quiet: bool,
) -> None:
    """Check the JSON report REPORT of SUBMISSION: what it was made from, its arithmetic, and a replay of its seed.

    With --sandbox auto the replay runs in the kind of sandbox that the report names, where that is to be had; a
    report of a run without any is replayed in one, unless --sandbox none says otherwise.

    \b
    Examples:
      grader verify results/report.json submission.zip
      grader verify results/report.json submission.zip --key grader.pub
    """
    if repeats and not replay:
        raise click.UsageError("--repeats replays all seeds and --no-replay none; give one of them")
    public = None if key is None else read_public_key(key)
    progress = Progress(quiet)
    one_thread_for_numpy()
    try:
        checks = list(_checks(report, submission, bank, sandbox, replay, repeats, public, progress))
    finally:
        progress.done()
    click.echo(_as_json(checks) if form == "json" else _as_text(checks), nl=False)
    click.get_current_context().exit(ExitCode.PASSED if _holds(checks) else ExitCode.BELOW_PASS_MARK)


def _checks(
    path: Path,
    submission: Path,
    folder: Path | None,
    sandbox: str,
    replay: bool,
    repeats: bool,
    key: PublicKey | None,
    progress: Progress,
) -> Iterator[Check]:
    from grader.report.reading import parse_report, report_bytes
    from grader.verifying.claims import Claim, skipped
    from grader.verifying.computing import assessment_of, checks_without_replay, planned
    from grader.verifying.replaying import may_be_replayed

    content = report_bytes(path)
    kept, bank = parse_report(path, content), find_bank(folder)
    yield _signature(path, content, key)
    named, assessment = assessment_of(kept, bank)
    yield named
    if assessment is None:
        yield skipped("replay", "the bank does not have what the report is about")
        return
    handed_in = read_submission(submission, assessment)
    claim = Claim(kept, handed_in, bank, assessment, planned(bank, assessment))
    checks = list(checks_without_replay(claim))
    yield from checks
    if not replay:
        yield skipped("replay", "--no-replay")
    elif not may_be_replayed(checks):
        yield skipped("replay", "it would be one of another submission, suite or seed")
    else:
        yield from _replayed(claim, sandbox, repeats, progress)


def _replayed(claim: Claim, sandbox: str, repeats: bool, progress: Progress) -> Iterator[Check]:
    from grader.grade import grade
    from grader.verifying.replaying import checks_by_replay

    warn_of_no_sandbox(sandbox)
    provider = _provider(claim, sandbox, progress)

    def score_with(seed: int) -> Report:
        progress.say(f"replaying seed {seed}")
        return grade(
            *(claim.submission, claim.bank, claim.assessment, provider),
            seed=seed, jobs=cores(), progress=progress.test,
        )  # fmt: skip

    try:
        yield from checks_by_replay(claim, score_with, repeats=repeats)
    finally:
        provider.close()


def _provider(claim: Claim, sandbox: str, progress: Progress) -> SandboxProvider:
    """Where the replay runs: as the report says, but never without a sandbox because a report says so."""
    said = claim.kept.provenance.get("sandbox")
    if sandbox == "auto" and said in KINDS and said not in ("auto", "none"):
        try:
            return choose(said, progress.say)
        except SandboxError as error:
            progress.say(f"the report's kind of sandbox, {said}, is not to be had: {error}")
    return choose(sandbox, progress.say)


def _signature(path: Path, content: bytes, key: PublicKey | None) -> Check:
    from grader.verifying.claims import compared, skipped

    if key is None:
        return skipped("signature", "without --key nobody vouches for times, messages and what was printed")
    fault = fault_of(content, path.with_name(path.name + SUFFIX), key)
    return compared("signature", f"by {key.fingerprint}", [fault] if fault else [])


def _holds(checks: list[Check]) -> bool:
    return not any(check.differences for check in checks)


def _as_text(checks: list[Check]) -> str:
    lines: list[str] = []
    for check in checks:
        if not check.differences:
            lines.append(f"{check.result.value:<8} {check.name}: {check.told}")
        lines += [f"DIFFERS  {check.name}: {text}" for text in check.differences[:_SHOWN_DIFFERENCES]]
        if (more := len(check.differences) - _SHOWN_DIFFERENCES) > 0:
            lines.append(f"DIFFERS  {check.name}: and {more} more; --format json has them all")
    return "\n".join([*lines, "", _verdict(checks)]) + "\n"


def _verdict(checks: list[Check]) -> str:
    differing = [check.name for check in checks if check.differences]
    if differing:
        return f"The report does not hold as it stands: {', '.join(differing)} differ{'s' * (len(differing) == 1)}"
    unchecked = [check.name for check in checks if check.result == "skipped"]
    return "All that was checked holds" + (f"; not checked: {', '.join(unchecked)}" if unchecked else "")


def _as_json(checks: list[Check]) -> str:
    data = {"schema_version": 1, "holds": _holds(checks), "checks": [asdict(check) for check in checks]}
    return json.dumps(data, indent=2, allow_nan=False) + "\n"
