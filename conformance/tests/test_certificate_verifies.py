"""Signing a folder and noticing whatever was done to it afterwards."""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from testline.certificate import (
    FILE,
    CertificateError,
    create_key,
    fingerprint,
    load_key,
    pinned_fingerprint,
    public_path,
    sign,
    verify,
)

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
BODY: dict[str, Any] = {
    "schema": "testline-certificate-1",
    "summary": {"pass": 2},
    "fingerprint": fingerprint(KEY.public_key()),
}


@pytest.fixture
def report(tmp_path: Path) -> Path:
    folder = tmp_path / "report"
    (folder / "cases").mkdir(parents=True)
    (folder / "index.html").write_text("<p>fine</p>")
    (folder / "cases" / "a.html").write_text("case a")
    (folder / "cases" / "ü 中.json").write_text("{}")
    sign(folder, BODY, KEY)
    return folder


def change(report: Path, **changes: Any) -> None:
    path = report / FILE
    data = json.loads(path.read_text())
    data.update(changes)
    path.write_text(json.dumps(data))


def test_untouched_report_holds_and_says_who_signed(report: Path) -> None:
    found = verify(report)
    assert found.holds
    assert found.fingerprint == fingerprint(KEY.public_key())
    assert set(found.body["evidence"]) == {"index.html", "cases/a.html", "cases/ü 中.json"}


def test_every_changed_file_is_named(report: Path) -> None:
    (report / "index.html").write_text("<p>perfect</p>")
    (report / "cases" / "a.html").unlink()
    (report / "cases" / "b.html").write_text("slipped in")
    found = verify(report)
    assert not found.holds
    assert found.signature_holds
    assert (found.altered, found.missing, found.extra) == (["index.html"], ["cases/a.html"], ["cases/b.html"])


def test_file_replaced_by_a_link_to_the_same_content_is_altered(report: Path, tmp_path: Path) -> None:
    path = report / "index.html"
    path.rename(tmp_path / "elsewhere.html")
    os.symlink(tmp_path / "elsewhere.html", path)
    assert verify(report).altered == ["index.html"]


def test_linked_folder_is_noticed_and_never_signed(report: Path, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    os.symlink(tmp_path / "outside", report / "more")
    assert verify(report).extra == ["more"]
    with pytest.raises(CertificateError, match="more is a link"):
        sign(report, BODY, KEY)


def test_changed_body_breaks_the_signature(report: Path) -> None:
    body = json.loads((report / FILE).read_text())["body"]
    change(report, body={**body, "summary": {"pass": 200}})
    found = verify(report)
    assert not found.signature_holds
    assert not found.holds


def test_other_key_signs_validly_but_is_not_the_pinned_one(report: Path) -> None:
    other = Ed25519PrivateKey.from_private_bytes(bytes(32))
    sign(report, {**BODY, "fingerprint": fingerprint(other.public_key())}, other)
    assert verify(report).holds
    found = verify(report, pinned=fingerprint(KEY.public_key()))
    assert not found.holds
    assert found.wrong_signer == fingerprint(KEY.public_key())


def test_body_that_claims_another_signer_does_not_hold(report: Path) -> None:
    sign(report, BODY, Ed25519PrivateKey.from_private_bytes(bytes(32)))
    assert not verify(report).holds


@pytest.mark.parametrize(
    "changes",
    [
        {"note": "valid for ever"},
        {"signature": "%%%"},
        {"public_key": base64.b64encode(b"short").decode()},
        {"body": []},
        {"body": {"schema": "testline-certificate-1"}},
        {"body": {"schema": "testline-certificate-1", "evidence": {"a": 1}}},
    ],
)
def test_certificate_of_another_shape_is_refused(report: Path, changes: dict[str, Any]) -> None:
    change(report, **changes)
    with pytest.raises(CertificateError):
        verify(report)


def test_key_that_stands_twice_is_refused(report: Path) -> None:
    path = report / FILE
    path.write_text(path.read_text().replace('"body"', '"body": {}, "body"', 1))
    with pytest.raises(CertificateError, match="stands twice"):
        verify(report)


def test_truncated_or_missing_certificate_is_refused(report: Path) -> None:
    path = report / FILE
    path.write_text(path.read_text()[:100])
    with pytest.raises(CertificateError, match="cannot be read"):
        verify(report)
    path.unlink()
    with pytest.raises(CertificateError, match="there is no"):
        verify(report)


def test_key_is_made_for_its_owner_only_and_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "key.pem"
    key = create_key(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert fingerprint(load_key(path).public_key()) == fingerprint(key.public_key())
    assert pinned_fingerprint(str(public_path(path))) == fingerprint(key.public_key())
    before = path.read_bytes()
    with pytest.raises(CertificateError, match="there is one already"):
        create_key(path)
    assert path.read_bytes() == before
    path.chmod(0o644)
    with pytest.raises(CertificateError, match="others may read it"):
        load_key(path)


def test_what_is_no_key_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    path.write_text("hello")
    path.chmod(0o600)
    with pytest.raises(CertificateError, match="not a private key"):
        load_key(path)
    with pytest.raises(CertificateError, match="not a public key"):
        pinned_fingerprint(str(path))
    with pytest.raises(CertificateError, match="expected a public key file or"):
        pinned_fingerprint("nix.pem")
