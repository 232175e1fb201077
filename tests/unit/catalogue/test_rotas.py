"""Rotas in a catalogue: what is refused or said, with its place; feeds; hours that are promised and nobody holds."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs
from tests.unit.catalogue.made import changed, loaded, written

from sla_catalogue import FileProblem, FindingLevel, check_files, load_text
from sla_domain.contract import ContractId
from sla_domain.roles import RoleReason, level_recipients, level_roster
from sla_domain.rota import RotaId, on_call, shifts_between
from sla_notifier.on_call import feeds_ending
from sla_standalone.holder import CatalogueHolder

TODAY = date(2026, 9, 28)  # a Monday
TEXT = """\
coverages:
  always: {hours: 24x7}
  office: {hours: {mon-fri: "09:00-17:00"}, holidays: contract}
  shift: {hours: {mon-fri: "08:00-18:00"}, holidays: PL}
plans:
  gold:
    priorities: [{id: P1}]
    targets: [{metric: first_response, coverage: always, time: 1h}]
    escalation: call
escalations: {call: {levels: [{after: 0m, tell: on_call}]}}
people:
  ann: {name: Ann Low, email: ann@example.com}
  bob: {name: Bob, addresses: ["email:bob@example.com"]}
  cy: {name: Cy, email: cy@example.com}
rotas:
  desk:
    zone: Europe/Warsaw
    people: [ann, bob]
    handover: {every: week, on: mon, at: "09:00"}
    starts: 2026-09-07
contracts:
  acme:
    customers: [Acme]
    plan: gold
    zone: Europe/Warsaw
    country: PL
    roles: {on_call: [{rota: desk}]}
"""
STARTS = "    starts: 2026-09-07\n"
TO_THURSDAY = '    hours: {mon-thu: "00:00-24:00"}\n'
IN_TURN = "[{rota: desk, coverage: office}, {person: cy, coverage: office, outside: true}]"
NAMED = lambda value: "" if "plans:" in value else value  # noqa: E731 - a whole catalogue is no name for a test


def found(tmp_path: Path, text: str, today: date | None = TODAY) -> list[FileProblem]:
    return check_files(written(tmp_path, text), environment={}, today=today)


def with_(keys: str, text: str = TEXT) -> str:
    """The rota with further keys."""
    return changed(STARTS, STARTS + keys, text)


def line_of(text: str, words: str) -> int:
    return next(number for number, line in enumerate(text.splitlines(), 1) if words in line)


def test_a_sound_rota_is_not_found_fault_with(tmp_path: Path) -> None:
    assert found(tmp_path, TEXT) == []


OVERRIDE = '    overrides: [{from: "2026-10-06T09:00", until: "2026-10-07T09:00", who: cy, instead_of: ann, by: bob}]\n'


@pytest.mark.parametrize(
    ("old", "new", "code", "at"),
    [
        ("people: [ann, bob]", "people: [ann, bib]", "unknown-person", "people: [ann, bib]"),
        ("people: [ann, bob]", "people: []", "rota-nobody", "desk:"),
        ("    starts: 2026-09-07\n", "", "rota-starts", "desk:"),
        ("starts: 2026-09-07", "starts: 2026-09-08", "rota-starts", "starts:"),
        ("every: week", "every: fortnight", "handover", "every:"),
        ("every: week", "every: 0 days", "handover", "every:"),
        ("every: week", "every: 3 days", "handover", "every:"),
        ("on: mon", "on: mon-fri", "handover", "on: mon-fri"),
        ("Europe/Warsaw\n    people", "Europe/Warschau\n    people", "unknown-zone", "zone: Europe/Warschau"),
        (STARTS, STARTS + "    coverage: nights\n", "unknown-coverage", "coverage: nights"),
        (STARTS, STARTS + "    coverage: office\n", "rota-holidays", "coverage: office"),
        (STARTS, STARTS + "    coverage: always\n    hours: 24x7\n", "rota", "desk:"),
        (STARTS, STARTS + "    feed: {file: a.ics}\n", "rota", "desk:"),
        (STARTS, STARTS + "    layers: [{people: [ann]}]\n", "rota", "desk:"),
        (STARTS, STARTS + '    hours: {mon: "09:00-12:00, 11:00-13:00"}\n', "overlap", "hours: {mon: "),
        (STARTS, STARTS + OVERRIDE.replace("who: cy", "who: cyd"), "unknown-person", "overrides:"),
        (STARTS, STARTS + OVERRIDE.replace("instead_of: ann", "instead_of: bib"), "unknown-person", "overrides:"),
        (STARTS, STARTS + OVERRIDE.replace("by: bob", "by: bib"), "unknown-person", "overrides:"),
        (STARTS, STARTS + OVERRIDE.replace("10-07T", "10-06T"), "span", "overrides:"),
        (STARTS, STARTS + OVERRIDE.replace("10-07T09:00", "10-07"), "", ""),  # a day is its first instant
        ("[{rota: desk}]", "[{rota: disk}]", "unknown-rota", "roles:"),
        ("[{rota: desk}]", "[{rota: desk, person: ann}]", "holder", "roles:"),
        ("[{rota: desk}]", "[{coverage: always}]", "holder", "roles:"),
        ("name: Cy,", "name: Cy, zone: Mars/Base,", "unknown-zone", "name: Cy"),
        ("name: Cy,", "name: Cy, language: en, languages: [pl],", "language", "name: Cy"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused_where_it_stands(
    tmp_path: Path, old: str, new: str, code: str, at: str
) -> None:
    text = changed(old, new, TEXT)
    refused = [each for each in found(tmp_path, text) if each.severity is FindingLevel.ERROR]
    assert [each.code for each in refused][:1] == ([code] if code else [])
    if code:
        assert refused[0].line == line_of(text, at), refused[0]


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        (with_(OVERRIDE), "", ""),
        (with_(OVERRIDE.replace("instead_of: ann", "instead_of: bob")), "override", "changes nothing"),
        (
            with_(OVERRIDE.replace("}]", '}, {from: "2026-10-06T12:00", until: "2026-10-08T09:00", who: bob}]')),
            "override", "it meets the override with cy before it: bob counts where they meet",
        ),
        (changed("name: Cy,", "name: Cy, until: 2026-10-01,", TEXT), "", ""),  # is never on call
        (
            changed("name: Bob,", "name: Bob, until: 2026-10-08,", TEXT), "leaves-on-call",
            "bob leaves on 2026-10-08 and has turns afterwards: nobody is on call in them",
        ),
        (changed("[{rota: desk}]", "[ann]", TEXT), "rota-unused", "no role is held by the rota 'desk'"),
    ],
    ids=NAMED,
)  # fmt: skip
def test_what_may_be_meant_is_said(tmp_path: Path, text: str, code: str, words: str) -> None:
    said = [each for each in found(tmp_path, text) if each.code != "nobody-on-duty"]
    assert [each.code for each in said] == ([code] if code else [])
    assert all(words in each.message and each.severity is FindingLevel.WARNING for each in said)


# -- hours that are promised and nobody holds -----------------------------------------------------------------


def unheld(tmp_path: Path, text: str, today: date | None = TODAY) -> str:
    """The part of the warning that says when; empty without one."""
    said = [each.message for each in found(tmp_path, text, today) if each.code == "nobody-on-duty"]
    assert len(said) <= 1
    return said[0].partition(" is on call ")[2].partition(" at level")[0] if said else ""


def layer(keys: str) -> str:
    """The rota with these layers in place of its turns."""
    start = TEXT.index("    people: [ann, bob]\n")
    return TEXT[:start] + f"    layers:\n{keys}" + TEXT[TEXT.index("contracts:") :]


WEEKLY = "people: [ann, bob], starts: 2026-09-07"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (with_('    hours: {mon-sat: "00:00-24:00"}\n'), "Sun 00:00–24:00 (313 h in 92 days)"),  # one is longer
        (
            with_('    hours: {mon-fri: "00:00-24:00", sat: "00:00-02:00, 06:00-24:00", sun: "00:00-24:00"}\n'),
            "Sat 02:00–06:00 (52 h in 92 days)",
        ),
        (  # the layer that had the nights is taken off from a day on
            layer(f'      - {{{WEEKLY}, hours: {{mon-fri: "06:00-22:00", sat-sun: "00:00-24:00"}}}}\n'
                  '      - {people: [cy], hours: {mon-thu: "22:00-06:00", fri: "22:00-24:00"}}\n'),
            "Mon 00:00–06:00 (84 h in 92 days)",
        ),
        (changed("starts: 2026-09-07", "starts: 2026-10-12", TEXT), "until Mon 12 October 09:00 (345 h in 92 days)"),
        (  # holidays of the rota's own hours: 11 November is a Wednesday, 25 December a Friday
            changed("coverage: always, time", "coverage: shift, time",
                    with_('    coverage: shift\n')), "",
        ),
        (  # the same hours, worked on holidays too
            changed("holidays: PL", "holidays: none",
                    changed("coverage: always, time", "coverage: daily, time",
                            changed("  shift:", '  daily: {hours: {mon-fri: "08:00-18:00"}}\n  shift:',
                                    with_("    coverage: shift\n")))), "",
        ),
        (
            changed("coverage: always, time", "coverage: daily, time",
                    changed("  shift:", '  daily: {hours: {mon-fri: "08:00-18:00"}}\n  shift:',
                            with_("    coverage: shift\n"))),
            "Wed 11 November 08:00–18:00; Thu 24 December 08:00–18:00; Fri 25 December 08:00–18:00 (30 h in 92 days)",
        ),
        (with_(OVERRIDE), ""),  # replaced, not taken away
        (
            changed("name: Bob,", "name: Bob, until: 2026-10-08,", TEXT),
            "Mon 12 October 09:00 to Mon 19 October 09:00; Mon 26 October 09:00 to Mon 2 November 09:00; "
            "Mon 9 November 09:00 to Mon 16 November 09:00; Mon 23 November 09:00 to Mon 30 November 09:00; "
            "Mon 7 December 09:00 to Mon 14 December 09:00; Mon 21 December 09:00 to Mon 28 December 09:00 "
            "(1008 h in 92 days)",
        ),
        (changed("[{rota: desk}]", "[{rota: desk}, cy]", with_(TO_THURSDAY)), ""),
        (  # in office hours the rota, at all others cy
            changed("[{rota: desk}]", IN_TURN, TEXT), "",
        ),
        (
            changed("[{rota: desk}]", "[{rota: desk, coverage: office}, {person: cy, coverage: always}]", TEXT), "",
        ),
        (changed("    country: PL", "    country: PL\n    valid: {to: 2026-10-01}", with_(TO_THURSDAY)), ""),
        (
            changed("    country: PL", "    country: PL\n    valid: {from: 2026-12-25}", with_(TO_THURSDAY)),
            "Fri 25 December 00:00 to Sun 27 December 24:00 (72 h in 92 days)",
        ),
    ],
    ids=NAMED,
)  # fmt: skip
def test_every_hour_that_a_contract_promises_and_nobody_holds_is_said(tmp_path: Path, text: str, words: str) -> None:
    assert unheld(tmp_path, text) == words


def test_the_warning_names_contract_promise_level_and_a_way_out(tmp_path: Path) -> None:
    text = with_('    hours: {mon-fri: "00:00-24:00", sat: "00:00-02:00, 06:00-24:00", sun: "00:00-24:00"}\n')
    (said,) = found(tmp_path, text)
    assert said.message == (
        "acme promises 24x7 (always); nobody is on call Sat 02:00–06:00 (52 h in 92 days) at level 1 of call, on_call"
    )
    assert said.hint == "whoever is next on call is told then; add people or hours to desk, or an override"
    assert said.line == line_of(text, "roles:")


def test_hours_of_every_entitlement_are_promised(tmp_path: Path) -> None:
    """The rota holds the office hours of the first, and not the nights of the second; a rota's people are in both."""
    office = """\
  silver:
    priorities: [{id: P1}]
    targets: [{metric: first_response, coverage: daily, time: 1h}]
    escalation: call
escalations:"""
    bought = (
        "entitlements: [{id: desk, plan: silver, products: [Mail]}, {id: all, plan: gold, valid: {to: 2026-10-01}}]"
    )
    text = changed("escalations:", office, with_("    coverage: daily\n"))
    text = changed("  shift:", '  daily: {hours: {mon-fri: "08:00-18:00"}}\n  shift:', text)
    (said,) = found(tmp_path, changed("    plan: gold", f"    {bought}", text))
    assert said.message == (
        "acme promises 24x7 (always); nobody is on call Fri 25 September 18:00 to Mon 28 September 08:00; "
        "Mon 28 September 18:00 to Tue 29 September 08:00; Tue 29 September 18:00 to Wed 30 September 08:00; "
        "Wed 30 September 18:00–24:00 (42 h in 92 days) at level 1 of call, on_call"
    )
    held = loaded(tmp_path, changed("    plan: gold", f"    {bought}", text)).rulebook.contracts[ContractId("acme")]
    assert [sorted(one.people) for one in held.bought] == [["ann", "bob"], ["ann", "bob"]]


def test_without_a_day_nobody_can_know_whether_a_rota_has_begun(tmp_path: Path) -> None:
    assert found(tmp_path, with_(TO_THURSDAY), today=None) == []


def test_a_night_shift_over_the_change_of_the_clock_leaves_no_hour(tmp_path: Path) -> None:
    """Handed over at 02:30, which comes twice on 25 October."""
    text = layer(f'      - {{{WEEKLY}, handover: {{every: day, at: "02:30"}}, hours: {{mon-sun: "22:00-06:00"}}}}\n'
                 '      - {people: [cy], hours: {mon-sun: "06:00-22:00"}}\n')  # fmt: skip
    assert unheld(tmp_path, text) == ""


def test_ten_thousand_contracts_alike_are_proven_once(tmp_path: Path) -> None:
    """The cost is that of the different hours and rotas, not of the contracts."""
    from sla_catalogue.rule import duty

    contract = TEXT[TEXT.index("  acme:") :]
    more = "".join(contract.replace("acme", f"c{n}").replace("Acme", f"C{n}") for n in range(40))
    gaps: list[object] = []
    kept = duty._Proof._gaps
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(duty._Proof, "_gaps", lambda *given: gaps.append(given) or kept(*given))
        said = found(tmp_path, changed("coverage: always", "coverage: always",
                                       with_('    hours: {mon-sat: "00:00-24:00"}\n')) + more
                     + "settings: {default_contract: acme}\n")  # fmt: skip
    assert (len(gaps), len(said)) == (1, 41)


# -- who is told ------------------------------------------------------------------------------------------------


def told(tmp_path: Path, text: str, at: str, *before: str) -> str:
    catalogue = loaded(tmp_path, text)
    contract = catalogue.rulebook.contracts[ContractId("acme")]
    roster = level_roster(catalogue.rulebook, contract, ["on_call"], datetime.fromisoformat(at + "+02:00"))
    answer = level_recipients(roster, before)
    return "wait" if answer.until else " ".join(f"{each.person.id}" for each in answer.now)


def test_the_level_tells_who_is_on_call_at_the_instant_and_before_a_gap_ends_who_is_next(tmp_path: Path) -> None:
    office = with_('    hours: {mon-fri: "09:00-17:00"}\n')
    assert told(tmp_path, office, "2026-09-07T09:00") == "ann"
    assert told(tmp_path, office, "2026-09-14T09:00") == "bob"
    assert told(tmp_path, office, "2026-09-11T17:00") == "bob", "nobody is on call: who is next, not everybody"
    assert told(tmp_path, office, "2026-09-11T17:00", "bob") == "wait"
    combined = changed("[{rota: desk}]", IN_TURN, TEXT)
    assert told(tmp_path, combined, "2026-09-11T16:59") == "ann"
    assert told(tmp_path, combined, "2026-09-11T17:00") == "cy"


def test_a_person_serves_in_their_own_hours_and_until_they_leave(tmp_path: Path) -> None:
    text = changed(
        "{name: Cy,", '{name: Cy, zone: Asia/Tokyo, hours: {mon-fri: "09:00-17:00"}, until: 2026-09-10,', TEXT
    )
    text = changed("[{rota: desk}]", "[cy, {person: bob, coverage: never}]", text)
    text = changed("  shift:", '  never: {hours: {sun: "03:00-03:01"}}\n  shift:', text)
    assert told(tmp_path, text, "2026-09-08T02:00") == "cy", "09:00 in Tokyo"
    assert told(tmp_path, text, "2026-09-08T01:59", "bob", "cy") == "wait"
    assert told(tmp_path, text, "2026-09-09T17:00", "bob", "cy") == "wait", "midnight in Tokyo: cy has left"
    assert told(tmp_path, text, "2026-09-10T03:00", "cy") == "bob"


def test_somebody_with_several_languages_is_written_to_in_the_first_that_slad_has_words_for(tmp_path: Path) -> None:
    text = changed("{name: Ann Low,", "{name: Ann Low, languages: [fi, en-GB],", TEXT)
    catalogue = loaded(tmp_path, text)
    ann = catalogue.rulebook.contracts[ContractId("acme")].people["ann"]
    assert (ann.language, ann.languages) == ("en", ("fi", "en-GB"))
    assert found(tmp_path, text) == []
    assert [each.code for each in found(tmp_path, changed("[fi, en-GB]", "[fi, sv]", text))] == ["no-mail-texts"]


# -- feeds ------------------------------------------------------------------------------------------------------

FEED = TEXT.replace(
    TEXT[TEXT.index("    people: [ann, bob]\n") : TEXT.index("contracts:")], "    feed: {file: duty.ics}\n"
)


def ics(*entries: str) -> str:
    body = "".join(
        f"BEGIN:VEVENT\r\nUID:{n}\r\nDTSTAMP:20260901T000000Z\r\n{entry}\r\nEND:VEVENT\r\n"
        for n, entry in enumerate(entries)
    )
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y//EN\r\n{body}END:VCALENDAR\r\n"


def day(first: int, last: int, *lines: str) -> str:
    return "\r\n".join([f"DTSTART;VALUE=DATE:202610{first:02}", f"DTEND;VALUE=DATE:202610{last:02}", *lines])


@pytest.mark.parametrize(
    ("lines", "person"),
    [
        (["SUMMARY:ann"], "ann"),
        (["SUMMARY:Ann Low"], "ann"),
        (["SUMMARY:bob@example.com"], "bob"),
        (["SUMMARY:On Call - Ann Low - Desk"], "ann"),
        (["SUMMARY:Desk", "ATTENDEE:mailto:Bob@example.com"], "bob"),
        (["SUMMARY:Desk", 'ATTENDEE;CN="ann low":mailto:x@example.com'], "ann"),
        (["SUMMARY:Desk", "ATTENDEE:mailto:stranger@x.example", "ATTENDEE:mailto:cy@example.com"], "cy"),
        (["SUMMARY:The boss"], "cy"),
        (["SUMMARY:Ann Low and Bob"], None),
        (["SUMMARY:Annette"], None),
        (["SUMMARY:Somebody"], None),
        ([], None),
    ],
)
def test_an_entry_names_its_person_by_attendee_or_title(tmp_path: Path, lines: list[str], person: str | None) -> None:
    (tmp_path / "duty.ics").write_text(ics(day(5, 12, *lines)))
    text = changed("{file: duty.ics}", "{file: duty.ics, names: {the boss: cy}}", FEED)
    rota = loaded(tmp_path, text).rulebook.rotas[RotaId("desk")]
    shift = on_call(rota, datetime(2026, 10, 6, tzinfo=UTC))
    assert (shift.person if shift is not None else None) == person
    said = [each for each in found(tmp_path, text) if each.code == "feed-entry"]
    assert (not said) == (person is not None)
    if person is None:
        name = lines[0].partition(":")[2] if lines else ""
        assert repr(name) in said[0].message
        assert "it names nobody who is known" in said[0].message


def test_days_of_a_feed_are_days_of_the_rota_and_repeated_entries_count_each_time(tmp_path: Path) -> None:
    weekly = "DTSTART;TZID=Europe/Warsaw:20261019T090000\r\nDTEND;TZID=Europe/Warsaw:20261026T090000\r\nSUMMARY:bob"
    (tmp_path / "duty.ics").write_text(
        ics(day(5, 7, "SUMMARY:ann"), weekly + "\r\nRRULE:FREQ=WEEKLY;INTERVAL=2;COUNT=2")
    )
    rota = loaded(tmp_path, FEED).rulebook.rotas[RotaId("desk")]
    shifts = shifts_between(rota, datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC))
    assert [
        (each.person, f"{each.start:%d.%m. %H:%M}", (each.end - each.start) / timedelta(hours=1)) for each in shifts
    ] == [
        ("ann", "04.10. 22:00", 48),
        ("bob", "19.10. 07:00", 169),  # the clock is put back in between
        ("bob", "02.11. 08:00", 168),
    ]


def test_two_people_listed_at_once_are_said(tmp_path: Path) -> None:
    (tmp_path / "duty.ics").write_text(ics(day(5, 12, "SUMMARY:ann"), day(7, 8, "SUMMARY:bob")))
    said = [each.message for each in found(tmp_path, FEED) if each.code == "feed-entry"]
    assert said == [
        "duty.ics: bob and ann are listed at once at 2026-10-06 22:00Z: bob is on call, who starts later",
    ]


@pytest.mark.parametrize(
    ("today", "words"),
    [
        (date(2026, 10, 1), []),
        (date(2026, 10, 16), []),
        (date(2026, 10, 17), ["its feed ends on 2026-10-31 00:00: nobody is on call afterwards"]),
        (date(2026, 12, 1), ["its feed ends on 2026-10-31 00:00: nobody is on call afterwards"]),
    ],
)
def test_a_feed_that_ends_within_two_weeks_is_said(tmp_path: Path, today: date, words: list[str]) -> None:
    (tmp_path / "duty.ics").write_text(ics(day(5, 31, "SUMMARY:ann")))
    assert [each.message for each in found(tmp_path, FEED, today) if each.code == "rota-feed-ends"] == words


def test_the_running_service_says_so_once_a_day_and_shows_how_far_the_feed_reaches(tmp_path: Path) -> None:
    (tmp_path / "duty.ics").write_text(ics(day(5, 31, "SUMMARY:ann")))
    registry, days = CollectorRegistry(), [date(2026, 10, 16)]

    def shown() -> float | None:
        return registry.get_sample_value("slad_rota_feed_end_timestamp_seconds", {"rota": "desk"})

    with capture_logs() as logs:
        holder = CatalogueHolder(written(tmp_path, FEED), registry, lambda: days[0])
        end = datetime(2026, 10, 30, 23, tzinfo=UTC)
        assert (shown(), logs) == (end.timestamp(), [])
        assert feeds_ending(holder.current, end - timedelta(days=14)) is None
        days[0] = date(2026, 10, 17)
        for _ in range(3):
            holder.refresh()
        assert [(line["event"], line["rota"], line["until"]) for line in logs] == [
            ("catalogue.rota_feed_ends_soon", "desk", "2026-10-30T23:00:00+00:00")
        ]
        said = feeds_ending(holder.current, end - timedelta(days=13))
        assert said == "the feed of desk lists nobody from 2026-10-30 23:00Z on"
        written(tmp_path, TEXT)
        holder.refresh()
        assert shown() is None


def test_a_feed_without_shifts_one_that_is_none_and_one_that_is_missing(tmp_path: Path) -> None:
    file = tmp_path / "duty.ics"
    file.write_text(ics())
    assert [each.code for each in found(tmp_path, FEED)] == ["rota-feed-ends", "no-people", "nobody-on-duty"]
    file.write_text("who knows")
    assert [each.code for each in found(tmp_path, FEED) if each.severity is FindingLevel.ERROR] == ["feed"]
    file.unlink()
    assert [each.code for each in found(tmp_path, FEED) if each.severity is FindingLevel.ERROR] == ["feed"]


def test_a_stored_catalogue_has_the_shifts_of_its_feeds_under_a_version_that_follows_them(tmp_path: Path) -> None:
    (tmp_path / "duty.ics").write_text(ics(day(5, 12, "SUMMARY:ann")))
    catalogue = loaded(tmp_path, FEED)
    (tmp_path / "duty.ics").unlink()
    again = load_text(catalogue.text)
    assert again.rulebook.rotas == catalogue.rulebook.rotas
    assert again.version == catalogue.version
    (tmp_path / "duty.ics").write_text(ics(day(5, 13, "SUMMARY:ann")))
    assert loaded(tmp_path, FEED).version != catalogue.version


def test_a_rota_of_the_customers_own_people_is_never_paged(tmp_path: Path) -> None:
    text = changed("{name: Bob,", "{name: Bob, side: customer,", TEXT)
    assert [each.code for each in found(tmp_path, text)] == ["customer-paged"]


def test_who_is_on_call_holds_the_role_for_that_reason(tmp_path: Path) -> None:
    catalogue = loaded(tmp_path, TEXT)
    contract = catalogue.rulebook.contracts[ContractId("acme")]
    roster = level_roster(catalogue.rulebook, contract, ["on_call"], datetime(2026, 9, 8, tzinfo=UTC))
    assert [(each.person.id, each.reason) for each in roster.on_duty] == [("ann", RoleReason.ON_CALL)]
    assert [(each.person.id, each.begins) for each in roster.off_duty] == [
        ("bob", datetime(2026, 9, 14, 7, tzinfo=UTC))
    ]


def test_who_is_next_is_somebody_else_though_the_same_person_has_two_turns(tmp_path: Path) -> None:
    catalogue = loaded(tmp_path, changed("people: [ann, bob]", "people: [ann, ann, bob]", TEXT))
    contract = catalogue.rulebook.contracts[ContractId("acme")]
    roster = level_roster(catalogue.rulebook, contract, ["on_call"], datetime(2026, 9, 8, tzinfo=UTC))
    assert [(each.person.id, each.begins) for each in roster.off_duty] == [
        ("bob", datetime(2026, 9, 21, 7, tzinfo=UTC))
    ]
