"""Who was told what in a rehearsal, when, by what and in which language; and what nobody was told, and why."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

import orjson
from sqlalchemy import select

from sla_catalogue import Catalogue
from sla_domain.contract import ContractId
from sla_notifier import tables
from sla_notifier.delivery.policy import UnsentReason
from sla_notifier.delivery.row import DeliveryRow, row_of
from sla_notifier.delivery.state import DeliveryState, MessageKind
from sla_notifier.notification.directory import contract_of
from sla_standalone.rehearsal.rehearsal import Rehearsal

_LANGUAGE = re.compile(r'<html[^>]* lang="([\w-]+)"')
_LOST = (DeliveryState.UNDELIVERABLE, DeliveryState.FAILED)


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldLine:
    """A message of a rehearsal (a trial run of the services): who receives it, when and why, or why nobody does."""

    at: datetime
    """When the message would leave, or when it was found that it reaches nobody."""
    what: str
    """What the message is for, one of `sla_catalogue.assembly.scenario.TOLD_WORDS`."""
    level: int
    """The level of the escalation, from 1. 0 means no level."""
    person: str
    """The person's id. "" if nobody was found, or for an address that is no person's."""
    name: str
    """The person's name."""
    channel: str
    """The kind of channel, such as `email`. "" if nobody was found."""
    address: str
    """A mailbox, or the id of a webhook channel."""
    language: str
    """Tag of the language of a mail. "" for a program's message, which has none."""
    subject: str
    why: str
    """Why this person is told, in English."""
    contains: tuple[str, ...] = ()
    """What the messages in a digest are for (a mail that collects several messages)."""
    unsent: UnsentReason | None = None
    """Why nobody gets the message. None for a message that leaves."""
    held_until: datetime | None = None
    """The end of the quiet hours, if the line is about a message that began to wait at `at`. Else None."""


async def told(run: Rehearsal, catalogue: Catalogue) -> tuple[ToldLine, ...]:
    """Return who received which message in a rehearsal so far, as lines in order of time.

    In a rehearsal, the services run on an empty database with a clock that only the caller moves. Each message has one
    line. A message that waited for the end of quiet hours has two: one for the begin of the wait, and one for when it
    was sent. Messages that reached nobody come last. Messages that slad cancelled as needless, such as a second one to
    the same person, are left out.

    Args:
        run: The rehearsal.
        catalogue: The catalogue with the contracts, for the names of people.
    """
    async with run.process.context.store.reading() as connection:
        found = (await connection.execute(select(tables.delivery))).mappings().all()
    rows = [row_of(dict(each)) for each in found]
    known, left = {row.id: row for row in rows}, []
    for each in run.messages:
        if (row := known.get(each.message.id)) is not None:
            written = _LANGUAGE.search(each.message.html)
            language = written[1] if written else ""
            carried = tuple(_what(one) for one in rows if one.carried_by == row.id)
            left.append(_line(row, catalogue, each.at, language, each.message.subject, carried))
    waited = [
        replace(_line(row, catalogue, row.held_since, "", row.subject, ()), held_until=row.held_until)
        for row in rows
        if row.held_since is not None and not row.kind.collects
    ]
    lost = [_line(row, catalogue, row.created_at, "", row.subject, ()) for row in rows if row.state in _LOST]
    return (*sorted((*left, *waited), key=_order), *sorted(lost, key=_order))


def _line(
    row: DeliveryRow,
    catalogue: Catalogue,
    at: datetime,
    language: str,
    subject: str,
    carried: Iterable[str],
) -> ToldLine:
    contract = contract_of(catalogue, row.contract)
    person = catalogue.rulebook.person(contract, row.person)
    return ToldLine(
        at=at,
        what=_what(row),
        level=row.level,
        person=row.person,
        name=person.name if person is not None else "",
        channel=row.channel,
        address=row.address,
        language=language,
        subject=subject,
        why=row.why,
        contains=tuple(carried),
        unsent=UnsentReason(row.reason) if row.state in _LOST and row.reason else None,
    )


def _what(row: DeliveryRow) -> str:
    if row.kind is MessageKind.HAPPENING:
        return str(orjson.loads(row.payload)["data"]["happening"])
    return "closed" if row.kind is MessageKind.RESOLVED else row.kind.value


def _order(line: ToldLine) -> tuple[datetime, int, str, str]:
    return line.at, line.level, line.person, line.subject


def contract_customer(catalogue: Catalogue, contract: ContractId, at: datetime) -> str | None:
    """Return a customer name with which an incident falls under the contract at the instant `at`; None if none does.

    The result is "" if only an incident without a customer does. This is so for the default contract, which applies
    where no other contract does.
    """
    rulebook = catalogue.rulebook
    for name in (*sorted(rulebook.contracts[contract].customers), ""):
        if rulebook.contract_for(name, at).contract.id == contract:
            return name
    return None
