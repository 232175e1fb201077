"""`slad ack`: list the alerts that are not acknowledged; acknowledge one, or all open ones of an incident."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import quote

import httpx2
import typer
from rich.table import Table

from sla_standalone.cli.output import WRONG, emit, note, say, stop, table_console
from sla_standalone.cli.remote import (
    DEFAULT_URL,
    Key,
    Url,
    fetch_json,
    incident_path,
    open_client,
    stop_refused,
)

_ALERT = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
_PAGE = 200
_WITHOUT = {
    True: "no alert was opened for it so far, so there is nothing to acknowledge",
    False: "no such incident is known here; an id is <source>:<its own id>",
    None: "no alert was ever opened under this name",
}
_What = Annotated[
    list[str] | None,
    typer.Argument(metavar="ALERT|INCIDENT…", help="An alert's id, or <source>:<its own id> for all its open alerts."),
]


def register(app: typer.Typer) -> None:
    """Add the command `slad ack` to the application."""
    app.command("ack")(ack)


def ack(
    what: _What = None,
    by: Annotated[str, typer.Option(help="Who takes care of it. Default: the key alone is recorded.")] = "",
    take: Annotated[bool, typer.Option("--take", help="Take it also from whoever has acknowledged it.")] = False,
    pass_to: Annotated[str, typer.Option(metavar="PERSON", help="Pass it to a person (an id), who is paged.")] = "",
    snooze_until: Annotated[
        str, typer.Option(metavar="INSTANT", help="Acknowledge it until then (RFC 3339, such as 2026-03-02T18:00Z).")
    ] = "",
    past_deadline: Annotated[
        bool, typer.Option("--past-deadline", help="Snooze although another promise of the incident is due before.")
    ] = False,
    url: Url = DEFAULT_URL,
    key: Key = "",
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Acknowledge alerts, which stops their escalation; without an argument, list the unacknowledged alerts.

    With --take, --pass-to or --snooze-until an alert is taken over, passed on or snoozed instead. Needs a key with the
    scope ack (for the list: read). Exit status: 0 all are acknowledged, now or before; 1 there is no such alert, or it
    has ended; 2 the call makes no sense. Exit status of the list: 0 no alert is unacknowledged, 1 some are.
    """
    order = _order(by, take=take, pass_to=pass_to, snooze_until=snooze_until, past_deadline=past_deadline)
    if not what and order.verb != "ack":
        stop("name the alerts or incidents that are to be taken, passed on or snoozed")
    with open_client(url, key) as client:
        if not what:
            _list(list(_alerts(client, "open")), json)
            return
        done = [one for name in what for one in _acknowledged(client, name, order)]
    if json:
        emit({"acknowledged": done})
    else:
        for one in done:
            say(_said(one))
    if any(one["answer"] not in ("done", "already") for one in done):
        raise typer.Exit(WRONG)


@dataclass(frozen=True, slots=True)
class _Order:
    """What is to be done with each alert: the last part of the route, and the body."""

    verb: str
    body: dict[str, Any]

    @property
    def states(self) -> tuple[str, ...]:
        """In which states alerts of an incident are meant."""
        return ("open",) if self.verb == "ack" else ("open", "acknowledged")


def _order(by: str, *, take: bool, pass_to: str, snooze_until: str, past_deadline: bool) -> _Order:
    named = {"by": by} if by else {}
    if sum((take, bool(pass_to), bool(snooze_until))) > 1:
        stop("say one of --take, --pass-to and --snooze-until")
    if past_deadline and not snooze_until:
        stop("--past-deadline is about --snooze-until: say both")
    if pass_to:
        return _Order("pass", {**named, "to": pass_to})
    if snooze_until:
        return _Order("snooze", {**named, "until": snooze_until, "past_deadline": past_deadline})
    return _Order("take" if take else "ack", named)


def _acknowledged(client: httpx2.Client, name: str, order: _Order) -> Iterator[dict[str, Any]]:
    if _ALERT.fullmatch(name):
        yield _one(client, name, order)
        return
    found = list(_of_incident(client, name, order))
    known: bool | None = None
    if not found:
        incident, known = _incident(client, name)
        if incident != name:
            found = list(_of_incident(client, incident, order))
    yield from found or [{"answer": "none", "incident": name, "alert": None, "known": known}]


def _of_incident(client: httpx2.Client, incident: str, order: _Order) -> Iterator[dict[str, Any]]:
    """Acknowledge the open alerts of an incident. Without any, say what became of those it had."""
    waiting = [alert for state in order.states for alert in _alerts(client, state, incident)]
    known = [] if waiting else list(_alerts(client, "", incident))
    waiting = waiting or [alert for alert in known if alert["state"] in order.states]  # opened since the first look
    for alert in waiting:
        yield _one(client, alert["id"], order)
    if waiting:
        return
    answers = {"acknowledged": "already", "closed": "closed"}
    in_hand = [one for one in known if one["state"] == "acknowledged"]
    for alert in in_hand or known[:1]:  # the newest that has ended, where none goes on
        yield {"answer": answers[alert["state"]], "incident": incident, "alert": alert}


def _incident(client: httpx2.Client, name: str) -> tuple[str, bool | None]:
    """The name under which an incident has its alerts, since it may have several or be merged into another, and
    whether it is known; None where the address or the key does not tell."""
    answer = client.get(incident_path(name))
    try:
        said = answer.json()
        if answer.status_code == httpx2.codes.OK:
            return said["merged_into"] or said["id"], True
        return name, False if said["type"].endswith("/no-such-incident") else None
    except (ValueError, KeyError, TypeError, AttributeError):
        return name, None


def _one(client: httpx2.Client, alert: str, order: _Order) -> dict[str, Any]:
    answer = client.post(f"/v1/alerts/{quote(alert, safe='')}/{order.verb}", json=order.body)
    if answer.status_code >= httpx2.codes.BAD_REQUEST:
        stop_refused(answer)
    said: dict[str, Any] = answer.json()
    return {"answer": said["answer"], "incident": said["alert"]["incident"], "alert": said["alert"]}


def _alerts(client: httpx2.Client, state: str, incident: str = "") -> Iterator[dict[str, Any]]:
    """Yield the alerts in a state, or in any where `state` is empty, of one incident or of all."""
    before = ""
    while True:
        asked: dict[str, str | int] = {"state": state, "incident": incident, "before": before, "limit": _PAGE}
        page = fetch_json(client, "/v1/alerts", asked)
        yield from page["alerts"]
        before = page["next"]
        if not before:
            return


def _said(one: dict[str, Any]) -> str:
    alert = one["alert"]
    if alert is None:
        return f"{one['incident']}: {_WITHOUT[one['known']]}"
    about = f"{alert['incident'] or alert['notice']} {alert['metric']}".strip()
    match one["answer"]:
        case "done" if alert.get("passed_to"):
            return f"{about}: passed to {alert['passed_to']}, who is paged"
        case "done":
            until = f" until it expires at {alert['expires_at']}" if alert.get("expires_at") else ""
            return f"{about}: acknowledged by {alert['acknowledged_by']}; nobody else is paged{until}"
        case "already":
            return f"{about}: was acknowledged by {alert['acknowledged_by']} at {alert['acknowledged_at']}"
        case _:
            return f"{about}: has ended at {alert['closed_at']} ({alert['close_reason'].replace('_', ' ')})"


def _list(alerts: list[dict[str, Any]], json: bool) -> None:
    if json:
        emit({"alerts": alerts})
    elif not alerts:
        note("nothing waits for an acknowledgement")
    else:
        table = Table(box=None, pad_edge=False)
        for name in ("alert", "incident", "metric", "contract", "level", "due at"):
            table.add_column(name, overflow="fold")
        for one in alerts:
            about = one["incident"] or one["notice"]
            table.add_row(one["id"], about, one["metric"], one["contract"], str(one["level"]), one["due_at"])
        table_console().print(table)
    if alerts:
        raise typer.Exit(WRONG)
