"""What the key of one contract may see of an incident on the board; the rules are in `sla_domain.contract_view`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_board import tables
from sla_board.projection.clock import PublishedFact, about_clock, clock_row
from sla_board.projection.contract import periods_of
from sla_board.projection.incident import incident_row
from sla_domain.contract import ContractId
from sla_domain.contract_view import ContractShare, contract_share, contract_view
from sla_domain.event import NO_EVENT, IncidentEvent
from sla_domain.incident import ContractPeriod

_ALWAYS = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class IncidentShare:
    """The part of an incident's stored data that an API key of one contract may see."""

    record: Any
    """The incident's row of the table `board_incident`. None if no event is known."""
    clocks: Sequence[Any]
    """Rows of the table `board_clock`."""
    happened: Sequence[IncidentEvent]
    """The events."""
    facts: Sequence[PublishedFact]
    """Events that slad published about the incident."""
    deliveries: Sequence[Any]
    """Rows of the table `board_delivery`."""
    steps: Sequence[Any]
    """Steps of alerts, such as `opened`."""
    until: datetime | None
    """When the incident left the contract. Later things are left out. None means that the incident has not left."""


async def read_share(
    connection: AsyncConnection,
    incident: str,
    contract: str,
    record: Any,
    clocks: Sequence[Any],
    happened: Sequence[IncidentEvent],
    facts: Sequence[PublishedFact],
    told: tuple[Sequence[Any], Sequence[Any]],
) -> IncidentShare | None:
    """Return the part of an incident that an API key of `contract` may see, or None if the key may see nothing.

    If the incident has moved to another contract, the part shows what slad knew until the move.

    Args:
        record: The incident's row of the table `board_incident`. None if there is no row.
        clocks: All clocks of the incident, as rows of the table `board_clock`.
        happened: All events of the incident.
        facts: All events that slad published about the incident.
        told: A pair: all messages sent to people about the incident, and all steps of its alerts, such as `opened`.
    """
    periods = await _periods(connection, incident, facts)
    if not periods:
        return _by_label(contract, facts, told)
    share = contract_share(periods, contract)
    found = contract_view(happened, periods, contract, complete=False) if happened else None
    if share is None or (happened and found is None):
        return None
    visible = [one for one in facts if share.has_fact(one.fact.contract, one.fact.at)]
    gone = found is not None and found.until is not None
    left = record if found is None or found.everything else SimpleNamespace(**incident_row(found.events))
    return IncidentShare(
        record=left,
        clocks=_clocks_then(visible, share) if gone else _clocks_now(clocks, share, left),
        happened=happened if found is None else found.shown(happened),
        facts=visible,
        deliveries=[one for one in told[0] if share.has_label(one.contract, one.at)],
        steps=[one for one in told[1] if share.has_label(one.contract, one.at)],
        until=None if found is None else found.until,
    )


async def _periods(
    connection: AsyncConnection, incident: str, facts: Sequence[PublishedFact]
) -> tuple[ContractPeriod, ...]:
    """Return the periods published by the timer, or the one that all facts name; empty when they disagree."""
    moved = tables.contract.c
    written = (await connection.execute(select(moved.periods).where(moved.incident == incident))).scalar_one_or_none()
    if written is not None:
        return periods_of(written)
    labels = {one.fact.contract for one in facts}
    if len(labels) != 1:
        return ()
    newest = max(facts, key=lambda one: one.noticed).fact
    return (ContractPeriod(ContractId(newest.contract), newest.customer, _ALWAYS, NO_EVENT, named=True),)


def _by_label(
    contract: str, facts: Sequence[PublishedFact], told: tuple[Sequence[Any], Sequence[Any]]
) -> IncidentShare | None:
    """Return, of an incident that moved before the timer published moves, the facts under this contract, no events."""
    visible = [one for one in facts if one.fact.contract == contract]
    if not visible:
        return None
    deliveries, steps = ([one for one in rows if one.contract == contract] for rows in told)
    return IncidentShare(None, _clocks_of(visible), (), visible, deliveries, steps, None)


def _clocks_now(clocks: Sequence[Any], share: ContractShare, record: Any) -> Sequence[Any]:
    """The clocks of the contract that has the incident now; of one that moved without the words of the one before."""
    if share.whole:
        return clocks
    last = share.periods[-1]
    mine = []
    for clock in clocks:
        if not share.has_clock(clock.started_at, clock.stopped_at):
            continue
        own = {**clock._mapping, "why": "", "contract": last.contract, "customer": last.customer}
        if clock.contract != last.contract:
            own["plan"] = ""
        if record is not None:
            own |= {"title": record.title, "url": record.url}
        mine.append(SimpleNamespace(**own))
    return mine


def _clocks_then(visible: Sequence[PublishedFact], share: ContractShare) -> Sequence[Any]:
    """The clocks of an incident that has left, as its facts up to then had them."""
    return [row for row in _clocks_of(visible) if share.has_clock(row.started_at, row.stopped_at)]


def _clocks_of(visible: Sequence[PublishedFact]) -> list[Any]:
    by_clock: dict[str, list[PublishedFact]] = {}
    for one in visible:
        if about_clock(one.fact):
            by_clock.setdefault(str(one.fact.clock), []).append(one)
    return [SimpleNamespace(**clock_row(by_clock[id_])) for id_ in sorted(by_clock)]
