"""The certificate: what was tested with what result, bound to every file of the report and signed.

`certificate.json` holds `body`, `signature` and `public_key`. The signature (RFC 8032) covers the body as
JSON with sorted keys, no spaces, UTF-8. The body names every other file of the report with its SHA-256.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from testline.errors import TestlineError
from testline.report.record import Results

FILE: Final = "certificate.json"
SCHEMA: Final = "testline-certificate-1"
_KEYS: Final = frozenset({"body", "signature", "public_key"})


class CertificateError(TestlineError):
    """A key or a certificate cannot be used; says which and why."""


# keys


def default_key() -> Path:
    """Return where the key of this user is kept: below `XDG_CONFIG_HOME`, or `~/.config`."""
    home = os.environ.get("XDG_CONFIG_HOME")
    return (Path(home) if home else Path.home() / ".config") / "testline" / "key.pem"


def create_key(path: Path) -> Ed25519PrivateKey:
    """Create a key at `path` (PKCS #8 PEM, mode 0600) and its public half beside it (`.pub.pem`).

    Raises `CertificateError` when there is something at `path` already.
    """
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(pem)
        public_path(path).write_bytes(public_pem(key.public_key()))
    except FileExistsError as error:
        raise CertificateError(f"key {path}: there is one already; it was not touched") from error
    except OSError as error:
        raise CertificateError(f"key {path}: {error.strerror}") from error
    return key


def load_key(path: Path) -> Ed25519PrivateKey:
    """Read a private key. Raises `CertificateError`, also when others than its owner may read it."""
    try:
        data = path.read_bytes()
        mode = path.stat().st_mode
    except OSError as error:
        raise CertificateError(f"key {path}: {error.strerror}") from error
    if os.name == "posix" and mode & 0o077:
        raise CertificateError(f"key {path}: others may read it (mode {mode & 0o777:04o}); chmod 600 it")
    try:
        key = serialization.load_pem_private_key(data, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise CertificateError(f"key {path}: not a private key in PEM without password") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise CertificateError(f"key {path}: is a {type(key).__name__}, expected Ed25519")
    return key


def public_path(path: Path) -> Path:
    """Return where the public half of the key at `path` is."""
    return path.with_suffix(".pub.pem")


def public_pem(key: Ed25519PublicKey) -> bytes:
    """Return a public key as PEM."""
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def _raw(key: Ed25519PublicKey) -> bytes:
    return key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def fingerprint(key: Ed25519PublicKey) -> str:
    """Return `sha256:` and the hash of the 32 octets of a public key in hexadecimal."""
    return f"sha256:{hashlib.sha256(_raw(key)).hexdigest()}"


def pinned_fingerprint(text: str) -> str:
    """Return the fingerprint that `text` means: itself, or that of the public key file of that name.

    Raises `CertificateError`.
    """
    if text.startswith("sha256:"):
        return text.lower()
    path = Path(text)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise CertificateError(
            f"key {text}: {error.strerror}; expected a public key file or sha256:..."
        ) from error
    try:
        key = serialization.load_pem_public_key(data)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise CertificateError(f"key {text}: not a public key in PEM") from error
    if not isinstance(key, Ed25519PublicKey):
        raise CertificateError(f"key {text}: is a {type(key).__name__}, expected Ed25519")
    return fingerprint(key)


# signing


def make_body(results: Results, key: Ed25519PublicKey, issued: str) -> dict[str, Any]:
    """Return the body of a certificate but for its evidence; `issued` is UTC, ISO 8601."""
    return {
        "schema": SCHEMA,
        "suite": results.suite,
        "system": {name: results.system.get(name) or "" for name in ("name", "version", "variant")},
        "pics_sha256": results.pics.get("sha256", ""),
        "rig": results.rig,
        "oracle": results.oracle,
        "selection": results.selection,
        "complete": results.complete,
        "acceptable": results.acceptable,
        "summary": results.summary,
        "issued": issued,
        "fingerprint": fingerprint(key),
    }


def files_of(directory: Path) -> dict[str, Path]:
    """Return every file below `directory` by its path there, but for the certificate itself.

    Links count as files of their own, never followed.
    """
    found: dict[str, Path] = {}
    for folder, folders, names in os.walk(directory, followlinks=False):
        links = [name for name in folders if (Path(folder) / name).is_symlink()]
        for name in [*names, *links]:
            path = Path(folder) / name
            found[path.relative_to(directory).as_posix()] = path
    found.pop(FILE, None)
    return dict(sorted(found.items()))


def digest(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal; a link has none and gets its target's name instead."""
    if path.is_symlink():
        return f"link to {os.readlink(path)}"
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def canonical(body: Mapping[str, Any]) -> bytes:
    """Return the octets that are signed."""
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def sign(directory: Path, body: Mapping[str, Any], key: Ed25519PrivateKey) -> Path:
    """Bind `body` to the files in `directory` as they are now and write the certificate.

    Raises `CertificateError` when the folder holds a link: what it shows is not in the folder.
    """
    evidence = {name: digest(path) for name, path in files_of(directory).items()}
    links = [name for name, found in evidence.items() if found.startswith("link to")]
    if links:
        raise CertificateError(f"{directory}: {links[0]} is a link; a certificate covers files only")
    whole = {**body, "evidence": evidence}
    certificate = {
        "body": whole,
        "signature": base64.b64encode(key.sign(canonical(whole))).decode(),
        "public_key": base64.b64encode(_raw(key.public_key())).decode(),
    }
    path = directory / FILE
    path.write_text(json.dumps(certificate, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


# checking


@dataclass(slots=True)
class Verification:
    """What the check of a certificate found."""

    fingerprint: str
    body: dict[str, Any]
    signature_holds: bool
    altered: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    extra: list[str] = field(default_factory=list)
    wrong_signer: str = ""
    """The fingerprint that was asked for, when another key signed."""

    @property
    def holds(self) -> bool:
        """True when the certificate is what was signed, and the files are what it was signed for."""
        return self.signature_holds and not (self.altered or self.missing or self.extra or self.wrong_signer)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


def verify(directory: Path, *, pinned: str = "") -> Verification:
    """Check the report in `directory`, offline; `pinned` is the fingerprint of the only key to accept.

    Raises `CertificateError` when there is no certificate that could be checked.
    """
    path = directory / FILE
    try:
        data = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=_unique)
    except FileNotFoundError as error:
        raise CertificateError(f"{directory}: there is no {FILE}") from error
    except (OSError, ValueError, RecursionError) as error:
        raise CertificateError(f"{path}: cannot be read: {error}") from error
    if not isinstance(data, dict) or set(data) != _KEYS:
        raise CertificateError(f"{path}: expected the keys {', '.join(sorted(_KEYS))} and no other")
    body = data["body"]
    if not isinstance(body, dict) or body.get("schema") != SCHEMA or not _evidence(body):
        raise CertificateError(f"{path}: is of another schema, expected {SCHEMA}")
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(data["public_key"], validate=True))
        signature = base64.b64decode(data["signature"], validate=True)
    except (ValueError, TypeError, binascii.Error) as error:
        raise CertificateError(f"{path}: public_key or signature is not what it should be") from error
    found = Verification(fingerprint(key), body, _holds(key, signature, body))
    if body.get("fingerprint") != found.fingerprint:
        found.signature_holds = False
    if pinned and pinned != found.fingerprint:
        found.wrong_signer = pinned
    _compare(found, directory)
    return found


def _evidence(body: dict[str, Any]) -> bool:
    evidence = body.get("evidence")
    return isinstance(evidence, dict) and all(isinstance(value, str) for value in evidence.values())


def _holds(key: Ed25519PublicKey, signature: bytes, body: dict[str, Any]) -> bool:
    try:
        key.verify(signature, canonical(body))
    except (InvalidSignature, ValueError):
        return False
    return True


def _compare(found: Verification, directory: Path) -> None:
    evidence: dict[str, str] = found.body["evidence"]
    present = files_of(directory)
    found.missing = sorted(set(evidence) - set(present))
    found.extra = sorted(set(present) - set(evidence))
    found.altered = [
        name for name, path in present.items() if name in evidence and digest(path) != evidence[name]
    ]
