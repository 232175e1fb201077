"""`slad who CONTRACT …`: who would be notified of an incident, when, on which channel and in which language."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.table import Table

from sla_catalogue import Catalogue
from sla_catalogue.builtin import builtin_texts
from sla_catalogue.duration import parse_span
from sla_domain.calendar import load_zone
from sla_domain.contract import Contract, Side
from sla_domain.event import Actor, EventId, EventKind, IncidentEvent, IncidentId, WaitingOn
from sla_platform.timesource import SystemTime
from sla_standalone.cli.attribute import attributes_of
from sla_standalone.cli.book import files_of, instant_of
from sla_standalone.cli.output import emit, say, stop, table_console
from sla_standalone.cli.place import path
from sla_standalone.cli.who_words import WHO, WhoWords
from sla_standalone.cli.words import Lang
from sla_standalone.rehearsal.acting import acknowledge_open
from sla_standalone.rehearsal.rehearsal import rehearsal, rehearsal_settings
from sla_standalone.rehearsal.told import ToldLine, contract_customer, told

LONGEST = timedelta(days=31)
_INCIDENT = IncidentId("rehearsal:INC-1")
# What says enough by itself, and who usually does it.
_ACTORS = {
    EventKind.RESPONDED: Actor.STAFF,
    EventKind.UPDATED: Actor.STAFF,
    EventKind.ASSIGNED: Actor.STAFF,
    EventKind.WAITING: Actor.STAFF,
    EventKind.CUSTOMER_REPLIED: Actor.CUSTOMER,
    EventKind.RESUMED: Actor.STAFF,
    EventKind.WORKAROUND_PROVIDED: Actor.STAFF,
    EventKind.RESOLVED: Actor.STAFF,
    EventKind.REOPENED: Actor.CUSTOMER,
    EventKind.CLOSED: Actor.STAFF,
    EventKind.CANCELLED: Actor.STAFF,
    EventKind.ESCALATED: Actor.CUSTOMER,
}


@dataclass(frozen=True, slots=True)
class IncidentScript:
    """An imagined incident, for which `slad who` shows the notifications: its opening, and what happens later to it."""

    opened: datetime
    ends: datetime
    """The end of the rehearsal."""
    attributes: dict[str, str]
    later: tuple[tuple[datetime, EventKind], ...]
    """Instant and kind of each further event, in order."""
    acknowledged: tuple[tuple[datetime, str], ...] = ()
    """Instant and person's id of each acknowledgement, in order."""

    @property
    def happenings(self) -> list[tuple[datetime, EventKind | str]]:
        """Return what happens after the opening of the incident, in the order of time.

        An item is a pair. Its first part is the instant. Its second part is the kind of an event, or the id of a person
        who acknowledges at this instant. What would happen after `ends` is left out.
        """
        found: list[tuple[datetime, EventKind | str]] = [*self.later, *self.acknowledged]
        return sorted((each for each in found if each[0] <= self.ends), key=lambda each: each[0])


def register(app: typer.Typer) -> None:
    """Add the command `slad who` to the application."""
    app.command("who")(who)


def who(
    contract: Annotated[str, typer.Argument(help="A contract's id, from the catalogue or the built-in plans.")],
    priority: Annotated[str, typer.Option(help="P1 … as the plan names them.")] = "",
    at: Annotated[
        str, typer.Option(help="When it is opened: ISO 8601; without an offset in the contract's zone. Default: now.")
    ] = "",
    for_: Annotated[str, typer.Option("--for", help="How long to look on, at most 31 days.")] = "24h",
    event: Annotated[
        list[str] | None, typer.Option(help="What happens later: KIND@AFTER, e.g. responded@20m. Repeatable.")
    ] = None,
    ack: Annotated[
        list[str] | None,
        typer.Option(help="Who acknowledges whatever has been paged: PERSON@AFTER, e.g. anna@40m. Repeatable."),
    ] = None,
    product: Annotated[str, typer.Option(help="The incident's product.")] = "",
    type_: Annotated[str, typer.Option("--type", help="The incident's request type.")] = "",
    attribute: Annotated[list[str] | None, typer.Option("--attribute", "-a", help="NAME=VALUE, repeatable.")] = None,
    catalogue: Annotated[Path | None, typer.Option(parser=path, help="Catalogue directory or file.")] = None,
    lang: Lang = "en",
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show who would be notified of an incident, when, by which channel and in which language.

    The incident is an imagined one, and nobody acknowledges but as --ack says. The real services run on an empty
    database, with a clock that this command moves; nothing is sent. Messages that depend on other incidents, such as on
    objectives, are not shown.
    """
    files, book, found = files_of(contract, catalogue)
    opened = (instant_of(at, found.zone, "--at") if at else SystemTime().now()).astimezone(UTC)
    customer = contract_customer(book, found.id, opened)
    if customer is None:
        stop(f"no customer's incident of {opened:%Y-%m-%d} falls under the contract {found.id}: is it in force then?")
    given = {"priority": priority, "customer": customer} | attributes_of(product, type_, attribute or [])
    script = IncidentScript(
        opened,
        opened + _span(for_, "--for"),
        {name: value for name, value in given.items() if value},
        tuple(sorted((opened + after, kind) for kind, after in map(_later, event or []))),
        tuple(sorted((opened + after, who) for who, after in (_acknowledged(each, found) for each in ack or []))),
    )
    with tempfile.TemporaryDirectory(prefix="slad-who-") as folder:
        lines = asyncio.run(_rehearse(Path(folder), files, book, script))
    if json:
        emit(_json(found, script, lines))
    else:
        _show(found, script, lines, WHO[lang])


def _span(text: str, option: str) -> timedelta:
    try:
        found = parse_span(text, days_allowed=True)
    except ValueError as error:
        stop(f"{option} {text!r}: {error}")
    if not timedelta() <= found <= LONGEST:
        stop(f"{option} {text!r}: write at most 31 days")
    return found


def _later(text: str) -> tuple[EventKind, timedelta]:
    name, separator, after = text.partition("@")
    kinds = [each.value for each in _ACTORS]
    if not separator or name not in kinds:
        stop(f"--event {text!r}: write KIND@AFTER such as responded@20m; the kinds are {', '.join(kinds)}")
    return EventKind(name), _span(after, "--event")


def _acknowledged(text: str, contract: Contract) -> tuple[str, timedelta]:
    who, separator, after = text.rpartition("@")
    ours = sorted(id_ for id_, one in contract.people.items() if one.side is Side.SUPPORT)
    if not separator or who not in ours:
        stop(f"--ack {text!r}: write PERSON@AFTER such as anna@40m; the support's people here are {', '.join(ours)}")
    return who, _span(after, "--ack")


async def _rehearse(folder: Path, files: Path | None, book: Catalogue, script: IncidentScript) -> tuple[ToldLine, ...]:
    if files is None:
        files = folder / "catalogue"
        files.mkdir()
        for text in builtin_texts():
            (files / Path(text.name).name).write_text(text.text, "utf-8")
    async with rehearsal(folder, rehearsal_settings(folder, files), script.opened) as run:
        await run.happen([_event(0, EventKind.OPENED, script.opened, script.attributes)])
        for number, (moment, what) in enumerate(script.happenings, start=1):
            await run.go(moment)
            if isinstance(what, EventKind):
                await run.happen([_event(number, what, moment, {})])
            else:
                await acknowledge_open(run, what)
        await run.go(script.ends)
        return await told(run, book)


def _event(number: int, kind: EventKind, at: datetime, attributes: dict[str, str]) -> IncidentEvent:
    return IncidentEvent(
        id=EventId(f"{number:04}"),
        incident=_INCIDENT,
        kind=kind,
        occurred_at=at,
        received_at=at,
        source="rehearsal",
        version=number,
        actor=_ACTORS.get(kind, Actor.CUSTOMER),
        waiting_on=WaitingOn.CUSTOMER if kind is EventKind.WAITING else None,
        attributes=attributes,
    )


def _json(contract: Contract, script: IncidentScript, lines: Sequence[ToldLine]) -> dict[str, Any]:
    return {
        "contract": contract.id,
        "opened_at": script.opened,
        "until": script.ends,
        "events": [{"at": at, "event": kind.value} for at, kind in script.later],
        "acknowledged": [{"at": at, "by": person} for at, person in script.acknowledged],
        "told": [
            {
                "at": line.at,
                "after_seconds": (line.at - script.opened).total_seconds(),
                "what": line.what,
                "level": line.level,
                "person": line.person,
                "name": line.name,
                "channel": line.channel,
                "address": line.address,
                "language": line.language,
                "subject": line.subject,
                "why": line.why,
                "contains": list(line.contains),
                "unsent": line.unsent.value if line.unsent is not None else None,
                "held_until": line.held_until,
            }
            for line in lines
        ],
    }


def _show(contract: Contract, script: IncidentScript, lines: Sequence[ToldLine], words: WhoWords) -> None:
    zone = load_zone(contract.zone)
    opened = script.opened.astimezone(zone)
    say(
        words.head.format(
            contract=contract.id, priority=script.attributes.get("priority", "-"), opened=f"{opened:%Y-%m-%d %H:%M}",
            zone=contract.zone,
        )
        + ("" if script.acknowledged else words.nobody_acks)
    )  # fmt: skip
    table = Table(*words.columns)
    happened = script.happenings
    for line in (each for each in lines if each.unsent is None):
        while happened and happened[0][0] <= line.at:
            table.add_row(*_times(happened[0][0], script.opened, zone), _happening(happened.pop(0)[1], words))
        by = f"{line.channel}:{line.address}"
        table.add_row(
            *_times(line.at, script.opened, zone),
            line.name or line.person,
            by,
            line.language or "-",
            line.subject if line.held_until is None else _held(line, zone, words),
            line.why,
        )
    for at, what in happened:
        table.add_row(*_times(at, script.opened, zone), _happening(what, words))
    table_console().print(table)
    lost = [line for line in lines if line.unsent is not None]
    for line in lost:
        when = _times(line.at, script.opened, zone)
        say(words.lost.format(at=when[0], after=when[1], subject=line.subject or line.what, reason=line.unsent))
    if not lines:
        say(words.nobody.format(until=f"{script.ends.astimezone(zone):%Y-%m-%d %H:%M}"))


def _happening(what: EventKind | str, words: WhoWords) -> str:
    return f"-- {what.value}" if isinstance(what, EventKind) else f"-- {words.acknowledges.format(person=what)}"


def _held(line: ToldLine, zone: ZoneInfo, words: WhoWords) -> str:
    assert line.held_until is not None
    return words.held.format(until=f"{line.held_until.astimezone(zone):%a %H:%M}", subject=line.subject)


def _times(at: datetime, opened: datetime, zone: ZoneInfo) -> tuple[str, str]:
    """The local time, and how long after the opening."""
    minutes = round((at - opened).total_seconds() / 60)
    return f"{at.astimezone(zone):%a %d %b %H:%M}", f"+{minutes // 60}:{minutes % 60:02}"
