"""A file of evidence comes from the other side of a dispute: it is read without trusting a word of it."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.unit.cli.invoke import slad

from sla_standalone.evidence import archive, open_evidence, verify_evidence, write_archive
from sla_standalone.evidence.archive import BadEvidence


def made(path: Path, *entries: tuple[zipfile.ZipInfo | str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for entry, content in entries:
            target.writestr(entry, content)
    return path


@pytest.mark.parametrize(
    "name",
    ["../evil", "/etc/passwd", "a/../../evil", "C:/evil", "..\\evil", "inbox\\x", "a//b", "./a", "folder/", "a\x07b"],
)
def test_a_name_that_leads_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    file = made(tmp_path / "evil.zip", (zipfile.ZipInfo(name), b"x"))
    with pytest.raises(BadEvidence, match=r"leads out of the folder|no name of a file"), open_evidence(file):
        pass
    said = slad("evidence", "verify", file)
    assert (said.status, "refused" in said.out) == (1, True)


def test_a_link_is_refused(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("manifest.json")
    link.create_system, link.external_attr = 3, 0o120777 << 16
    with pytest.raises(BadEvidence, match="no plain file"), open_evidence(made(tmp_path / "a.zip", (link, b"/etc/x"))):
        pass


def test_a_name_that_comes_twice_is_refused(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="Duplicate"):
        file = made(tmp_path / "a.zip", ("manifest.json", b"1"), ("manifest.json", b"2"))
    with pytest.raises(BadEvidence, match="twice"), open_evidence(file):
        pass


def _encrypted(raw: bytes) -> bytes:
    at = raw.index(b"PK\x01\x02") + 8
    return raw[:at] + struct.pack("<H", struct.unpack("<H", raw[at : at + 2])[0] | 1) + raw[at + 2 :]


def _packed_otherwise(raw: bytes) -> bytes:
    at = raw.index(b"PK\x01\x02") + 10
    return raw[:at] + struct.pack("<H", 12) + raw[at + 2 :]


@pytest.mark.parametrize(
    ("change", "why"), [(_encrypted, "is encrypted"), (_packed_otherwise, "in a way that slad does not use")]
)
def test_what_slad_does_not_write_is_refused(tmp_path: Path, change: Callable[[bytes], bytes], why: str) -> None:
    file = made(tmp_path / "a.zip", ("manifest.json", b"{}"))
    file.write_bytes(change(file.read_bytes()))
    with pytest.raises(BadEvidence, match=why), open_evidence(file):
        pass


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MOST_BYTES", 1_000_000)
    file = made(tmp_path / "bomb.zip", ("a", b"\0" * 600_000), ("b", b"\0" * 600_000))
    assert file.stat().st_size < 5_000
    with pytest.raises(BadEvidence, match="it would take more"), open_evidence(file):
        pass


def test_a_bomb_that_lies_about_its_size_gives_no_more_than_it_states(tmp_path: Path) -> None:
    file = made(tmp_path / "bomb.zip", ("a", b"\0" * 600_000))
    raw = file.read_bytes()
    at = raw.index(b"PK\x01\x02") + 24
    file.write_bytes(raw[:at] + struct.pack("<L", 10) + raw[at + 4 :])
    with open_evidence(file) as evidence, pytest.raises(BadEvidence, match="is damaged"):
        evidence.read("a")


def test_too_many_files_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MOST_FILES", 3)
    file = made(tmp_path / "a.zip", *((f"f{number}", b"") for number in range(4)))
    with pytest.raises(BadEvidence, match="4 files"), open_evidence(file):
        pass


def test_a_file_too_large_for_memory_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MOST_IN_MEMORY", 100)
    with open_evidence(made(tmp_path / "a.zip", ("a", b"x" * 101))) as evidence:
        with pytest.raises(BadEvidence, match="larger than"):
            evidence.read("a")
        assert sum(map(len, evidence.pieces("a"))) == 101


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"no json", "manifest.json is not what slad writes"),
        (b"[]", "manifest.json is not what slad writes"),
        (b'{"form": "slad evidence 9"}', "has the form 'slad evidence 9'"),
        (b'{"form": "slad evidence 1"}', "manifest.json is not what slad writes"),
    ],
)
def test_another_zip_is_no_evidence(tmp_path: Path, content: bytes, why: str) -> None:
    manifest, (check,) = verify_evidence(made(tmp_path / "a.zip", ("manifest.json", content)))
    assert (manifest, check.result.value, why in check.found[0]) == (None, "fails", True)
    manifest, (check,) = verify_evidence(made(tmp_path / "b.zip", ("a", b"")))
    assert (manifest, check.found) == (None, ("manifest.json is missing",))


def test_lines_are_read_across_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "_PIECE", 7)
    with open_evidence(made(tmp_path / "a.zip", ("a", b'{"one": 1}\n{"two": "2222222222"}\n{"three": 3}'))) as evidence:
        assert list(evidence.lines("a")) == [{"one": 1}, {"two": "2222222222"}, {"three": 3}]
        assert list(evidence.lines("none")) == []
    with (
        open_evidence(made(tmp_path / "b.zip", ("a", b"{}\n7\n"))) as evidence,
        pytest.raises(BadEvidence, match="a:2"),
    ):
        list(evidence.lines("a"))


def test_equal_content_gives_equal_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        folder = tmp_path / name
        (folder / "inbox").mkdir(parents=True)
        for file in ("b", "inbox/a") if name == "one" else ("inbox/a", "b"):
            (folder / file).write_bytes(file.encode() * 1000)
        write_archive(tmp_path / f"{name}.zip", folder, {"manifest.json": b"{}"})
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
