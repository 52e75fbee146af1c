"""Signatures of reports: OpenSSH makes and checks them, as it does for git; no cryptography of our own.

The format is OpenSSH's SSHSIG: https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.sshsig
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from grader.errors import ExitCode, GraderError
from grader.writing import write_whole

NAMESPACE = "grader-report@takehome-grader"
"""What is signed, so that no signature made for another purpose will do."""

SUFFIX = ".sig"

_TOOL = "ssh-keygen"
_PRINCIPAL = "grader"
_MAKE_KEY = "make a pair of keys with: ssh-keygen -t ed25519 -f FILE"
_PUBLIC_KEY = re.compile(r"(?P<kind>[a-z0-9@.-]+) (?P<key>[A-Za-z0-9+/]+=*)( .*)?")
_FINGERPRINT = re.compile(r"SHA256:[A-Za-z0-9+/=]+")
_SIZE_LIMIT = 64 * 1024


class SigningError(GraderError):
    """A key or OpenSSH will not do; nothing has been scored yet."""

    exit_code = ExitCode.USAGE


class NotSignedError(GraderError):
    """A report is there, but could not be signed."""


@dataclass(frozen=True)
class PublicKey:
    """A key that signatures are checked with.

    Attributes:
        text: kind and key, as OpenSSH writes them.
        fingerprint: for people.
    """

    text: str
    fingerprint: str


def check_private_key(key: Path) -> None:
    """See that a key signs, by having it sign nothing.

    Raises:
        SigningError: it does not, or OpenSSH is missing; the message says why and the cure.
    """
    _signature(b"", key)


def write_signature(path: Path, content: bytes, key: Path) -> Path:
    """Write the signature of a file beside it.

    Args:
        path: of the file that is signed.
        content: exactly its bytes.
        key: private key of OpenSSH, or the public one of a key that ssh-agent holds.

    Returns:
        Path of the signature.

    Raises:
        NotSignedError: it could not be made or written; the file itself is left as it is.
    """
    signature = path.with_name(path.name + SUFFIX)
    try:
        write_whole(signature, _signature(content, key), NotSignedError)
    except GraderError as error:
        raise NotSignedError(f"{path} is written, but not signed: {error}", cure=error.cure) from error
    return signature


def read_public_key(path: Path) -> PublicKey:
    """Return the public key of a file.

    Raises:
        SigningError: it holds none, or more than that one, or OpenSSH is missing.
    """
    try:
        content = path.read_bytes()[:_SIZE_LIMIT]
    except OSError as error:
        raise SigningError(f"the key {path} cannot be read: {error.strerror}", cure=_MAKE_KEY) from error
    if b"PRIVATE KEY" in content:
        raise SigningError(
            f"{path} should be a public key, but is a private one, which nobody but its owner should have",
            cure=f"give the public half: {path}.pub",
        )
    lines = [line for line in content.decode("utf-8", "replace").splitlines() if line.strip() and line[0] != "#"]
    found = _PUBLIC_KEY.fullmatch(lines[0].strip()) if len(lines) == 1 else None
    told = _run(["-l", "-f", str(path)], b"") if found else None
    if found is None or told is None or told.returncode:
        raise SigningError(f"{path} should hold one public key of OpenSSH, but does not", cure=_MAKE_KEY)
    fingerprint = _FINGERPRINT.search(told.stdout.decode("utf-8", "replace"))
    return PublicKey(f"{found['kind']} {found['key']}", fingerprint[0] if fingerprint else "")


def fault_of(content: bytes, signature: Path, key: PublicKey) -> str:
    """Return what is wrong with a signature, one line; empty if it holds.

    Args:
        content: the bytes that should have been signed.
        signature: file that should hold the signature.
        key: whose signature it should be.

    Raises:
        SigningError: OpenSSH is missing.
    """
    if not signature.is_file():
        return f"there should be one in {signature.name} beside the report, but there is no such file"
    with tempfile.TemporaryDirectory() as folder:
        allowed = Path(folder) / "allowed_signers"
        allowed.write_text(f'{_PRINCIPAL} namespaces="{NAMESPACE}" {key.text}\n', encoding="utf-8")
        who = ["-f", str(allowed), "-I", _PRINCIPAL]
        if _run(["-Y", "verify", *who, "-n", NAMESPACE, "-s", str(signature)], content).returncode == 0:
            return ""
    sound = _run(["-Y", "check-novalidate", "-n", NAMESPACE, "-s", str(signature)], content)
    if sound.returncode:
        return "it does not belong to these bytes: report or signature was changed after signing"
    signer = _FINGERPRINT.search(sound.stdout.decode("utf-8", "replace"))
    return f"it should be by {key.fingerprint}, but is by {signer[0] if signer else 'another key'}"


def _signature(content: bytes, key: Path) -> bytes:
    done = _run(["-Y", "sign", "-f", str(key), "-n", NAMESPACE], content)
    if done.returncode == 0 and done.stdout:
        return done.stdout
    words = done.stderr.decode("utf-8", "replace")
    raise SigningError(f"the key {key} does not sign: {_last_words(words)}", cure=_cure(words))


def _cure(words: str) -> str:
    if "passphrase" in words:
        return "its passphrase could not be asked for here: add the key to ssh-agent with ssh-add"
    if "too open" in words:
        return "make it readable by you alone: chmod 600"
    if "agent" in words or "No private key" in words:
        return "give the private key, or add it to ssh-agent with ssh-add"
    return f"--sign takes the private key; {_MAKE_KEY}"


def _last_words(words: str) -> str:
    lines = [line.strip() for line in words.splitlines() if line.strip(" @\t") and "Signing data" not in line]
    return "; ".join(lines[-3:]) or "ssh-keygen does not say why"


def _run(arguments: list[str], content: bytes) -> subprocess.CompletedProcess[bytes]:
    """Run OpenSSH, which may ask a person at a terminal for a passphrase or a touch: no time limit."""
    tool = shutil.which(_TOOL)
    if tool is None:
        raise SigningError(
            f"signatures need {_TOOL} of OpenSSH, but there is none in PATH",
            cure="install OpenSSH; on Debian and Ubuntu: apt install openssh-client",
        )
    return subprocess.run([tool, *arguments], input=content, capture_output=True, check=False)
