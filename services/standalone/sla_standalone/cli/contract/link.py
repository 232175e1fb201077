"""`slad contract link`: links by which a customer reads the support plan of a contract, made, listed and revoked."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

import httpx2
import typer
from rich.table import Table

from sla_domain.language_table import LANGUAGES_LISTED
from sla_standalone.cli.output import emit, note, say, stop, table_console
from sla_standalone.cli.remote import DEFAULT_URL, Key, Url, fetch_json, open_client, stop_refused

_DAYS = 30


def link(
    contract: Annotated[str, typer.Argument(help="The contract's id.")],
    days: Annotated[int | None, typer.Option(help="For how long it opens the plan, 1 to 366. Default: 30.")] = None,
    lang: Annotated[str, typer.Option(help=f"Of the page: {LANGUAGES_LISTED}. Default: en.")] = "",
    reason: Annotated[str, typer.Option(help="Why, or for whom; for the list and the audit log.")] = "",
    listed: Annotated[bool, typer.Option("--list", help="List the open links instead.")] = False,
    every: Annotated[bool, typer.Option("--all", help="With --list: those that expired or were revoked, too.")] = False,
    revoke: Annotated[str, typer.Option(metavar="LINK", help="Revoke the link with this id instead.")] = "",
    url: Url = DEFAULT_URL,
    key: Key = "",
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Make a link by which a customer reads the support plan of a contract; or list or revoke such links.

    The customer needs no key. The address is printed only now, since the service keeps only its hash. Needs a key with
    the scope admin. Exit status: 0 done, 1 there is no such contract or link, 2 misuse or no service answers.
    """
    making = days is not None or bool(lang)
    if listed + bool(revoke) + making > 1 or (every and not listed) or (listed and reason):
        stop("either make a link (--days, --lang, --reason), or --list (--all), or --revoke LINK (--reason)")
    if not listed and not revoke and not reason:
        stop("why, or for whom? say --reason")
    path = f"/v1/board/contracts/{quote(contract, safe='')}/links"
    with open_client(url, key) as client:
        if listed:
            _list(client, path, every=every, json=json)
        elif revoke:
            answer = client.delete(f"{path}/{quote(revoke, safe='')}", params={"reason": reason} if reason else {})
            _unless_refused(answer)
            emit({"revoked": revoke}) if json else say(f"{revoke} is revoked: it opens nothing any more")
        else:
            wanted = {"language": lang or "en", "days": _DAYS if days is None else days, "reason": reason}
            answer = client.post(path, json=wanted)
            _unless_refused(answer)
            _tell_made(answer.json(), json=json)


def _tell_made(made: dict[str, Any], *, json: bool) -> None:
    if json:
        emit(made)
        return
    say(made["url"])
    note(f"{made['id']}: opens the support plan of {made['contract']} until {_minute(made['expires_at'])}.")
    note("Keep the address now: it is not shown again.")


def _list(client: httpx2.Client, path: str, *, every: bool, json: bool) -> None:
    found = fetch_json(client, path, {"all": "true"} if every else None)
    if json:
        emit(found)
    elif not found["links"]:
        note("there is no link" if every else "no link is open")
    else:
        table = Table(box=None, pad_edge=False)
        for column in ("link", "state", "language", "until", "made at", "made by", "reason"):
            table.add_column(column, overflow="fold")
        for one in found["links"]:
            made = (_minute(one["made_at"]), one["made_by"], one["reason"])
            table.add_row(one["id"], one["state"], one["language"], _minute(one["expires_at"]), *made)
        table_console().print(table)


def _unless_refused(answer: httpx2.Response) -> None:
    """End the command with the problem, and with its first place if it names one."""
    if answer.status_code < httpx2.codes.BAD_REQUEST:
        return
    if answer.status_code == httpx2.codes.UNPROCESSABLE_CONTENT:
        for error in answer.json().get("errors", ()):
            option = {"/days": "--days", "/language": "--lang", "/reason": "--reason"}.get(error["pointer"], "")
            stop(f"{option or error['pointer']}: {error['detail']}")
    stop_refused(answer)


def _minute(at: str) -> str:
    return f"{at[:16].replace('T', ' ')}Z"
