"""`slad oncall override`, `overrides`, `end`: overrides of rotas in a running service, made, listed and ended."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from urllib.parse import quote

import httpx2
import typer
from rich.table import Table

from sla_domain.calendar import load_zone
from sla_standalone.cli.book import instant_of
from sla_standalone.cli.oncall.show import ON_CALL
from sla_standalone.cli.output import emit, note, say, stop, table_console
from sla_standalone.cli.remote import DEFAULT_URL, Key, Url, fetch_json, open_client, stop_refused

_OPTIONS = {"/from": "--from", "/until": "--until", "/person": "--person", "/instead_of": "--instead-of"}
Rota = Annotated[str, typer.Argument(help="The rota's id.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only check, and show whose shifts would change.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def override(
    rota: Rota,
    person: Annotated[str, typer.Option(help="Who is on call then: the id of a person of the catalogue's files.")],
    until: Annotated[str, typer.Option(help="ISO 8601; without an offset in the zone of the rota.")],
    from_: Annotated[str, typer.Option("--from", help="In the same way. Default: now.")] = "",
    instead_of: Annotated[str, typer.Option(help="Only where this person would be. Default: in the whole span.")] = "",
    reason: Annotated[str, typer.Option(help="Why; shown to whoever asks who is on call.")] = "",
    dry_run: DryRun = False,
    url: Url = DEFAULT_URL,
    key: Key = "",
    json: Json = False,
) -> None:
    """Override a rota: put somebody on call for a time, in place of whoever would be.

    Repeating the command changes nothing. Needs a key with the scope admin. Exit status: 0 the override is made (with
    --dry-run: could be), 1 there is no such rota, 2 the override does not fit, or no service answers.
    """
    with open_client(url, key) as client:
        known = fetch_json(client, ON_CALL, {"rota": rota})
        zone = known["rotas"][0]["zone"]
        wanted = {
            "from": instant_of(from_, zone, "--from").isoformat() if from_ else known["at"],
            "until": instant_of(until, zone, "--until").isoformat(),
            "person": person,
            "reason": reason,
        } | ({"instead_of": instead_of} if instead_of else {})
        answer = client.post(f"{ON_CALL}/{quote(rota, safe='')}/overrides", json=wanted, params=_query(dry_run))
        _unless_refused(answer)
    _tell(answer.json(), zone, "would be made" if dry_run else "stands", json=json)


def overrides(rota: Rota, url: Url = DEFAULT_URL, key: Key = "", json: Json = False) -> None:
    """List the overrides of a rota (somebody is on call instead of another): of the last 31 days, in force, and future.

    Overrides from the catalogue's files are included. Exit status: 0 listed, 1 there is no such rota, 2 no service
    answers.
    """
    with open_client(url, key) as client:
        found = fetch_json(client, f"{ON_CALL}/{quote(rota, safe='')}/overrides")
        zone = _zone(client, rota)
    if json:
        emit(found)
    elif not found["overrides"]:
        note("no overrides")
    else:
        table = Table("id", "state", "person", "instead of", "from", "until", "why", "by", "remark")
        for one in found["overrides"]:
            span = (_minute(one["from"], zone), _minute(one["until"], zone))
            table.add_row(one["id"] or "in a file", one["state"], one["person"], one["instead_of"] or "whoever it is",
                          *span, one["reason"], one["by"], one["remark"])  # fmt: skip
        table_console().print(table)


def end(
    override_id: Annotated[str, typer.Argument(metavar="ID", help="As `slad oncall overrides` shows it.")],
    reason: Annotated[str, typer.Option(help="Why, for the audit log.")] = "",
    dry_run: DryRun = False,
    url: Url = DEFAULT_URL,
    key: Key = "",
    json: Json = False,
) -> None:
    """End an override of a rota (somebody is on call instead of another) now; if it has not begun, it never begins.

    Only overrides that were made over the API can be ended. The override stays on record. Exit status: 0 it is ended or
    over (with --dry-run: could be ended), 1 there is no such override, 2 no service answers.
    """
    query = _query(dry_run) | ({"reason": reason} if reason else {})
    with open_client(url, key) as client:
        answer = client.delete(f"{ON_CALL}/overrides/{quote(override_id, safe='')}", params=query)
        _unless_refused(answer)
        told = answer.json()
        zone = _zone(client, told["override"]["rota"])
    _tell(told, zone, f"would be {told['override']['state']}" if dry_run else told["override"]["state"], json=json)


def _query(dry_run: bool) -> dict[str, str]:
    return {"dry_run": "true"} if dry_run else {}


def _zone(client: httpx2.Client, rota: str) -> str:
    """The zone of a rota; UTC for one that the catalogue no longer has."""
    answer = client.get(ON_CALL, params={"rota": rota})
    return str(answer.json()["rotas"][0]["zone"]) if answer.is_success else "UTC"


def _tell(told: dict[str, Any], zone: str, done: str, *, json: bool) -> None:
    if json:
        emit(told)
        return
    one = told["override"]
    of = f" instead of {one['instead_of']}" if one["instead_of"] else ""
    span = f"from {_minute(one['from'], zone)} until {_minute(one['until'], zone)}"
    which = f"override {one['id']}" if one["id"] else "the override"
    say(f"{which} {done}: {one['person']}{of} in {one['rota']} {span}")
    if told["shifts"]:
        table = Table("from", "until", "was", "becomes")
        for each in told["shifts"]:
            low, high = (_minute(each[edge], zone) for edge in ("start", "end"))
            table.add_row(low, high, each["before"] or "nobody", each["after"] or "nobody")
        table_console().print(table)
    for remark in (*told["remarks"], one["remark"]):
        if remark:
            note(remark)


def _unless_refused(answer: httpx2.Response) -> None:
    """End the command with the problem, and with its places if it names some."""
    if answer.is_success:
        return
    if answer.status_code == httpx2.codes.UNPROCESSABLE_CONTENT and (errors := answer.json().get("errors")):
        stop("; ".join(f"{_OPTIONS.get(each['pointer'], each['pointer'])}: {each['detail']}" for each in errors))
    stop_refused(answer)


def _minute(at: str, zone: str) -> str:
    return datetime.fromisoformat(at).astimezone(load_zone(zone)).isoformat(" ", "minutes")
