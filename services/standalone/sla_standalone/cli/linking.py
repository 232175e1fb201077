"""`slad link` and `slad unlink`: tickets of several systems that are one incident."""

from __future__ import annotations

from typing import Annotated, Any

import httpx2
import typer

from sla_standalone.cli.output import emit, say
from sla_standalone.cli.remote import DEFAULT_URL, Key, Url, open_client, stop_refused

_Ticket = Annotated[
    str, typer.Argument(metavar="TICKET", help="<source>:<its own id>, or <source>:<what people call it>.")
]
_Other = Annotated[str, typer.Argument(metavar="OTHER", help="The other system's ticket.")]
_Why = Annotated[str, typer.Option(help="Why, for the incident's page and the audit log.")]
_Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def register(app: typer.Typer) -> None:
    """Add the commands `slad link` and `slad unlink` to the application."""
    app.command("link")(link)
    app.command("unlink")(unlink)


def link(
    ticket: _Ticket, other: _Other, url: Url = DEFAULT_URL, key: Key = "", reason: _Why = "", json: _Json = False
) -> None:
    """Link two tickets that are the same incident: the events of both count for it, and it has one set of clocks.

    Needs a key with the scope ingest. Exit status: 0 they are linked, now or by an earlier call; 2 a ticket is not
    known, or the call makes no sense.
    """
    with open_client(url, key) as client:
        answer = client.post("/v1/links", json={"incident": ticket, "same_as": other, "reason": reason})
    _tell(answer, json)


def unlink(
    ticket: _Ticket, other: _Other, url: Url = DEFAULT_URL, key: Key = "", reason: _Why = "", json: _Json = False
) -> None:
    """Unlink two tickets: each has its own events again, as if they had never been linked.

    Needs a key with the scope ingest. Exit status: 0 they are unlinked; 2 they are not linked, or the call makes no
    sense.
    """
    with open_client(url, key) as client:
        answer = client.delete("/v1/links", params={"incident": ticket, "same_as": other, "reason": reason})
    _tell(answer, json)


def _tell(answer: httpx2.Response, json: bool) -> None:
    if answer.status_code >= httpx2.codes.BAD_REQUEST:
        stop_refused(answer)
    told: dict[str, Any] = answer.json()
    if json:
        emit(told)
        return
    names = ", ".join(told["also_known_as"])
    known = f"is also {names}" if names else "stands alone"
    say(f"{told['incident']}  {known}" + ("" if told["changed"] else " (as before)"))
