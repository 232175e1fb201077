"""Whoever is on call when a message leaves gets it; who that is, as JSON and as a calendar that others can read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
from dateutil.parser import isoparse
from tests.integration.notifier.stage import CATALOGUE, NINE, Stage, breached
from tests.integration.notifier.test_escalation import mailed
from tests.real.smtp import SmtpServer
from tests.real.webhook import WebhookReceiver

from sla_catalogue import Catalogue, load_catalogue
from sla_catalogue.holiday.row import Horizon
from sla_catalogue.rota.feed import PeopleByName, read_shifts
from sla_domain.rota import RotaId, shifts_between

MINUTE = timedelta(minutes=1)
READER = {"authorization": "Bearer the-readers-key-0001"}
# Anna from Saturday 10:20 on, Ben from Sunday 10:20, Anna again from Monday 10:20.
ROTAS = """
rotas:
  desk:
    title: {en: First line, pl: Pierwsza linia}
    zone: Europe/Warsaw
    people: [anna, ben]
    handover: {every: day, at: "10:20"}
    starts: 2026-02-28
    overrides:
      - {from: "2026-03-04T12:00", until: "2026-03-05T00:00", who: maria, instead_of: anna, by: piotr,
         reason: "dentist; at 1, she says"}
  spare: {zone: UTC, people: [ops, ben], starts: 2026-03-02}
"""


@pytest.fixture
def catalogue(tmp_path: Any, webhook_receiver: WebhookReceiver, spare_receiver: WebhookReceiver) -> Catalogue:
    urls = {"PAGER_URL": f"{webhook_receiver.url}/page", "SPARE_URL": f"{spare_receiver.url}/page"}
    text = CATALOGUE.read_text("utf-8") + ROTAS
    for old, new in (
        ("[{person: anna, coverage: office}, {person: ben, coverage: office, outside: true}]", "[{rota: desk}]"),
        ("lead: [anna, piotr]", "lead: [{rota: desk}]"),
        ("roles: {operators: [ops]}", "roles: {operators: [ops], spare: [{rota: spare}]}"),
        ("name: Ben Berg,", "name: Ben Berg, zone: America/New_York, languages: [no, en],"),
    ):
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    file = tmp_path / "catalogue.yaml"
    file.write_text(text, encoding="utf-8")
    return load_catalogue(file, environment=urls)


async def test_each_level_pages_whoever_is_on_call_then_and_not_whose_shift_is_over(
    stage: Stage, smtp_server: SmtpServer
) -> None:
    stage.time.go(NINE + 15 * MINUTE)  # 10:15 in Warsaw: Ben's last minutes
    await stage.hear(breached())
    await stage.send()
    assert mailed(smtp_server) == [("ben", "Breached:")]
    await stage.pass_time(minutes=10)  # the second level, five minutes after the handover
    await stage.send()
    assert mailed(smtp_server)[1:] == [("anna", "Breached")]
    await stage.pass_time(minutes=20)  # the manager is informed
    await stage.pass_time(minutes=61)  # and the next round begins
    await stage.send()
    assert {person for person, _ in mailed(smtp_server)[2:]} == {"maria", "anna"}
    whys = {(row.person, row.level): row.why for row in await stage.rows()}
    assert whys["ben", 1] == "level 1, on call, on call"
    assert whys["anna", 2].startswith("level 2, lead, on call")


async def test_who_cannot_be_reached_is_replaced_by_who_is_next(stage: Stage, smtp_server: SmtpServer) -> None:
    acme = stage.catalogue.rulebook.contracts
    for contract in acme.values():
        if "ben" in contract.people:
            object.__setattr__(contract.people["ben"], "addresses", ())
    stage.time.go(NINE + 15 * MINUTE)
    await stage.hear(breached())
    await stage.send()
    assert mailed(smtp_server) == [("anna", "Breached:")]
    assert [row.state for row in await stage.rows(person="ben")] == ["undeliverable"]


async def test_who_is_on_call_is_told_with_the_zone_and_the_languages_of_the_person(client: httpx2.AsyncClient) -> None:
    answer = (await client.get("/v1/oncall?rota=desk&at=2026-03-02T09:15:00Z", headers=READER)).json()
    (desk,) = answer["rotas"]
    assert (desk["rota"], desk["title"], answer["roles"]) == ("desk", "First line", [])
    assert desk["now"] == {
        "person": "ben", "name": "Ben Berg", "languages": ["no", "en"], "zone": "America/New_York",
        "start": "2026-03-01T09:20:00Z", "end": "2026-03-02T09:20:00Z",
        "local_start": "2026-03-01T04:20:00-05:00", "local_end": "2026-03-02T04:20:00-05:00", "override": None,
    }  # fmt: skip
    assert (desk["next"]["person"], desk["next"]["zone"]) == ("anna", "Europe/Warsaw")
    at = {"at": "2026-03-04T12:00:00+01:00", "contract": "acme"}
    answer = (await client.get("/v1/oncall", params=at, headers=READER)).json()
    assert [each["rota"] for each in answer["rotas"]] == ["desk"]
    assert answer["rotas"][0]["now"]["override"] == {
        "instead_of": "anna",
        "by": "piotr",
        "reason": "dentist; at 1, she says",
    }
    assert [(each["role"], each["person"], each["on_duty"]) for each in answer["roles"]] == [
        ("on_call", "maria", True), ("on_call", "anna", False), ("lead", "maria", True), ("lead", "anna", False),
        ("manager", "maria", True),
    ]  # fmt: skip
    now = (await client.get("/v1/oncall", headers=READER)).json()
    assert now["at"] == "2026-03-02T09:00:00Z"
    assert [each["now"]["person"] for each in now["rotas"]] == ["ben", "ops"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1/oncall?rota=disk", 404),
        ("/v1/oncall?contract=nobody", 404),
        ("/v1/oncall?contract=acme&rota=spare", 404),  # no role of this contract
        ("/v1/oncall?at=yesterday", 422),
        ("/v1/oncall?at=2026-03-02T09:15:00", 422),
        ("/v1/oncall/disk.ics", 404),
        ("/v1/oncall/desk.ics?person=ops", 404),
    ],
)
async def test_what_is_not_known_is_refused(client: httpx2.AsyncClient, path: str, status: int) -> None:
    answer = await client.get(path, headers=READER)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")


def entries(text: str) -> list[dict[str, str]]:
    """Read as RFC 5545 says, by no library that writes: lines of 75 octets at most, folded; texts escaped."""
    assert text.endswith("\r\n")
    assert "\n" not in text.replace("\r\n", "")
    lines = text.split("\r\n")[:-1]
    assert max(len(line.encode()) for line in lines) <= 75
    unfolded: list[str] = []
    for line in lines:
        if line.startswith(" "):
            unfolded[-1] += line[1:]
        else:
            unfolded.append(line)
    assert (unfolded[0], unfolded[-1]) == ("BEGIN:VCALENDAR", "END:VCALENDAR")
    assert {"VERSION:2.0", "X-WR-TIMEZONE:Europe/Warsaw"} <= set(unfolded)
    assert sum(line.startswith("PRODID:") for line in unfolded) == 1
    found: list[dict[str, str]] = []
    for line in unfolded:
        name, _, value = line.partition(":")
        if line == "BEGIN:VEVENT":
            found.append({})
        elif found and name not in ("BEGIN", "END"):
            assert name not in found[-1]
            found[-1][name] = value.replace(r"\,", ",").replace(r"\;", ";").replace(r"\n", "\n").replace("\\\\", "\\")
    return found


def spans(events: list[dict[str, str]]) -> list[tuple[str, datetime, datetime]]:
    return [(event["SUMMARY"], isoparse(event["DTSTART"]), isoparse(event["DTEND"])) for event in events]


async def test_the_calendar_of_a_rota_has_its_shifts_with_overrides_applied(
    client: httpx2.AsyncClient, stage: Stage
) -> None:
    answer = await client.get("/v1/oncall/desk.ics", headers=READER)
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    events = entries(answer.content.decode())
    rota = stage.catalogue.rulebook.rotas[RotaId("desk")]
    shifts = shifts_between(rota, NINE - timedelta(days=31), NINE + timedelta(days=184))
    names = {"anna": "Anna Nowak", "ben": "Ben Berg", "maria": "Maria Rossi"}
    assert spans(events) == [(f"{names[each.person]} on call: First line", each.start, each.end) for each in shifts]
    assert len({event["UID"] for event in events}) == len(events) > 180
    assert {event["DTSTAMP"] for event in events} == {"20260302T090000Z"}
    (taken,) = [event for event in events if "DESCRIPTION" in event]
    assert taken["DESCRIPTION"] == "instead of Anna Nowak: dentist; at 1, she says (by Piotr Zieliński)"
    assert spans([taken]) == [
        ("Maria Rossi on call: First line", datetime(2026, 3, 4, 11, tzinfo=UTC), datetime(2026, 3, 4, 23, tzinfo=UTC))
    ]
    spring = [end - start for _, start, end in spans(events) if start == datetime(2026, 3, 28, 9, 20, tzinfo=UTC)]
    assert spring == [timedelta(hours=23)], "handed over at 10:20 by the clock, which goes forward"


async def test_a_shift_keeps_its_uid_and_a_person_has_a_calendar_of_their_own(
    client: httpx2.AsyncClient, stage: Stage
) -> None:
    before = entries((await client.get("/v1/oncall/desk.ics", headers=READER)).text)
    stage.time.go(NINE + timedelta(days=1))
    after = entries((await client.get("/v1/oncall/desk.ics", headers=READER)).text)
    uids = {event["UID"]: event["DTSTART"] for event in before}
    assert all(uids.get(event["UID"], event["DTSTART"]) == event["DTSTART"] for event in after)
    assert len(uids.keys() & {event["UID"] for event in after}) > 180
    mine = entries((await client.get("/v1/oncall/desk.ics?person=maria", headers=READER)).text)
    assert [event["SUMMARY"] for event in mine] == ["Maria Rossi on call: First line"]


async def test_what_goes_out_can_come_in_again(client: httpx2.AsyncClient, stage: Stage) -> None:
    text = (await client.get("/v1/oncall/desk.ics", headers=READER)).text
    people = PeopleByName({"anna": ["Anna Nowak"], "ben": ["Ben Berg"], "maria": ["Maria Rossi"]}, {})
    feed = read_shifts(text, people, "Europe/Warsaw", Horizon(2026, 2027))
    rota = stage.catalogue.rulebook.rotas[RotaId("desk")]
    shifts = shifts_between(rota, NINE - timedelta(days=31), NINE + timedelta(days=184))
    assert feed.remarks == ()
    assert [(each.start, each.end, each.person) for each in feed.shifts] == [
        (each.start, each.end, each.person) for each in shifts
    ]
