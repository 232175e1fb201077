"""`slad ledger show`, `slad ledger add`: what is left of a contract's credits, hours and visits; write an entry."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Annotated, Any
from urllib.parse import quote

import httpx2
import typer
from rich.table import Table

from sla_standalone.cli.output import emit, say, stop, table_console
from sla_standalone.cli.remote import DEFAULT_URL, Key, Url, fetch_json, open_client, problem_text, stop_refused
from sla_standalone.cli.words import Lang

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Contract = Annotated[str, typer.Argument(help="A contract's id.")]
Allowance = Annotated[str, typer.Argument(help="An allowance of it, such as credits.")]
Kind = Annotated[str, typer.Argument(help="bought, used, reserved, released or adjusted.")]
Amount = Annotated[str, typer.Argument(help="Such as 2, or 1h30m of hours; not with --from or --of.")]


def register(app: typer.Typer) -> None:
    """Add the commands `slad ledger …` to the application."""
    group = typer.Typer(
        name="ledger", no_args_is_help=True, help="What is left of a contract's credits, hours and visits."
    )
    group.command("show")(show)
    group.command("add")(add)
    app.add_typer(group)


def show(
    contract: Contract,
    allowance: Annotated[str, typer.Option(help="This one alone.")] = "",
    explain: Annotated[bool, typer.Option("--explain", help="With every step: what paid, at which rate.")] = False,
    language: Lang = "en",
    at: Annotated[str, typer.Option(help="As of when, such as 2026-12-31T23:00:00Z. Default: now.")] = "",
    url: Url = DEFAULT_URL,
    key: Key = "",
    json: Json = False,
) -> None:
    """Show a contract's allowances (credits, hours or visits that it includes): what is free, reserved and expiring.

    Also shown is a forecast of when each will be used up. Needs a key with the scope read. Exit status: 0 shown, 1
    there is no such contract or allowance, 2 the call makes no sense.
    """
    query: dict[str, str | int] = {"language": language}
    if at:
        query["at"] = at
    with open_client(url, key) as client:
        found = list(_ledgers(client, contract, allowance, query, explain=explain))
    if json:
        emit({"contract": contract, "ledgers": found})
        return
    if explain:
        for one in found:
            say(one["text"])
        return
    table = Table("allowance", "title", "free", "reserved", "expires", "will be left", "warnings", "over")
    for one in found:
        table.add_row(one["allowance"], one["title"], one["free"]["text"], one["reserved"]["text"], _expires(one),
                      _forecast(one), ", ".join(each["threshold"] for each in one["warnings"]),
                      ", ".join(each["missing"]["text"] for each in one["over"]))  # fmt: skip
    table_console().print(table)


def add(
    contract: Contract,
    allowance: Allowance,
    kind: Kind,
    amount: Amount = "",
    id_: Annotated[str, typer.Option("--id", help="The same id is the same entry. Default: a new one.")] = "",
    at: Annotated[str, typer.Option(help="When it happened. Default: now.")] = "",
    from_: Annotated[str, typer.Option("--from", help="Begin of the time that was worked, instead of an amount.")] = "",
    until: Annotated[str, typer.Option(help="Its end.")] = "",
    of: Annotated[str, typer.Option(help="The reservation that it ends.")] = "",
    serves_at: Annotated[str, typer.Option(help="When what is reserved takes place.")] = "",
    surcharge: Annotated[int, typer.Option(help="Percent on top.")] = 0,
    who: Annotated[str, typer.Option(help="Whose work or decision it is. Default: the key's name.")] = "",
    reason: Annotated[str, typer.Option(help="Why, in words.")] = "",
    reference: Annotated[str, typer.Option(help="An incident or a booking.")] = "",
    url: Url = DEFAULT_URL,
    key: Key = "",
    json: Json = False,
) -> None:
    """Write an entry into the ledger of an allowance (the record of what was bought, used and reserved of it).

    An allowance is what a contract includes by number, such as 30 credits. Entries cannot be changed or deleted.
    Nothing can be paid back or moved to another contract (clause H10). Needs a key with the scope admin. Exit status: 0
    the entry is written, now or by an earlier call; 1 there is no such contract; 2 the entry is refused.
    """
    written = {"id": id_ or uuid.uuid4().hex, "kind": kind, "amount": amount, "at": at, "from": from_, "until": until,
               "of": of, "serves_at": serves_at, "surcharge": surcharge, "who": who, "reason": reason,
               "reference": reference}  # fmt: skip
    body = {name: value for name, value in written.items() if value}
    with open_client(url, key) as client:
        answer = client.post(f"{_path(contract, allowance)}/entries", json=body)
    if answer.status_code == httpx2.codes.UNPROCESSABLE_CONTENT:
        stop("; ".join([problem_text(answer), *_places(answer.json())]))
    if answer.status_code >= httpx2.codes.BAD_REQUEST:
        stop_refused(answer)
    told: dict[str, Any] = answer.json()
    if json:
        emit(told | {"entry": body["id"]})
        return
    what = "written" if answer.status_code == httpx2.codes.CREATED else "was written already"
    say(f"{body['id']}: {what}; {told['free']['text']} free, {told['reserved']['text']} reserved")


def _ledgers(
    client: httpx2.Client, contract: str, allowance: str, query: dict[str, str | int], *, explain: bool
) -> Iterator[dict[str, Any]]:
    names = [allowance]
    if not allowance:
        found = fetch_json(client, _path(contract), query)["ledgers"]
        if not explain:
            yield from found
            return
        names = [one["allowance"] for one in found]
    for name in names:
        yield fetch_json(client, _path(contract, name), query | {"explain": "true" if explain else "false"})


def _path(contract: str, allowance: str = "") -> str:
    parts = ["contracts", quote(contract, safe=""), "ledgers", *([quote(allowance, safe="")] if allowance else [])]
    return f"/v1/{'/'.join(parts)}"


def _places(problem: dict[str, Any]) -> Iterator[str]:
    for one in problem.get("errors", ()):
        yield f"{one.get('pointer', '')}: {one['detail']}"


def _expires(one: dict[str, Any]) -> str:
    return "\n".join(f"{each['left']['text']} {each['at'][:10]}" for each in one["expires"])


def _forecast(one: dict[str, Any]) -> str:
    found = one["forecast"]
    if found is None:
        return ""
    return found["left"]["text"] if found["runs_out_at"] is None else f"used up {found['runs_out_at'][:10]}"
