"""A source is added to a file of the catalogue, and nothing else in it changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from sla_catalogue import load_sources
from sla_catalogue.system import system_of
from sla_standalone.cli.connect.place import SecretPlace, Writing, compiled_after, writing_of
from sla_standalone.cli.connect.written import NotInserted, difference, insert_source

LINES = ["desk:", "  dialect: jira"]
OLD = """\
# Ours since 2019.
settings: {local: true}

sources:   # who sends
    shop:
        dialect: github        # the old repository
        authentication: {secret: x}
    # till: not yet

# people come last
people:
  ann: {name: Ann}
"""


def test_all_lines_and_comments_stay() -> None:
    after = insert_source(OLD, LINES)
    assert after.splitlines()[8:10] == ["    desk:", "      dialect: jira"]
    assert [line for line in after.splitlines() if line not in ("    desk:", "      dialect: jira")] == OLD.splitlines()
    shown = difference(OLD, after, "sources.yaml").splitlines()
    assert [line for line in shown if line.startswith(("+", "-"))][2:] == ["+    desk:", "+      dialect: jira"]


def test_a_file_without_sources_gets_the_section_at_its_end() -> None:
    assert insert_source("people:\n  ann: {name: Ann}\n", LINES).endswith(
        "Ann}\n\nsources:\n  desk:\n    dialect: jira\n"
    )
    assert insert_source("", LINES) == "sources:\n  desk:\n    dialect: jira\n"


def test_an_empty_section_is_filled() -> None:
    assert insert_source("sources:\n", LINES) == "sources:\n  desk:\n    dialect: jira\n"


@pytest.mark.parametrize("text", ["sources: {shop: {dialect: github}}\n", "sources: &all\n  a: {}\n", "sources: {}\n"])
def test_a_section_that_is_no_block_is_left_alone(text: str) -> None:
    with pytest.raises(NotInserted, match="block"):
        insert_source(text, LINES)


@pytest.mark.parametrize(
    "text",
    [
        "sources:\n  shop: &shop\n    dialect: github\n    authentication: {secret: x}\n  till: {<<: *shop}\n",
        'sources:\n  shop:\n    dialect: github\n    authentication:\n      secret: "a\n\n        b"\n',
        "sources:\n  shop: {dialect: github, authentication: {secret: x},\n    staff: [ann]}\n",
    ],
)
def test_odd_ways_to_write_yaml_are_kept_or_refused_and_never_changed(text: str, tmp_path: Path) -> None:
    file = tmp_path / "sources.yaml"
    file.write_text(text)
    before = load_sources(file)
    writing = writing_of(file, None, system_of("jira"), "desk", SecretPlace(file=tmp_path / "secrets" / "desk"))
    compiled_after(file, writing, "desk")
    writing.write()
    after = load_sources(file)
    assert {name: after[name] for name in before} == before
    assert "desk" in after


def test_what_would_change_another_source_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "sources.yaml"
    file.write_text("sources:\n  shop: {dialect: github, authentication: {secret: x}}\n")
    spoilt = Writing(file=file, before=file.read_text(), after="sources:\n  desk: {dialect: jira}\n")
    with pytest.raises(NotInserted):
        compiled_after(file, spoilt, "desk")


def test_a_secret_is_its_owners_alone_and_out_of_git(tmp_path: Path) -> None:
    place = SecretPlace(file=tmp_path / "secrets" / "desk")
    assert place.kept() == ""
    place.keep("word")
    assert place.kept() == "word"
    assert (tmp_path / "secrets" / "desk").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "secrets" / ".gitignore").read_text() == "*\n"


def test_a_secret_in_a_file_that_others_can_read_becomes_its_owners_alone(tmp_path: Path) -> None:
    folder, elsewhere = tmp_path / "secrets", tmp_path / "elsewhere"
    folder.mkdir()
    file = folder / "desk"
    file.write_text("old word\n")
    file.chmod(0o644)
    with file.open() as held:
        SecretPlace(file=file).keep("word")
        assert held.read() == "old word\n", "who has the old file open reads nothing new"
    assert (file.read_text(), file.stat().st_mode & 0o777) == ("word\n", 0o600)
    file.unlink()
    elsewhere.write_text("not ours\n")
    file.symlink_to(elsewhere)
    SecretPlace(file=file).keep("word")
    assert (elsewhere.read_text(), file.is_symlink(), file.stat().st_mode & 0o777) == ("not ours\n", False, 0o600)


def test_a_catalogue_that_holds_secrets_is_never_readable_for_others(tmp_path: Path) -> None:
    file = tmp_path / "sources.yaml"
    file.write_text("old")
    file.chmod(0o640)
    Writing(file=file, before="old", after="new").write()
    assert (file.read_text(), file.stat().st_mode & 0o777) == ("new", 0o640)
    assert [one.name for one in tmp_path.iterdir()] == ["sources.yaml"]
