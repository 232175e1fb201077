"""`slad oncall` without more: who is on call at an instant, in which rota, and who holds the roles of a contract."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from sla_catalogue import Catalogue
from sla_domain.contract import Contract
from sla_domain.roles import RoleReason
from sla_domain.rota import Rota, RotaId
from sla_notifier.on_call import on_call_json, rotas_of
from sla_platform.settings import Settings
from sla_platform.timesource import SystemTime
from sla_standalone.cli.book import catalogue_at, contract_in, instant_of
from sla_standalone.cli.output import emit, note, stop, table_console
from sla_standalone.cli.place import path
from sla_standalone.cli.remote import Key, fetch_json, open_client
from sla_standalone.cli.words import ON_CALL_WORDS, Lang, OnCallWords

ON_CALL = "/v1/oncall"


def oncall(
    context: typer.Context,
    at: Annotated[
        str, typer.Option(help="ISO 8601; without an offset in the zone of the rota or contract. Default: now.")
    ] = "",
    rota: Annotated[str, typer.Option(help="Only this rota.")] = "",
    contract: Annotated[str, typer.Option(help="Only the rotas of this contract, and who holds its roles.")] = "",
    catalogue: Annotated[
        Path | None, typer.Option(parser=path, help="Catalogue directory or file. Default: SLAD_CATALOGUE.")
    ] = None,
    url: Annotated[str, typer.Option(help="Ask this service, which knows the overrides made over its API, too.")] = "",
    key: Key = "",
    lang: Lang = "en",
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show who is on call now and next, from the catalogue's files, or with --url from a running service."""
    if context.invoked_subcommand is not None:
        if _given(context, *context.params):
            stop(f"options of `slad oncall {context.invoked_subcommand}` stand behind its name")
        return
    if url and catalogue is not None:
        stop("either the files (--catalogue) or a service (--url)")
    if not url and _given(context, "key"):
        stop("--key goes with --url: files ask for none")
    answer = _asked(url, key, at, rota, contract) if url else _computed(catalogue, at, rota, contract)
    if json:
        emit(answer)
    else:
        _show(answer, ON_CALL_WORDS[lang])


def _given(context: typer.Context, *names: str) -> bool:
    """Whether one of the options stands on the command line; SLAD_KEY, which may be set for good, does not."""
    sources = (context.get_parameter_source(name) for name in names)
    return any(source is not None and source.name == "COMMANDLINE" for source in sources)


def _computed(catalogue: Path | None, at: str, rota: str, contract: str) -> dict[str, Any]:
    usual = Settings().catalogue
    book = catalogue_at(catalogue or (usual if usual.exists() else None))
    named = contract_in(book, contract) if contract else None
    rotas = _chosen(book, rota, named)
    zone = named.zone if named is not None and not rota else next((each.zone for each in rotas), "UTC")
    instant = instant_of(at, zone, "--at").astimezone(UTC) if at else SystemTime().now()
    return on_call_json(book, rotas, named, instant)


def _asked(url: str, key: str, at: str, rota: str, contract: str) -> dict[str, Any]:
    query = {name: value for name, value in (("rota", rota), ("contract", contract)) if value}
    with open_client(url, key) as client:
        found = fetch_json(client, ON_CALL, query)
        if not at:
            return found
        zone = next((each["zone"] for each in found["rotas"]), "UTC")
        instant = instant_of(at, zone, "--at").astimezone(UTC)
        return fetch_json(client, ON_CALL, {**query, "at": instant.isoformat()})


def _chosen(book: Catalogue, rota: str, contract: Contract | None) -> list[Rota]:
    rotas = rotas_of(book, contract)
    if rota and RotaId(rota) not in rotas:
        stop(f"no rota {rota!r}; known: {', '.join(sorted(rotas)) or 'none'}")
    return [rotas[RotaId(rota)]] if rota else list(rotas.values())


def _show(answer: dict[str, Any], words: OnCallWords) -> None:
    out = table_console()
    out.print(words.at.format(at=_minute(answer["at"])))
    if answer["rotas"]:
        table = Table(*words.rotas)
        for one in answer["rotas"]:
            now, following = one["now"], one["next"]
            table.add_row(_titled(one), *_now(now, words), *_next(following, words))
        out.print(table)
    else:
        note(words.no_rotas)
    if answer["roles"]:
        roles = Table(*words.roles)
        for one in answer["roles"]:
            begins = "" if one["begins"] is None else _minute(one["begins"])
            on_duty = words.yes if one["on_duty"] else words.no
            roles.add_row(one["role"], _named(one, words), on_duty, _reason(one["reason"], words), begins)
        out.print(roles)
    if answer.get("windows"):
        booked = Table(*words.booked)
        for one in answer["windows"]:
            people = "; ".join(_named(each, words) for each in one["people"]) or words.nobody
            booked.add_row(one["id"], people, _minute(one["start"]), _minute(one["end"]), ", ".join(one["priorities"]))
        out.print(booked)


def _reason(said: str, words: OnCallWords) -> str:
    """In the language; a service of another release may give a reason that is not known here."""
    return words.reasons[RoleReason(said)] if said in set(RoleReason) else said


def _titled(one: dict[str, Any]) -> str:
    title: str = one["title"]
    return title if title == one["rota"] else f"{title} ({one['rota']})"


def _now(shift: dict[str, Any] | None, words: OnCallWords) -> tuple[str, str, str, str]:
    if shift is None:
        return words.nobody, "", "", ""
    override = shift["override"]
    why = ""
    if override is not None:
        other = override["instead_of"]
        of = words.instead_of.format(person=other) if other else words.by_exception
        why = f"{of}: {override['reason']}" if override["reason"] else of
        why = words.entered_by.format(why=why, by=override["by"]) if override["by"] else why
    return _named(shift, words), _minute(shift["local_start"]), _minute(shift["local_end"]), why


def _next(shift: dict[str, Any] | None, words: OnCallWords) -> tuple[str, str]:
    return (words.nobody, "") if shift is None else (_named(shift, words), _minute(shift["local_start"]))


def _named(one: dict[str, Any], words: OnCallWords) -> str:
    person = one["person"]
    if len(one.get("languages", ())) > 1:
        person = words.speaks.format(person=person, languages=", ".join(one["languages"]))
    return f"{one['name']} ({person})"


def _minute(at: datetime | str) -> str:
    instant = datetime.fromisoformat(at) if isinstance(at, str) else at
    return instant.isoformat(" ", "minutes")
