"""The open clocks of a running service, folded again under a new catalogue. Only HTTP reads are made."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx2

from sla_domain.clock import Clock
from sla_domain.fold import fold
from sla_domain.rulebook import Rulebook
from sla_standalone.cli.apply.moves import Move, moves
from sla_standalone.cli.output import progress
from sla_standalone.cli.remote import fetch_json, incident_path, open_client
from sla_timer.evidence import event_of

_PAGE = 1_000
_AT_ONCE = 8  # requests in flight: enough to hide the way there and back, too few to trouble a service


@dataclass(frozen=True, slots=True)
class OpenClocks:
    """The open clocks and incidents of a running service, and how new rules would change the clocks."""

    catalogue: str
    """The version in force in the service."""
    incidents: int
    """How many incidents are open."""
    clocks: int
    """How many clocks are open."""
    now: datetime | None
    """The time by the service's clock. None if it is not known; `moves` is then empty."""
    moves: tuple[Move, ...]
    """The changes of the clocks."""
    partial: tuple[str, ...] = ()
    """Ids of incidents that are not compared, because the service does not show all of their events to this key, or is
    too old to say whether it does."""


def compare_open_clocks(url: str, key: str, rulebook: Rulebook, contracts: Iterable[str] = ("",)) -> OpenClocks:
    """Return how the open clocks of a running service would change under other rules.

    Incidents that the service deletes while they are being read are skipped. If the service does not answer, or refuses
    the request, the command ends with a message.

    Args:
        url: The address of the service from which the clocks are read.
        key: An API key. "" without a key.
        rulebook: The rules of a new catalogue.
        contracts: The contracts whose incidents are compared. "" means all contracts.
    """
    with open_client(url, key) as client:
        version = str(fetch_json(client, "/info").get("catalogue", ""))
        clocks = [clock for contract in contracts for clock in _open(client, contract)]
        names = sorted({clock["incident"] for clock in clocks})
        now = _now_of(client, names)
        found: list[Move] = []
        partial: list[str] = []
        with progress("open incidents", len(names)) as advance, ThreadPoolExecutor(_AT_ONCE) as pool:
            for answer in pool.map(lambda name: _incident(client, name), names):
                advance(1)
                if answer is None or now is None:
                    continue
                if answer.get("events_complete", False):  # a service of an older release does not say so
                    found += _moves(answer, rulebook, now)
                else:
                    partial.append(answer["id"])
    return OpenClocks(version, len(names), len(clocks), now, tuple(found), tuple(partial))


def service_time(client: httpx2.Client, contracts: Iterable[str]) -> datetime | None:
    """Return the present time by the clock of a service, which may be a simulated clock.

    The time is that in the service's response to a request to explain an incident. The result is None if no incident
    under one of these contracts can be explained.
    """
    for contract in contracts:
        page = fetch_json(client, "/v1/clocks", {"limit": 1, "contract": contract})["clocks"]
        now = _now_of(client, [clock["incident"] for clock in page])
        if now is not None:
            return now
    return None


def _open(client: httpx2.Client, contract: str) -> list[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    after = ""
    only = {"contract": contract} if contract else {}
    while True:
        answer = fetch_json(client, "/v1/clocks", {"limit": _PAGE, "after": after, **only})
        found.update({clock["id"]: clock for clock in answer["clocks"]})
        after = answer["next"] or ""
        if not after:
            return list(found.values())


def _now_of(client: httpx2.Client, names: Iterable[str]) -> datetime | None:
    """A service may run on another clock than this machine (a demo, a drill)."""
    for name in names:
        answer = client.get(f"{incident_path(name)}/explain")
        if answer.is_success:
            return datetime.fromisoformat(answer.json()["at"])
    return None


def _incident(client: httpx2.Client, name: str) -> dict[str, Any] | None:
    """With all its events, however many pages they take; None for one that is gone by now."""
    whole: dict[str, Any] | None = None
    after = ""
    while True:
        answer = client.get(incident_path(name), params={"after": after} if after else None)
        if answer.status_code == httpx2.codes.NOT_FOUND:
            return None
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        whole = found | {"events": [*(whole["events"] if whole else ()), *found["events"]]}
        after = found.get("next") or ""
        if not after:
            return whole


def _moves(answer: dict[str, Any], rulebook: Rulebook, now: datetime) -> list[Move]:
    incident = fold([event_of(event, answer["id"]) for event in answer["events"]], rulebook)
    clocks: Iterable[Clock] = incident.clocks
    if answer["clocks_total"] > len(answer["clocks"]):  # left out are ended ones, which have not just appeared
        clocks = [clock for clock in clocks if clock.state.open]
    return list(moves(answer["id"], answer["contract"]["id"], answer["clocks"], clocks, now))
