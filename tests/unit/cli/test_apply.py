"""`slad apply`: what changes, what would move, and files put in place whole."""

from __future__ import annotations

import json
import os
import shutil
from contextlib import nullcontext
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.unit.cli.invoke import slad

from sla_catalogue import Catalogue, load_catalogue
from sla_domain.event import (
    Actor,
    AgreedTarget,
    EventId,
    EventKind,
    IncidentEvent,
    IncidentId,
    Snapshot,
    TimeQuality,
    WaitingOn,
)
from sla_domain.fold import fold
from sla_domain.phase import Phase
from sla_standalone.cli.apply import open_clocks
from sla_standalone.cli.apply.changes import compare_catalogues
from sla_standalone.cli.apply.install import Installed, install
from sla_standalone.cli.apply.moves import ClockMove, moves
from sla_standalone.cli.apply.plan import InstallRefused, plan_install
from sla_timer.answer import EventPage, event_json, incident_json
from sla_timer.evidence import event_of

PLAN = """
coverages:
  office: {hours: {mon-fri: "09:00-17:00"}, holidays: contract}
plans:
  plain:
    priorities: [{id: P1}]
    targets:
      - {metric: first_response, coverage: office, time: 1h}
      - {metric: resolution, coverage: office, time: 4h}
    escalation: none
"""
CONTRACTS = """
contracts:
  one: {plan: plain, zone: Europe/Warsaw, country: PL, customers: [One], default: true}
  far: {plan: plain, zone: Asia/Taipei, country: TW, customers: [Far]}
tests:
  - {name: an hour, contract: one, opened: 2026-03-02T10:00, expect: {first_response: 2026-03-02T11:00}}
"""
OPENED = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)  # Monday 10:00 in Warsaw


@pytest.fixture
def old(tmp_path: Path) -> Path:
    return folder(tmp_path / "old", PLAN, CONTRACTS)


@pytest.fixture
def new(tmp_path: Path) -> Path:
    return folder(tmp_path / "new", PLAN, CONTRACTS)


def folder(path: Path, plans: str, contracts: str) -> Path:
    path.mkdir()
    path.joinpath("plans.yaml").write_text(plans)
    path.joinpath("contracts.yaml").write_text(contracts)
    return path


def edited(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


# -- the command


def test_a_dry_run_shows_what_changes_and_copies_nothing(old: Path, new: Path) -> None:
    edited(new / "plans.yaml", "time: 4h", "time: 2h")
    before = (old / "plans.yaml").read_text()
    said = slad("apply", new, "--to", old, "--dry-run")
    assert said.status == 0
    assert said.out.splitlines() == ["changed plans.plain", "promises may change under: far, one"]
    assert "would be applied; nothing was written" in said.err
    assert "its open clocks were not looked at" in said.err
    assert (old / "plans.yaml").read_text() == before


def test_applying_puts_the_files_in_place(old: Path, new: Path) -> None:
    edited(new / "plans.yaml", "time: 4h", "time: 2h")
    old.joinpath("stale.yaml").write_text("coverages: {night: {hours: 24x7}}\n")
    said = slad("apply", new, "--to", old, "--json")
    assert said.status == 0
    assert (said.json["applied"], said.json["written"], said.json["removed"]) == (True, ["plans.yaml"], ["stale.yaml"])
    assert load_catalogue(old).version == load_catalogue(new).version == said.json["new"]
    again = slad("apply", new, "--to", old, "--json").json
    assert (again["old"], again["written"], again["changes"]["entries"]) == (said.json["new"], [], [])


def test_the_target_is_what_the_services_read(old: Path, new: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLAD_CATALOGUE", str(old))
    edited(new / "plans.yaml", "time: 4h", "time: 2h")
    assert slad("apply", new).status == 0
    assert load_catalogue(old).version == load_catalogue(new).version


def test_without_a_place_the_example_is_not_written_over(
    old: Path, new: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The default of SLAD_CATALOGUE is slad's own example: good to read, nothing to write into."""
    shutil.copytree(old, tmp_path / "examples" / "catalogue")
    monkeypatch.chdir(tmp_path)
    edited(new / "plans.yaml", "time: 4h", "time: 2h")
    said = slad("apply", new)
    assert said.status == 2
    assert "--to DIR" in said.err
    assert "SLAD_CATALOGUE" in said.err
    assert "time: 4h" in (tmp_path / "examples" / "catalogue" / "plans.yaml").read_text()
    assert slad("apply", new, "--dry-run").status == 0  # looking is free


def test_an_unsound_catalogue_is_not_applied(old: Path, new: Path) -> None:
    edited(new / "contracts.yaml", "Europe/Warsaw", "Europe/Warschau")
    said = slad("apply", new, "--to", old, "--json")
    assert said.status == 1
    assert not said.json["applied"]
    assert {problem["code"] for problem in said.json["problems"]} >= {"unknown-zone"}
    assert "Warsaw" in (old / "contracts.yaml").read_text()


def test_a_catalogue_whose_own_tests_fail_is_shown_and_not_applied(old: Path, new: Path) -> None:
    edited(new / "plans.yaml", "time: 1h", "time: 2h")
    said = slad("apply", new, "--to", old)
    assert said.status == 1
    assert "changed plans.plain" in said.out
    assert "FAIL an hour" in said.err
    assert "time: 1h" in (old / "plans.yaml").read_text()


def test_what_is_in_place_already_is_only_checked(old: Path) -> None:
    said = slad("apply", old, "--to", old)
    assert said.status == 0
    assert "in place already" in said.err


@pytest.mark.parametrize("arguments", [("none",), ("{new}", "--url", "http://127.0.0.1:9", "--dry-run")])
def test_a_call_that_makes_no_sense(new: Path, old: Path, arguments: tuple[str, ...]) -> None:
    said = slad("apply", *(argument.format(new=new) for argument in arguments), "--to", old)
    assert said.status == 2


# -- what differs


def test_only_contracts_whose_promise_may_change_are_named(old: Path, new: Path) -> None:
    edited(new / "contracts.yaml", "country: PL", "country: DE")
    found = compare_catalogues(load_catalogue(old), load_catalogue(new))
    assert [str(edit) for edit in found.edits] == ["changed contracts.one"]
    assert found.contracts == ("one",)
    assert {each.code for each in found.days} == {"DE", "PL"}


def test_a_new_title_changes_no_promise(old: Path, new: Path) -> None:
    edited(new / "contracts.yaml", "country: TW", "country: TW, title: Far away")
    found = compare_catalogues(load_catalogue(old), load_catalogue(new))
    assert ([str(edit) for edit in found.edits], found.contracts) == (["changed contracts.far"], ())


def test_rows_that_only_stand_on_other_lines_change_nothing(old: Path, new: Path) -> None:
    edited(new / "plans.yaml", "plans:\n", "# a remark\n\nplans:\n")
    assert compare_catalogues(load_catalogue(old), load_catalogue(new)).empty


# -- what would move


def events(*more: IncidentEvent) -> list[IncidentEvent]:
    return [happening("1", EventKind.OPENED, 0, attributes={"customer": "One"}), *more]


def happening(id_: str, kind: EventKind, minutes: float, **more: Any) -> IncidentEvent:
    at = OPENED + timedelta(minutes=minutes)
    return IncidentEvent(
        id=EventId(id_),
        incident=IncidentId("desk:A1"),
        kind=kind,
        occurred_at=at,
        received_at=at,
        source="desk",
        **more,
    )


def turned(before: Catalogue, after: Catalogue, now: datetime, *more: IncidentEvent) -> dict[str, ClockMove]:
    lived = events(*more)
    answer = incident_json(fold(lived, before.rulebook), EventPage(lived, len(lived), None), before.rulebook, now)
    read = [event_of(event, "desk:A1") for event in json.loads(json.dumps(answer["events"]))]
    found = moves("desk:A1", "one", answer["clocks"], fold(read, after.rulebook).clocks, now)
    return {move.metric: move.turn for move in found}


@pytest.mark.parametrize(
    ("change", "minutes", "turns"),
    [
        (("time: 4h", "time: 2h"), 30, {"resolution": ClockMove.MOVES}),
        (("time: 4h", "time: 2h"), 150, {"resolution": ClockMove.BREAKS}),
        (("time: 4h", "time: 5h"), 270, {"resolution": ClockMove.MENDS}),
        (("time: 4h", "time: 5h"), 330, {"resolution": ClockMove.MOVES}),  # overdue under both
        (("      - {metric: resolution, coverage: office, time: 4h}\n", ""), 30, {"resolution": ClockMove.VANISHES}),
        (
            ("metric: resolution", "metric: workaround"),
            30,
            {"resolution": ClockMove.VANISHES, "workaround": ClockMove.APPEARS},
        ),
        (("time: 4h", "time: 240m"), 30, {}),
    ],
)
def test_what_becomes_of_the_open_clocks(
    old: Path, new: Path, change: tuple[str, str], minutes: float, turns: dict[str, ClockMove]
) -> None:
    before = load_catalogue(old)
    edited(new / "plans.yaml", *change)
    now = OPENED + timedelta(minutes=minutes)
    assert turned(before, load_catalogue(new), now) == turns


def test_a_verdict_that_has_been_spoken_stays(old: Path, new: Path) -> None:
    before = load_catalogue(old)
    edited(new / "plans.yaml", "time: 1h", "time: 10m")
    answered = happening("2", EventKind.RESPONDED, 30, actor=Actor.STAFF)
    assert turned(before, load_catalogue(new), OPENED + timedelta(hours=1), answered) == {}


def test_a_pause_more_is_a_change(old: Path, new: Path) -> None:
    before = load_catalogue(old)
    edited(new / "plans.yaml", "    targets:", "    metrics: {resolution: {pause: [], resume: []}}\n    targets:")
    waiting = happening("2", EventKind.WAITING, 30, waiting_on=WaitingOn.CUSTOMER)
    assert turned(before, load_catalogue(new), OPENED + timedelta(hours=1), waiting) == {"resolution": ClockMove.MOVES}


def shown(minutes: float, **ticket: Any) -> Snapshot:
    return Snapshot(at=OPENED + timedelta(minutes=minutes), **ticket)


@pytest.mark.parametrize(
    "seen",
    [
        shown(30, phase=Phase.WAITING, waiting_on=WaitingOn.CUSTOMER),  # the clocks pause
        shown(30, phase=Phase.OPEN, attributes={"customer": "Far"}),  # other hours
        shown(30, phase=Phase.RESOLVED, ended_at=OPENED + timedelta(minutes=20)),  # nothing runs
        shown(30, phase=Phase.OPEN, created_at=OPENED - timedelta(days=3), attributes={"customer": "One"}),
    ],
)
@pytest.mark.parametrize("opening_missed", [False, True])
def test_under_the_same_catalogue_nothing_moves_whatever_a_snapshot_said(
    old: Path, seen: Snapshot, opening_missed: bool
) -> None:
    """Deliveries of GitHub and Jira: what the ticket shows counts, beside or instead of events."""
    book = load_catalogue(old)
    lived = events(happening("2", EventKind.OBSERVED, 30, snapshot=seen))[int(opening_missed) :]
    now = OPENED + timedelta(hours=1)
    answer = incident_json(fold(lived, book.rulebook), EventPage(lived, len(lived), None), book.rulebook, now)
    read = [event_of(event, "desk:A1") for event in answer["events"]]
    assert list(moves("desk:A1", "one", answer["clocks"], fold(read, book.rulebook).clocks, now)) == []


@pytest.mark.parametrize("complete", [False, True])
def test_what_a_key_is_not_shown_whole_is_not_compared(
    old: Path, monkeypatch: pytest.MonkeyPatch, complete: bool
) -> None:
    """The customer's word came with a merged ticket, which a key of one contract is not shown."""
    book = load_catalogue(old)
    word = happening("2", EventKind.WAITING, 30, waiting_on=WaitingOn.CUSTOMER)
    lived = events(word)
    now = OPENED + timedelta(hours=1)
    page = EventPage(lived if complete else lived[:1], len(lived), None)
    answer = incident_json(fold(lived, book.rulebook), page, book.rulebook, now) | {"events_complete": complete}
    clocks = [clock | {"incident": "desk:A1"} for clock in answer["clocks"]]

    def service(request: httpx2.Request) -> httpx2.Response:
        if request.url.path.endswith("/explain"):
            return httpx2.Response(200, json={"at": now.isoformat()})
        known = {"/info": {"catalogue": "1"}, "/v1/clocks": {"clocks": clocks, "next": None}}
        return httpx2.Response(200, json=known.get(request.url.path, answer))

    client = httpx2.Client(base_url="http://slad", transport=httpx2.MockTransport(service))
    monkeypatch.setattr(open_clocks, "open_client", lambda url, key: nullcontext(client))
    found = open_clocks.compare_open_clocks("http://slad", "", book.rulebook)
    assert (found.incidents, found.moves, found.partial) == (1, (), () if complete else ("desk:A1",))


def test_ended_clocks_that_the_answer_leaves_out_do_not_appear(old: Path) -> None:
    """An answer has 100 clocks at most, the open ones first."""
    edited(old / "plans.yaml", "time: 4h}", "time: 4h}\n      - {metric: next_response, coverage: office, time: 1h}")
    said = ((EventKind.RESPONDED, Actor.STAFF), (EventKind.CUSTOMER_REPLIED, Actor.CUSTOMER))
    lived = events(*(
        happening(f"{kind}{number}", kind, 2 * number + offset, actor=actor)
        for number in range(1, 120)
        for offset, (kind, actor) in enumerate(said)
    ))  # fmt: skip
    book, now = load_catalogue(old), OPENED + timedelta(days=2)
    answer = incident_json(fold(lived, book.rulebook), EventPage(lived, len(lived), None), book.rulebook, now)
    assert answer["clocks_total"] > len(answer["clocks"])
    assert open_clocks._moves(answer, book.rulebook, now) == []


def test_an_event_survives_the_way_through_the_services_answer() -> None:
    agreed = AgreedTarget(metric="resolution", due_at=OPENED, agreed_by="Ada", reason="part", moved_by_pauses=True)
    event = happening(
        "2", EventKind.TARGET_AGREED, 5, actor=Actor.STAFF, actor_name="Erik", attributes={"priority": "P1"},
        quality=TimeQuality.OBJECT_UPDATED, version=7, waiting_on=WaitingOn.VENDOR, agreed=agreed, score=4,
        merged_into=IncidentId("desk:A2"), known_as=IncidentId("desk:A3"), carried_from=IncidentId("desk:A4"),
        metrics=("resolution",), reason="as told", warnings=("odd",), history=True, actor_id="e-1",
        said_as=IncidentId("desk:A5"), copy_of=EventId("c-1"),
        snapshot=shown(
            4, created_at=OPENED, phase=Phase.WAITING, waiting_on=WaitingOn.OTHER, ended_at=OPENED,
            attributes={"title": ""}, version=3, before={"phase": "open"},
        ),
    )  # fmt: skip
    usual = happening("2", EventKind.TARGET_AGREED, 5)
    same = {field.name for field in fields(event) if getattr(event, field.name) == getattr(usual, field.name)}
    by_the_fold = {"unanswered_since"}
    assert same == {"id", "incident", "kind", "occurred_at", "received_at", "source", *by_the_fold}, "one is not tried"
    assert event_of(json.loads(json.dumps(event_json(event))), "desk:A1") == event


# -- putting files in place


def put(source: Path, target: Path) -> Installed:
    return install(plan_install(source, target), "v2")


def test_a_link_is_turned_in_one_step_and_the_old_folder_stays(tmp_path: Path, new: Path, old: Path) -> None:
    link = tmp_path / "current"
    link.symlink_to("old")
    edited(new / "plans.yaml", "time: 4h", "time: 2h")
    done = put(new, link)
    assert link.is_symlink()
    assert link.resolve() == done.folder == tmp_path / "current-v2"
    assert load_catalogue(link).version == load_catalogue(new).version
    assert "time: 4h" in (old / "plans.yaml").read_text()
    assert os.readlink(link) == "current-v2"  # relative, so that the whole may be moved


FEEDS = """
holidays:
  PL: {feeds: [{file: feeds/days.ics}]}
"""
DAYS = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nEND:VCALENDAR\r\n"


def fed(folder: Path, days: str = DAYS) -> Path:
    folder.joinpath("holidays.yaml").write_text(FEEDS)
    folder.joinpath("feeds").mkdir(exist_ok=True)
    folder.joinpath("feeds", "days.ics").write_text(days)
    return folder


def test_only_the_catalogue_and_what_it_names_is_copied(tmp_path: Path, new: Path) -> None:
    fed(new)
    for name in (".git/config", "README.md", "notes/old.ics"):
        new.joinpath(name).parent.mkdir(exist_ok=True)
        new.joinpath(name).write_text("x")
    done = put(new, tmp_path / "fresh")
    assert set(done.written) == {"plans.yaml", "contracts.yaml", "holidays.yaml", "feeds/days.ics"}
    assert set(belongings(tmp_path / "fresh")) == set(done.written)


def test_secrets_that_the_catalogue_names_come_along_even_from_hidden_folders(
    tmp_path: Path, new: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SITE", "hub")
    new.joinpath("sources.yaml").write_text(
        "sources:\n  hub: {kind: github, secret_file: '.keys/${SITE}'}\n  two: {kind: github, secret_file: /etc/two}\n"
    )
    new.joinpath(".keys").mkdir()
    new.joinpath(".keys", "hub").write_text("a-secret-of-the-hub")
    assert set(put(new, tmp_path / "fresh").written) == {"plans.yaml", "contracts.yaml", "sources.yaml", ".keys/hub"}


def test_a_feed_that_the_catalogue_there_names_is_replaced(old: Path, new: Path) -> None:
    fed(old)
    fed(new, DAYS.replace("PRODID:x", "PRODID:y"))
    assert put(new, old).written == ("feeds/days.ics",)


def test_a_single_file_goes_over_a_single_file(tmp_path: Path, new: Path) -> None:
    target = tmp_path / "all.yaml"
    target.write_text("plans: {}\n")
    put(new / "plans.yaml", target)
    assert target.read_text() == PLAN


# -- files that are not the catalogue's


def belongings(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_an_empty_variable_names_no_place(tmp_path: Path, new: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`SLAD_CATALOGUE=${X:-}` of a compose file once meant the working directory, whose files were removed."""
    home = tmp_path / "home"
    home.mkdir()
    home.joinpath("notes.txt").write_text("mine")
    monkeypatch.chdir(home)
    monkeypatch.setenv("SLAD_CATALOGUE", "")
    answer = slad("apply", str(new))
    assert answer.status == 2
    assert "where do the services read?" in answer.err
    assert belongings(home) == {"notes.txt": "mine"}


@pytest.mark.parametrize("name", ["docker-compose.yaml", "k8s/deployment.yml", "plans.yaml"])
def test_yaml_of_others_is_never_written_over_or_removed(old: Path, new: Path, name: str) -> None:
    old.joinpath(name).parent.mkdir(exist_ok=True)
    old.joinpath(name).write_text("services: {slad: {image: slad}}\n")
    before = belongings(old)
    answer = slad("apply", str(new), "--to", str(old))
    assert answer.status == 2
    assert name in answer.err
    assert "--to DIR" in answer.err
    assert belongings(old) == before


def test_a_single_file_goes_over_no_other_yaml(tmp_path: Path, new: Path) -> None:
    target = tmp_path / "docker-compose.yaml"
    target.write_text("services: {}\n")
    assert slad("apply", str(new / "plans.yaml"), "--to", str(target)).status in (1, 2)
    with pytest.raises(InstallRefused):
        put(new / "plans.yaml", target)
    assert target.read_text() == "services: {}\n"


def test_what_is_no_yaml_stays_in_the_folder(old: Path, new: Path) -> None:
    kept = {"slad.db": "database", "certificates/ca.pem": "certificate", "feeds/days.ics": "BEGIN:VCALENDAR"}
    for name, text in kept.items():
        old.joinpath(name).parent.mkdir(exist_ok=True)
        old.joinpath(name).write_text(text)
    old.joinpath("gone.yaml").write_text("coverages: {}\n")
    done = put(new, old)
    assert done.removed == ("gone.yaml",)
    assert belongings(old).items() >= kept.items()
    assert not old.joinpath("gone.yaml").exists()


HOME = {"README.md": "mine", "slad.db": "database"}


def filled(folder: Path, files: dict[str, str]) -> dict[str, str]:
    for name, text in files.items():
        folder.joinpath(name).parent.mkdir(parents=True, exist_ok=True)
        folder.joinpath(name).write_text(text)
    return belongings(folder)


def refusal(*arguments: object, words: str) -> None:
    """The dry run refuses what the real run refuses, in the same words."""
    for more in ((), ("--dry-run",)):
        answer = slad("apply", *arguments, *more)
        assert answer.status == 2, answer
        assert words in answer.err


def test_a_folder_of_other_things_does_not_become_a_catalogue(tmp_path: Path, new: Path) -> None:
    """`slad apply DIR --to ~` once replaced a README.md and left the catalogue between the files of its user."""
    home = tmp_path / "home"
    before = filled(home, HOME)
    new.joinpath("README.md").write_text("of the catalogue")
    refusal(new, "--to", home, words="holds files (README.md, slad.db) and no catalogue")
    assert belongings(home) == before


def test_comments_alone_make_no_catalogue_and_stay(tmp_path: Path, new: Path, old: Path) -> None:
    notes = {"notes.yaml": "# who to call: 555-1234\n"}
    home = tmp_path / "home"
    before = filled(home, notes)
    refusal(new, "--to", home, words="no catalogue")
    assert belongings(home) == before
    filled(old, notes)
    assert put(new, old).removed == ()
    assert belongings(old).items() >= notes.items()


def test_a_fresh_volume_takes_a_catalogue(tmp_path: Path, new: Path) -> None:
    filled(tmp_path / "volume", {"lost+found/x": "", ".keep": ""})
    assert slad("apply", new, "--to", tmp_path / "volume").status == 0


def test_a_file_that_the_catalogue_there_does_not_name_is_not_written_over(old: Path, new: Path) -> None:
    before = filled(old, {"feeds/days.ics": "my own calendar"})
    fed(new)
    refusal(new, "--to", old, words="other files under names of the new catalogue (feeds/days.ics)")
    assert belongings(old) == before


def test_a_file_with_a_slip_is_called_unreadable_and_not_foreign(old: Path, new: Path) -> None:
    before = filled(old, {"people.yaml": "people: {ada: [}\n"})
    refusal(new, "--to", old, words="YAML that cannot be read (people.yaml)")
    assert belongings(old) == before


def test_a_single_file_goes_over_nothing_that_is_not_yaml(tmp_path: Path, new: Path) -> None:
    whole = new / "plans.yaml"
    whole.write_text(PLAN + CONTRACTS)
    before = filled(tmp_path / "home", HOME)
    refusal(whole, "--to", tmp_path / "home" / "README.md", words="is not written over")
    refusal(new.parent / "old", "--to", tmp_path / "home" / "README.md", words="no such file")
    assert belongings(tmp_path / "home") == before


@pytest.mark.parametrize("blank", ["", " ", "\t"])
def test_a_blank_place_is_no_place(
    tmp_path: Path, new: Path, old: Path, monkeypatch: pytest.MonkeyPatch, blank: str
) -> None:
    home = tmp_path / "home"
    before = filled(home, HOME)
    monkeypatch.chdir(home)
    refusal(new, "--to", blank, words="name a file or a folder")
    refusal(blank, "--to", old, words="name a file or a folder")
    monkeypatch.setenv("SLAD_CATALOGUE", blank)
    answer = slad("apply", new)
    assert answer.status == 2
    assert "where do the services read?" in answer.err
    assert belongings(home) == before


def test_a_dry_run_without_a_place_says_what_is_missing(
    tmp_path: Path, new: Path, old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(old, tmp_path / "examples" / "catalogue")
    monkeypatch.chdir(tmp_path)
    answer = slad("apply", new, "--dry-run")
    assert answer.status == 0
    assert "would be applied" not in answer.err
    assert "to apply it, say --to DIR or set SLAD_CATALOGUE" in answer.err


def test_a_link_is_not_turned_away_from_other_files(tmp_path: Path, new: Path, old: Path) -> None:
    link = tmp_path / "current"
    link.symlink_to("old")
    before = filled(old, {"slad.db": "database"})
    edited(new / "plans.yaml", "time: 4h", "time: 2h")
    refusal(new, "--to", link, words="other files (slad.db), which would not be in the new folder")
    assert os.readlink(link) == "old"
    assert belongings(old) == before


def test_a_link_turned_back_and_forth_never_reads_a_folder_of_before(tmp_path: Path, new: Path, old: Path) -> None:
    link = tmp_path / "current"
    link.symlink_to("old")
    filled(tmp_path / "current-v2", {"plans.yaml": "a folder of before"})
    edited(new / "plans.yaml", "time: 4h", "time: 2h")
    put(new, link)
    assert os.readlink(link) == "current-v2-2"
    assert put(new, link).written == ()
    assert os.readlink(link) == "current-v2-2"


def test_a_link_to_a_file_keeps_pointing_to_it(tmp_path: Path, new: Path) -> None:
    whole = tmp_path / "whole.yaml"
    whole.write_text("plans: {}\n")
    tmp_path.joinpath("link.yaml").symlink_to("whole.yaml")
    put(new / "plans.yaml", tmp_path / "link.yaml")
    assert tmp_path.joinpath("link.yaml").is_symlink()
    assert whole.read_text() == PLAN


def test_a_catalogue_is_not_put_around_or_inside_itself(tmp_path: Path, new: Path) -> None:
    """Its own files, seen from outside, once counted as those of an old catalogue and were removed."""
    before = belongings(tmp_path)
    refusal(new, "--to", tmp_path, words="lie within each other")
    refusal(new, "--to", new / "live", words="lie within each other")
    assert belongings(tmp_path) == before


def test_a_file_outside_of_the_folder_is_not_lost_on_the_way(tmp_path: Path, new: Path) -> None:
    fed(new)
    shutil.move(new / "feeds", tmp_path / "feeds")
    edited(new / "holidays.yaml", "feeds/days.ics", "../feeds/days.ics")
    refusal(new, "--to", tmp_path / "a" / "b", words="which a copy at")
    assert not (tmp_path / "a").exists()
    assert slad("apply", new, "--to", tmp_path / "beside").status == 0  # from there the name finds the file


def test_a_folder_that_cannot_be_made_is_known_before(tmp_path: Path, new: Path) -> None:
    tmp_path.joinpath("file").write_text("x")
    refusal(new, "--to", tmp_path / "file" / "live", words="is not a folder")
