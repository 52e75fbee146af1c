"""Signatures by OpenSSH: made and checked by its own tool, and every way in which one will not do is told."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from grader.errors import ExitCode
from grader.signing import (
    NAMESPACE,
    NotSignedError,
    SigningError,
    check_private_key,
    fault_of,
    read_public_key,
    write_signature,
)
from tests.conftest import Grader, ToyBank

CONTENT = b'{"score": 70}\n'
NOBODY_TO_ASK = {"SSH_ASKPASS": "/bin/false", "SSH_ASKPASS_REQUIRE": "force", "SSH_AUTH_SOCK": ""}


def new_key(path: Path, passphrase: str = "") -> Path:
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-C", "", "-f", str(path)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    return path


def public(key: Path) -> Path:
    return key.with_name(f"{key.name}.pub")


@pytest.fixture
def key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, value in NOBODY_TO_ASK.items():
        monkeypatch.setenv(name, value)
    return new_key(tmp_path / "key")


@pytest.fixture
def signature(tmp_path: Path, key: Path) -> Path:
    return write_signature(tmp_path / "report.json", CONTENT, key)


def test_a_signature_holds_for_its_bytes_and_key(tmp_path: Path, key: Path, signature: Path) -> None:
    assert signature == tmp_path / "report.json.sig"
    assert fault_of(CONTENT, signature, read_public_key(public(key))) == ""


def test_it_is_one_that_openssh_takes(tmp_path: Path, key: Path, signature: Path) -> None:
    """Whoever does not have this program can check it all the same."""
    signers = tmp_path / "signers"
    signers.write_text(f"anybody {public(key).read_text()}")
    command = ["ssh-keygen", "-Y", "verify", "-f", signers, "-I", "anybody", "-n", NAMESPACE, "-s", signature]
    assert subprocess.run(command, input=CONTENT, capture_output=True).returncode == 0


@pytest.mark.parametrize("place", [0, 5, len(CONTENT) - 1])
def test_one_byte_that_was_changed_is_enough(place: int, key: Path, signature: Path) -> None:
    changed = bytearray(CONTENT)
    changed[place] ^= 1
    assert "changed after signing" in fault_of(bytes(changed), signature, read_public_key(public(key)))


def test_another_key_is_named(tmp_path: Path, key: Path, signature: Path) -> None:
    other = read_public_key(public(new_key(tmp_path / "other")))
    told = fault_of(CONTENT, signature, other)
    assert told == f"it should be by {other.fingerprint}, but is by {read_public_key(public(key)).fingerprint}"


def test_a_signature_for_another_purpose_will_not_do(tmp_path: Path, key: Path) -> None:
    command = ["ssh-keygen", "-Y", "sign", "-f", key, "-n", "git"]
    made = subprocess.run(command, input=CONTENT, capture_output=True, check=True).stdout
    path = tmp_path / "report.json.sig"
    path.write_bytes(made)
    assert fault_of(CONTENT, path, read_public_key(public(key)))


def test_a_missing_signature_is_a_fault(tmp_path: Path, key: Path) -> None:
    told = fault_of(CONTENT, tmp_path / "report.json.sig", read_public_key(public(key)))
    assert "report.json.sig" in told
    assert "no such file" in told


@pytest.mark.parametrize("content", [b"", b"junk\n", b"\0\xff"])
def test_what_is_no_signature_is_a_fault(tmp_path: Path, key: Path, content: bytes) -> None:
    path = tmp_path / "report.json.sig"
    path.write_bytes(content)
    assert fault_of(CONTENT, path, read_public_key(public(key)))


# Keys


def test_a_private_key_is_not_taken_for_a_public_one(key: Path) -> None:
    with pytest.raises(SigningError, match="is a private one") as caught:
        read_public_key(key)
    assert str(public(key)) in caught.value.cure
    assert caught.value.exit_code == ExitCode.USAGE


@pytest.mark.parametrize("content", ["", "junk\n", "ssh-ed25519 AAAA\n", "{0}{0}", "ssh-ed25519 *\n", "\0\xff"])
def test_what_is_no_single_public_key_is_refused(tmp_path: Path, key: Path, content: str) -> None:
    path = tmp_path / "wrong.pub"
    path.write_text(content.format(public(key).read_text()))
    with pytest.raises(SigningError, match="one public key") as caught:
        read_public_key(path)
    assert "ssh-keygen -t ed25519" in caught.value.cure


def test_no_option_slips_in_with_a_public_key(tmp_path: Path, key: Path) -> None:
    """A file of allowed signers has options before the key; a key's comment is no part of what is trusted."""
    path = tmp_path / "odd.pub"
    path.write_text(f"{public(key).read_text().strip()} cert-authority\n")
    assert "cert-authority" not in read_public_key(path).text


def refusal(key: Path) -> SigningError:
    with pytest.raises(SigningError) as caught:
        check_private_key(key)
    assert caught.value.exit_code == ExitCode.USAGE
    assert "\n" not in str(caught.value)
    return caught.value


def test_a_key_that_signs_is_taken(key: Path) -> None:
    check_private_key(key)


def test_a_passphrase_that_nobody_can_be_asked_for_leads_to_the_agent(tmp_path: Path, key: Path) -> None:
    assert "ssh-add" in refusal(new_key(tmp_path / "locked", "secret")).cure


def test_a_file_that_is_no_key_is_refused_with_the_way_to_make_one(tmp_path: Path, key: Path) -> None:
    wrong = tmp_path / "wrong"
    wrong.write_text("junk\n")
    wrong.chmod(0o600)
    assert "ssh-keygen -t ed25519" in refusal(wrong).cure


@pytest.mark.skipif(os.name == "nt", reason="files have no modes there")
def test_a_key_that_others_can_read_is_refused_with_the_cure(key: Path) -> None:
    key.chmod(0o644)
    public(key).unlink()
    assert "chmod 600" in refusal(key).cure


def test_a_public_key_whose_private_half_nobody_has_is_refused(tmp_path: Path, key: Path) -> None:
    alone = tmp_path / "alone.pub"
    alone.write_text(public(key).read_text())
    assert "private key" in refusal(alone).cure


def test_without_openssh_it_says_what_to_install(key: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    told = refusal(key)
    assert "ssh-keygen" in str(told)
    assert "install OpenSSH" in told.cure
    with pytest.raises(SigningError, match="none in PATH"):
        read_public_key(public(key))


def test_what_cannot_be_signed_after_all_is_our_failure(tmp_path: Path, key: Path) -> None:
    key.unlink()
    public(key).unlink()
    with pytest.raises(NotSignedError, match=r"report\.json is written, but not signed") as caught:
        write_signature(tmp_path / "report.json", CONTENT, key)
    assert caught.value.exit_code == ExitCode.FAULT
    assert not (tmp_path / "report.json.sig").exists()


# The commands


def score(toy_bank: ToyBank, *arguments: str | Path) -> tuple[str | Path, ...]:
    return ("score", toy_bank.reference, "--bank", toy_bank.root, "--sandbox", "none", *arguments)


def test_a_report_is_signed_and_verified(grader: Grader, toy_bank: ToyBank, tmp_path: Path, key: Path) -> None:
    folder = tmp_path / "results"
    done = grader(*score(toy_bank, "--output", folder, "--sign", key))
    assert done.returncode == 0, done.stderr
    command = ("verify", folder / "report.json", toy_bank.reference, "--bank", toy_bank.root, "--no-replay")
    done = grader(*command, "--key", public(key))
    assert done.returncode == 0, done.stdout
    assert f"ok       signature: by {read_public_key(public(key)).fingerprint}" in done.stdout

    (folder / "report.json").write_bytes((folder / "report.json").read_bytes() + b"\n")
    done = grader(*command, "--key", public(key))
    assert done.returncode == 1
    assert [line for line in done.stdout.splitlines() if line.startswith("DIFFERS")] == [
        "DIFFERS  signature: it does not belong to these bytes: report or signature was changed after signing"
    ]

    assert grader(*score(toy_bank, "--output", folder)).returncode == 0
    assert not (folder / "report.json.sig").exists(), "it was of the report that is no more"
    done = grader(*command, "--key", public(key))
    assert done.returncode == 1
    assert "DIFFERS  signature: there should be one in report.json.sig" in done.stdout

    done = grader(*command, "--key", key)
    assert (done.returncode, done.stdout) == (2, "")
    assert "is a private one" in done.stderr


def test_a_key_that_will_not_do_is_told_before_anything_is_scored(
    grader: Grader, toy_bank: ToyBank, tmp_path: Path, key: Path
) -> None:
    folder = tmp_path / "results"
    locked = new_key(tmp_path / "locked", "secret")
    done = grader(*score(toy_bank, "--output", folder, "--sign", locked))
    assert (done.returncode, done.stdout) == (2, "")
    assert "ssh-add" in done.stderr
    assert not folder.exists()
    done = grader(*score(toy_bank, "--output", folder, "--sign", key), env={"PATH": "/nonexistent"})
    assert done.returncode == 2
    assert "install OpenSSH" in done.stderr
    assert not folder.exists()


def test_there_is_nothing_to_sign_without_output(grader: Grader, toy_bank: ToyBank, key: Path) -> None:
    done = grader(*score(toy_bank, "--sign", key))
    assert done.returncode == 2
    assert "--output" in done.stderr


def test_a_report_is_never_lost_because_it_could_not_be_signed(
    grader: Grader, toy_bank: ToyBank, tmp_path: Path, key: Path
) -> None:
    """The tool here signs once, for the probe, and never again."""
    tools = tmp_path / "tools"
    tools.mkdir()
    once = tools / "ssh-keygen"
    once.write_text(f"#!/bin/sh\n[ -e {tools}/used ] && exit 1\n: > {tools}/used\nPATH={os.environ['PATH']}\n")
    with once.open("a") as script:
        script.write('exec ssh-keygen "$@"\n')
    once.chmod(0o755)
    folder = tmp_path / "results"
    done = grader(*score(toy_bank, "--output", folder, "--sign", key), env={"PATH": str(tools)})
    assert done.returncode == 3
    assert "Score 100 of 100" in done.stdout
    assert "report.json is written, but not signed" in done.stderr
    assert (folder / "report.json").is_file()
    assert not (folder / "report.json.sig").exists()
