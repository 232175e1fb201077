"""slad's own clocks of the tickets that another engine names: from a log of events, or of a running service."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx2

from sla_catalogue import Catalogue
from sla_domain.clock import ClockState
from sla_domain.contract import ContractId
from sla_domain.errors import CalendarError
from sla_domain.explain import events_known_at
from sla_domain.fold import fold
from sla_domain.rulebook import ContractMatch, MatchReason
from sla_standalone.cli.output import WRONG, note, progress, stop
from sla_standalone.cli.remote import incident_path, stop_refused
from sla_standalone.compare import OurClock
from sla_standalone.replay import ReplayHistory

_AT_ONCE = 8  # requests in flight


@dataclass(frozen=True, slots=True)
class OwnClocks:
    """slad's own SLA clocks of some tickets, to be compared with those of another engine.

    Call `of` to find the clocks of one ticket. For open clocks, state and verdict are those at the instant `until`.
    """

    clocks: Mapping[str, Sequence[OurClock]]
    """Incident id -> its clocks."""
    until: datetime
    """The instant as of which the clocks are judged."""
    rejected: int = 0
    """How many lines of a log could not be read."""

    def of(self, names: Iterable[str]) -> Sequence[OurClock] | None:
        """Return the clocks of a ticket; None if no clocks are stored under any of the ticket's names.

        Args:
            names: The ticket's names, each with or without its source (`jira:OPS-7` or `OPS-7`). The first name that is
                found is used.
        """
        for name in names:
            found = self.clocks.get(name)
            if found is None:
                found = self.clocks.get(name.partition(":")[2] or name)
            if found is not None:
                return found
        return None


def clocks_of_log(history: ReplayHistory, book: Catalogue, contract: str, until: datetime | None) -> OwnClocks:
    """Return the clocks of all incidents in a log, computed by the plans and contracts of a catalogue.

    A log without events ends the command.

    Args:
        contract: The contract by which all incidents are judged. "" means the contract of each incident's customer.
        until: Events after this instant are ignored. None means that the log ends with its last event.
    """
    rules = book.rulebook
    match = None if not contract else ContractMatch(rules.contracts[ContractId(contract)], MatchReason.CUSTOMER)
    folded = []
    rejected, last = len(history.rejects), until
    with progress("judging lines", history.lines) as advance:
        for key, lines in history.each():
            advance(len(lines))
            life = history.reader.life(key, lines)
            rejected += len(life.rejects)
            for reject in life.rejects[:3]:
                note(f"line {reject.line}: {reject.reason}")
            events = life.events if until is None else events_known_at(life.events, until)
            if events:
                newest = max(event.occurred_at for event in events)
                last = newest if last is None or newest > last else last
                folded.append((life.incident, fold(events, rules, match)))
    end = until or last
    if end is None:
        stop("there is no event in the log", WRONG)
    clocks: dict[str, Sequence[OurClock]] = {}
    for incident, one in folded:
        try:
            own = [OurClock.of(clock, one, rules, end) for clock in one.clocks]
        except CalendarError as error:
            note(f"{incident}: {error}")
            continue
        clocks[str(incident)] = own
        clocks.setdefault(str(incident).partition(":")[2], own)
    return OwnClocks(clocks, end, rejected)


def clocks_of_service(
    client: httpx2.Client, tickets: Sequence[tuple[str, ...]], source: str, until: datetime
) -> OwnClocks:
    """Return the clocks of tickets, read from a running service.

    A ticket that the service does not have is left out. If the service refuses a request, the command ends with a
    message.

    Args:
        tickets: For each ticket, its names; they are tried in order until the service has an incident of that name.
        source: The id of the source, which is put before each name (`<source>:<name>`). "" if the names are whole ids.
        until: The instant for which the verdicts of the clocks are computed.
    """
    found: dict[str, Sequence[OurClock]] = {}

    def asked(names: tuple[str, ...]) -> tuple[str, list[OurClock] | None]:
        for name in names:
            clocks = _incident(client, f"{source}:{name}" if source else name, until)
            if clocks is not None:
                return names[0], clocks
        return names[0], None

    with progress("tickets", len(tickets)) as advance, ThreadPoolExecutor(_AT_ONCE) as pool:
        for name, clocks in pool.map(asked, tickets):
            advance(1)
            if clocks is not None:
                found[name] = clocks
    return OwnClocks(found, until)


def _incident(client: httpx2.Client, incident: str, until: datetime) -> list[OurClock] | None:
    answer = client.get(incident_path(incident), params={"limit": 0})
    if answer.status_code == httpx2.codes.NOT_FOUND:
        return None
    if answer.is_error:
        stop_refused(answer)
    told = answer.json()
    explained = client.get(f"{incident_path(incident)}/explain")
    why = {one["clock"]: one for one in explained.json()["clocks"]} if explained.is_success else {}
    return [_clock(told, clock, why.get(clock["id"], {}), until) for clock in told["clocks"]]


def _clock(incident: Mapping[str, Any], told: Mapping[str, Any], why: Mapping[str, Any], until: datetime) -> OurClock:
    pauses = [one for one in told["segments"] if not one["running"]]
    spans = ((_at(one["end"]) or until) - _known(one["start"]) for one in pauses)
    target, allowed = why.get("target", {}), why.get("allowed_seconds")
    versions = why.get("versions", {})
    return OurClock(
        incident=incident["id"],
        metric=told["metric"],
        cycle=told["cycle"],
        contract=incident["contract"]["id"],
        priority=told["priority"],
        state=ClockState(told["state"]),
        started_at=_known(told["started_at"]),
        due_at=_at(told["due_at"]),
        ended_at=_at(told["stopped_at"]),
        breached_at=_at(told["breached_at"]),
        allowed=None if allowed is None else timedelta(seconds=allowed),
        hours=told["coverage"],
        by_wall=bool(versions) and not versions.get("calendar"),
        paused=sum((max(span, timedelta()) for span in spans), timedelta()),
        exempt=bool(told["exempt"]),
        zone=target.get("zone") or incident["contract"]["zone"],
    )


def _at(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _known(text: str) -> datetime:
    return datetime.fromisoformat(text)
