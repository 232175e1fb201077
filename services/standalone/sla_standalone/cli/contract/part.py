"""`slad contract person`, `role`: a person, or the holders of a role, of a recorded contract in a running service."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from sla_catalogue.tree import Plain, read_tree
from sla_catalogue.yaml_text import yaml_text
from sla_standalone.cli.contract.change import Reason
from sla_standalone.cli.contract.service import API, ContractService, KnownContract, Misfit
from sla_standalone.cli.contract.written import read_values
from sla_standalone.cli.output import WRONG, note, say, stop
from sla_standalone.cli.place import path
from sla_standalone.cli.remote import DEFAULT_URL, Key, Url, open_client

Contract = Annotated[str, typer.Argument(help="A contract's id.")]
Since = Annotated[
    str, typer.Option("--effective-from", help="From when it applies, such as 2027-01-01T00:00:00Z. Default: now.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only check.")]
_ROTA = "rota:"


def person(
    contract: Contract,
    person_id: Annotated[str, typer.Argument(metavar="PERSON", help="The person's id.")],
    file: Annotated[
        Path | None, typer.Option(parser=path, help="YAML or JSON with the keys of a person in a catalogue file.")
    ] = None,
    remove: Annotated[bool, typer.Option("--remove", help="Take the person out of the contract.")] = False,
    reason: Reason = "",
    effective_from: Since = "",
    dry_run: DryRun = False,
    url: Url = DEFAULT_URL,
    key: Key = "",
) -> None:
    """Add, change (--file) or remove (--remove) a person of a recorded contract, or print the person.

    The person is printed if there is none of these options. A recorded contract is one that a running service keeps in
    its database. Exit status: 0 done (with --dry-run: could be done), 1 the change does not fit, or there is no such
    contract or person, 2 misuse.
    """
    if remove and file is not None:
        stop("either --file or --remove")
    changing = remove or file is not None
    if changing is not bool(reason):
        stop("why? say --reason" if changing else "what is to be changed? say --file or --remove")
    said: dict[str, Any] = {} if file is None else {"person": read_values(file)}
    with open_client(url, key) as client:
        service = ContractService(client)
        known = _known(service, contract, url)
        if not changing:
            _print(known, contract, person_id)
            return
        said |= {"reason": reason} | ({"effective_from": effective_from} if effective_from else {})
        method = "DELETE" if remove else "PUT"
        refused = service.write_part(contract, known.etag, method, ("people", person_id), said, dry_run=dry_run)
    _tell(refused, contract, f"{person_id} {'is taken out' if remove else 'is written'}", dry_run=dry_run)


def role(
    contract: Contract,
    role_id: Annotated[str, typer.Argument(metavar="ROLE", help="The role's id.")],
    holders: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[HOLDER]...",
            help="A person's id, rota:ID, or as in a file: '{person: anna, coverage: office}'.",
        ),
    ] = None,
    nobody: Annotated[bool, typer.Option("--nobody", help="Nobody holds it any more.")] = False,
    reason: Reason = "",
    effective_from: Since = "",
    dry_run: DryRun = False,
    url: Url = DEFAULT_URL,
    key: Key = "",
) -> None:
    """Set who holds a role, such as on_call, in a recorded contract; nobody else holds the role afterwards.

    A recorded contract is one that a running service keeps in its database. Exit status: 0 done (with --dry-run: could
    be done), 1 the change does not fit, or there is no such contract, 2 misuse.
    """
    if bool(holders) is nobody:
        stop("name the holders of the role, or say --nobody")
    if not reason:
        stop("why? say --reason")
    said: dict[str, Any] = {"holders": [_holder(one) for one in holders or ()], "reason": reason}
    said |= {"effective_from": effective_from} if effective_from else {}
    with open_client(url, key) as client:
        service = ContractService(client)
        known = _known(service, contract, url)
        refused = service.write_part(contract, known.etag, "PUT", ("roles", role_id), said, dry_run=dry_run)
    _tell(refused, contract, f"{role_id} is held by {', '.join(holders or ['nobody'])}", dry_run=dry_run)


def _known(service: ContractService, contract: str, url: str) -> KnownContract:
    known = service.known(contract)
    if known is None:
        stop(f"{url} has no contract {contract}", WRONG)
    return known


def _print(known: KnownContract, contract: str, person_id: str) -> None:
    if known.managed != API:
        stop(f"{contract} is written in the catalogue's files; `slad contract show` prints it")
    people = known.newest.get("people")
    found = people.get(person_id) if isinstance(people, dict) else None
    if found is None:
        stop(f"{contract} has no person {person_id} of its own", WRONG)
    typer.echo(yaml_text(found), nl=False)


def _holder(text: str) -> Plain:
    if text.startswith(_ROTA):
        return {"rota": text.removeprefix(_ROTA)}
    if not text.startswith("{"):
        return text
    tree = read_tree(text, text)
    if tree.problems:
        stop("; ".join(map(str, tree.problems)))
    return tree.data


def _tell(refused: tuple[Misfit, ...], contract: str, done: str, *, dry_run: bool) -> None:
    for each in refused:
        note(f"{contract}{each.pointer.removeprefix('/contract')}: {each.detail}")
    if not refused:
        say(f"{contract}: {done}{' (not written: it was only checked)' if dry_run else ''}")
    raise typer.Exit(WRONG if refused else 0)
