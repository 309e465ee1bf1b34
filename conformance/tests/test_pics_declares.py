"""What a declaration means for cases, and how a wrong one is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from testline.pics import ITEMS, Pics, PicsError, from_mapping, of_system, read


def test_unset_excludes_nothing() -> None:
    assert Pics().excluded(["isup.incoming", "mtp2"]) is None


def test_declared_no_excludes_with_its_reason() -> None:
    reason = Pics({"mtp2.emergency": False}).excluded(["mtp2.emergency"])
    assert reason == "PICS declares mtp2.emergency not supported (emergency alignment on order)"


def test_declared_no_excludes_what_requires_it() -> None:
    reason = Pics({"mtp2": False}).excluded(["e1", "isup.incoming"])
    assert reason is not None
    assert reason.startswith("PICS declares mtp2 not supported")
    assert reason.endswith("which isup.incoming requires")
    assert Pics({"isup": False}).excluded(["mtp2"]) is None


def test_requirements_between_items_lead_to_items_without_circles() -> None:
    for name, item in ITEMS.items():
        assert set(item.requires) <= set(ITEMS)
        assert item.meaning
        assert item.reference
        seen: list[str] = list(item.requires)
        for each in seen:
            seen += [further for further in ITEMS[each].requires if further not in seen]
        assert name not in seen


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("p.yaml", "product: Board\nvendor: ACME\nitems:\n  mtp2: yes\n  e1.crc4: no\n  acd:\n"),
        ("p.toml", 'product = "Board"\nvendor = "ACME"\n[items]\nmtp2 = true\n"e1.crc4" = false\n'),
    ],
)
def test_files_of_both_kinds_say_the_same(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / name
    path.write_text(text)
    found = read(path)
    assert found.answers == {"mtp2": True, "e1.crc4": False}
    assert (found.product, found.vendor) == ("Board", "ACME")
    assert found.declared(["mtp2", "e1.crc4", "acd"]) == ["mtp2"]
    expected = Pics({"e1.crc4": False, "mtp2": True}, "Board", "ACME")
    assert found.sha256 == expected.sha256


def test_hash_changes_with_every_answer() -> None:
    hashes = {Pics(answers).sha256 for answers in ({}, {"mtp2": True}, {"mtp2": False}, {"mtp3": True})}
    assert len(hashes) == 4


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        ([], "expected a mapping"),
        ({"itms": {}}, "did you mean items"),
        ({"items": {"mpt2": True}}, "'mpt2' is not an item; did you mean mtp2"),
        ({"items": {"mtp2": "maybe"}}, "expected yes, no or nothing"),
        ({"items": []}, "items: found list"),
        ({"items": {"mtp2": False, "mtp3": True}}, "mtp3 is declared yes, but mtp2, which it requires, no"),
    ],
)
def test_wrong_declarations_are_refused(data: object, complaint: str) -> None:
    with pytest.raises(PicsError, match=complaint):
        from_mapping(data, "PICS x")


def test_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(PicsError, match=r"nix\.yaml"):
        read(tmp_path / "nix.yaml")
    (tmp_path / "bad.toml").write_text("= 3")
    with pytest.raises(PicsError, match=r"bad\.toml"):
        read(tmp_path / "bad.toml")


def test_system_may_declare_of_itself() -> None:
    class Declared:
        name = "s"
        pics = {"mtp2": False}  # noqa: RUF012 (as an adapter would write it)

    assert of_system(Declared()).answers == {"mtp2": False}
    assert of_system(object()).answers == {}
