"""The catalogue and the contract that a command is about."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from sla_catalogue import Catalogue, CatalogueInvalid, builtin_catalogue, load_catalogue
from sla_domain.bounds import RANGE, within_reach
from sla_domain.contract import Contract, ContractId
from sla_platform.settings import Settings
from sla_standalone.cli.output import note, stop
from sla_standalone.replay.instant import BadTableInstant, at_zone


def catalogue_at(path: Path | None) -> Catalogue:
    """Return the catalogue at a path, a folder or a file.

    A path that does not exist ends the command.

    Args:
        path: The path. None means the built-in plans with their example contracts.

    Raises:
        CatalogueInvalid: The catalogue has errors.
    """
    if path is None:
        return builtin_catalogue()
    if not path.exists():
        stop(f"{path}: no such file or directory")
    return load_catalogue(path)


def book_of(contract: str, path: Path | None) -> tuple[Catalogue, Contract]:
    """Return (catalogue, contract) for the contract with the id `contract`.

    An unknown id ends the command.

    Args:
        path: The catalogue in which to look. None means the catalogue that SLAD_CATALOGUE names, or else the built-in
            plans.
    """
    if path is not None:
        book = catalogue_at(path)
        return book, contract_in(book, contract)
    known: set[str] = set()
    for book in _usual():
        found = book.rulebook.contracts.get(ContractId(contract))
        if found is not None:
            return book, found
        known |= set(book.rulebook.contracts)
    return stop(f"no contract {contract!r}; known: {', '.join(sorted(known))}")


def files_of(contract: str, path: Path | None) -> tuple[Path | None, Catalogue, Contract]:
    """Return (path, catalogue, contract) for a contract's id. An unknown id ends the command.

    The returned path is that of the catalogue's files; None for the built-in plans.

    Args:
        contract: The contract's id.
        path: The catalogue in which to look. None means the catalogue that SLAD_CATALOGUE names, or else the built-in
            plans.
    """
    book, found = book_of(contract, path)
    if path is not None:
        return path, book, found
    usual = Settings().catalogue
    return (usual if usual.exists() and book is not builtin_catalogue() else None), book, found


def usual_book(path: Path | None) -> Catalogue:
    """Return the catalogue at a path; if None, that which SLAD_CATALOGUE names, or else the built-in plans.

    A path that does not exist ends the command.

    Raises:
        CatalogueInvalid: The catalogue at the path has errors.
    """
    return catalogue_at(path) if path is not None else next(_usual())


def _usual() -> Iterator[Catalogue]:
    """Yield the catalogues to look in: SLAD_CATALOGUE first, so that one's own contract beats a shipped example."""
    path = Settings().catalogue
    if path.exists():
        try:
            yield load_catalogue(path)
        except CatalogueInvalid:
            note(f"slad: {path} does not form a catalogue (slad check {path}); looking among the shipped plans")
    yield builtin_catalogue()


def contract_in(book: Catalogue, name: str) -> Contract:
    """Return the contract of a catalogue with the id `name`.

    An unknown id ends the command with a message.
    """
    found = book.rulebook.contracts.get(ContractId(name))
    if found is None:
        stop(f"no contract {name!r}; known: {', '.join(sorted(book.rulebook.contracts))}")
    return found


def instant_of(text: str, zone: str, option: str) -> datetime:
    """Parse a text in ISO 8601 and return the instant as an aware datetime.

    Without an offset, the text is local time in `zone`, such as `Europe/Berlin`. A text that cannot be read, or a year
    out of range, ends the command.

    Args:
        option: The option to name in the message, such as `--at`.
    """
    try:
        found = datetime.fromisoformat(text)
        at = found if found.tzinfo is not None else at_zone(found, zone)
    except (ValueError, OverflowError, BadTableInstant):
        stop(f"{option} {text!r} is no ISO 8601 time, e.g. 2026-11-10T16:30")
    if not within_reach(at):
        stop(f"{option} {text!r} is out of reach: a time lies {RANGE}")
    return at
