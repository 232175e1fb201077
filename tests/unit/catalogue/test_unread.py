"""A key that slad knows is refused where nothing would read it."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.catalogue.made import SOUND, changed, errors, problems

from sla_catalogue import FindingLevel

GITHUB = "sources: {hub: {dialect: github, authentication: {secret: s-s-s-s}, %s}}\n"
HOOK = "sources: {hub: {dialect: jira, authentication: {secret: a-secret-of-the-hub, %s}}}\n"


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (HOOK % "kind: basic, username: u, algorithm: sha512", "algorithm"),
        (HOOK % "kind: basic, username: u, signed: timestamp.body", "signed"),
        (HOOK % "kind: bearer, prefix: v1", "prefix"),
        (HOOK % "kind: token, header: X-Key, encoding: hex", "encoding"),
        (HOOK % "username: u", "username"),
        (HOOK.replace(", %s", ", kind: none"), "secret"),
        (GITHUB % "zone: Asia/Tokyo", "zone"),
        (GITHUB % "statuses: {A: waiting_vendor}", "statuses"),
        ("holidays: {PL: {generate: false, language: pl}}\n", "language"),
        ("holidays: {PL: {half_day_closes_at: 12:00}}\n", "half_day_closes_at"),
    ],
)  # fmt: skip
def test_a_key_that_nothing_reads_there_is_an_error(tmp_path: Path, text: str, key: str) -> None:
    (problem,) = [each for each in problems(tmp_path, SOUND + text) if each.code == "unread-key"]
    assert problem.severity is FindingLevel.ERROR
    assert problem.message.startswith(f"{key} would be read by nothing: ")


@pytest.mark.parametrize(
    ("dialect", "refused"),
    [
        ("zendesk", True),
        ("zammad", True),
        ("servicenow", True),
        ("pagerduty", True),
        ("gitlab", False),
        ("jira", False),
    ],
)
@pytest.mark.parametrize("lookup", ["customer: {%s}", "product: {%s}", "attributes: {tier: {%s}}"])
def test_a_lookup_by_labels_that_nothing_reads(tmp_path: Path, dialect: str, refused: bool, lookup: str) -> None:
    text = f"sources: {{hub: {{dialect: {dialect}, authentication: {{secret: a-secret-of-the-hub}}, %s}}}}\n"
    found = [each for each in problems(tmp_path, SOUND + text % (lookup % 'label: "c:"')) if each.code == "unread-key"]
    assert [each.message for each in found] == [
        f"label would be read by nothing: slad reads no labels of {dialect}; say a field"
    ] * refused


@pytest.mark.parametrize(("times", "read"), [("{P1: 1h, P2: 4h}", False), ("{P1: 1h, P2: 4 working days}", True)])
def test_a_reading_of_working_days_needs_working_days(tmp_path: Path, times: str, read: bool) -> None:
    text = changed("by_priority: {P1: 1h, P2: 4h}}", f"by_priority: {times}, working_days: close_of_nth_day}}")
    assert errors(tmp_path, text) == ([] if read else ["unread-key"])


def test_a_name_to_skip_that_no_entry_has_is_a_warning(tmp_path: Path) -> None:
    entry = "BEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20261224\r\nSUMMARY:Party\r\nEND:VEVENT\r\n"
    (tmp_path / "house.ics").write_text(f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n{entry}END:VCALENDAR\r\n")
    feeds = "holidays: {PL: {feeds: [{file: house.ics, skip: [party, Partey]}]}}\n"
    (warning,) = [each for each in problems(tmp_path, SOUND + feeds) if each.code == "feed-entry"]
    assert "house.ics: skip names 'Partey', and no entry is called that" in warning.message
