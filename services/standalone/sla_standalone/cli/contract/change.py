"""`slad contract apply`, `end`, `export`: recorded contracts of a running service, changed and written out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from sla_catalogue.tree import Plain
from sla_catalogue.yaml_text import yaml_text
from sla_standalone.cli.apply.report import open_clocks_json, print_open_clocks
from sla_standalone.cli.contract.moved import moved_clocks
from sla_standalone.cli.contract.service import (
    API,
    ContractService,
    KnownContract,
    Misfit,
    WantedContract,
    unchanged,
)
from sla_standalone.cli.contract.written import read_files
from sla_standalone.cli.output import WRONG, emit, note, progress, say, stop
from sla_standalone.cli.place import path
from sla_standalone.cli.remote import DEFAULT_URL, Key, Url, open_client

Reason = Annotated[str, typer.Option(help="Why, for the history.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Where = Annotated[
    Path | None,
    typer.Option(parser=path, help="The catalogue in force, for --dry-run to fold clocks by. Default: SLAD_CATALOGUE."),
]


def apply(
    files: Annotated[list[Path], typer.Argument(parser=path, metavar="FILE...", help="YAML or JSON of contracts.")],
    reason: Reason = "",
    effective_from: Annotated[
        str, typer.Option("--effective-from", help="From when they apply, such as 2027-01-01T00:00:00Z.")
    ] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only check, and show which open clocks move.")] = False,
    url: Url = DEFAULT_URL,
    timer: Annotated[str, typer.Option(help="Where the timer answers, if not at --url.")] = "",
    catalogue: Where = None,
    key: Key = "",
    json: Json = False,
) -> None:
    """Create or change contracts in a running service, so that they are as the files say.

    All contracts are checked before any is written. Exit status: 0 all contracts are as in the files (with --dry-run:
    could be), 1 the service refuses one of them, 2 misuse or no service answers.
    """
    wanted = read_files(files, reason, effective_from)
    for one in wanted:
        if not one.reason:
            stop(f"{one.place}: why? say --reason, or `reason:` beside the contract {one.id}")
    with open_client(url, key) as client:
        service = ContractService(client)
        known = {one.id: service.known(one.id) for one in wanted}
        open_ones = [one for one in wanted if not unchanged(one, known[one.id])]
        refused = _written(service, open_ones, known, dry_run=True)
        if not refused and not dry_run:
            refused = _written(service, open_ones, known, dry_run=False)
        seen = (
            moved_clocks(service, timer or url, key, open_ones, known, catalogue) if dry_run and not refused else None
        )
    bad = {one.id for one, _ in refused}
    told = [{"contract": one.id, "done": _done(one, known, open_ones, bad, dry_run=dry_run)} for one in wanted]
    if json:
        errors = [{"contract": one.id, "file": one.place, "pointer": each.pointer, "detail": each.detail}
                  for one, found in refused for each in found]  # fmt: skip
        emit(
            {"contracts": told, "errors": errors} | ({} if seen is None else {"open_clocks": open_clocks_json(seen[0])})
        )
    else:
        for row in told:
            say(f"{row['done']:<12} {row['contract']}")
        for one, found in refused:
            for each in found:
                note(f"{one.place}: {one.id}{each.pointer.removeprefix('/contract')}: {each.detail}")
        if seen is not None:
            print_open_clocks(*seen)
    raise typer.Exit(WRONG if refused else 0)


def _done(
    one: WantedContract, known: dict[str, KnownContract | None], open_ones: list[WantedContract], bad: set[str], *,
    dry_run: bool,
) -> str:  # fmt: skip
    if one not in open_ones:
        return "unchanged"
    if one.id in bad:
        return "refused"
    if bad:
        return "not written"
    verb = "create" if known[one.id] is None else "change"
    return f"would {verb}" if dry_run else f"{verb}d"


def _written(
    service: ContractService, wanted: list[WantedContract], known: dict[str, KnownContract | None], *, dry_run: bool
) -> list[tuple[WantedContract, tuple[Misfit, ...]]]:
    """Those that do not fit, with what is wrong."""
    refused = []
    with progress("checking contracts" if dry_run else "writing contracts", len(wanted)) as advance:
        for one in wanted:
            found = service.write(one, known[one.id], dry_run=dry_run)
            if found:
                refused.append((one, found))
            advance(1)
    return refused


def end(
    contract: Annotated[str, typer.Argument(help="A contract's id.")],
    on: Annotated[str, typer.Option("--on", help="The first day, in its zone, on which it no longer applies.")],
    reason: Reason,
    url: Url = DEFAULT_URL,
    key: Key = "",
) -> None:
    """End a recorded contract, one that a running service keeps in its database and not in catalogue files.

    Exit status: 0 the end is recorded, 1 the contract cannot be ended or does not exist, 2 misuse.
    """
    with open_client(url, key) as client:
        service = ContractService(client)
        known = service.known(contract)
        if known is None:
            stop(f"{url} has no contract {contract}", WRONG)
        refused = service.end(contract, known, on, reason)
    for each in refused:
        note(f"{contract}{each.pointer}: {each.detail}")
    if not refused:
        say(f"{contract} ends on {on}")
    raise typer.Exit(WRONG if refused else 0)


def export(
    contracts: Annotated[
        list[str] | None, typer.Argument(metavar="[ID]...", help="Default: all recorded ones.")
    ] = None,
    url: Url = DEFAULT_URL,
    key: Key = "",
) -> None:
    """Print recorded contracts as YAML, for a catalogue file or for `slad contract apply`.

    A recorded contract is one that a running service keeps in its database and not in catalogue files. The newest
    version of each contract is printed, with a note if it does not apply yet. Exit status: 0 printed, 1 there is no
    such contract, 2 misuse.
    """
    with open_client(url, key) as client:
        service = ContractService(client)
        asked = contracts or [one["id"] for one in service.listed() if one["managed"] == API]
        sections: dict[str, Plain] = {}
        with progress("reading contracts", len(asked)) as advance:
            for id_ in asked:
                sections[id_] = _section(service, id_)
                advance(1)
    typer.echo(yaml_text({"contracts": sections}), nl=False)


def _section(service: ContractService, id_: str) -> Plain:
    known = service.known(id_)
    if known is None:
        stop(f"there is no contract {id_}", WRONG)
    if known.managed != API:
        stop(f"{id_} is written in the catalogue's files; only recorded contracts are exported")
    if known.told["pending"]:
        note(f"{id_}: its newest version applies from {known.told['pending'][-1]['effective_from']}")
    return _escaped(known.newest)


def _escaped(value: Any) -> Plain:
    """`${NAME}` of a recorded contract is no reference; in a file it would be one."""
    match value:
        case dict():
            return {key: _escaped(each) for key, each in value.items()}
        case list():
            return [_escaped(each) for each in value]
        case str():
            return value.replace("${", "$${")
        case _:
            return None
