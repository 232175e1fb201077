"""The part of a catalogue that concerns some of its contracts, as a stored text from which these can be built.
as from the whole.

Kept are the contracts, what they refer to by id and what that refers to in turn, and the versions. Left out are other
contracts, senders, channels, keys, tests and settings, and the addresses at which people are reached: none of them
moves a due instant.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sla_catalogue.canonical import StoredCatalogue, parse_stored, serialize_stored
from sla_catalogue.tree import Plain

# Sections whose entries are kept where something that is kept names them.
_NAMED = ("coverages", "holidays", "metrics", "plans", "people", "rotas", "escalations")
_NOBODYS = "nobodys"  # the default contract where none of the wanted ones is in a file
# What a person is besides where they are reached.
_OF_A_PERSON = frozenset({"name", "language", "languages", "zone", "hours", "until", "side", "notices"})


def excerpt_text(text: str, contracts: Collection[str], recorded: Sequence[Mapping[str, Any]] = ()) -> str:
    """Return the stored text of a catalogue, reduced to some contracts and everything that they refer to.

    Every catalogue needs a default contract. It is the first that exists of:

    1. the default contract of the whole catalogue, if it is one of `contracts`
    2. the first contract in the catalogue that is one of `contracts`
    3. a copy, without customers, of the first contract in `recorded`
    4. a copy, without customers, of the default contract of the whole catalogue

    Args:
        text: The stored text of the whole catalogue (`Catalogue.text`).
        contracts: Ids of contracts. Ids that are in no file are ignored.
        recorded: Sections of contracts that are stored in the database. What these refer to is kept as well.

    Raises:
        UnreadableText: The text cannot be read as a catalogue.
    """
    whole = parse_stored(text)
    return serialize_stored(_excerpt(whole, set(contracts), recorded))[0]


def without_addresses(section: Mapping[str, Any]) -> dict[str, Any]:
    """Return the section of a contract without the addresses of its own people, which nobody needs for judging
    incidents.
    """
    people = section.get("people")
    return dict(section) if not isinstance(people, Mapping) else dict(section) | {"people": _people(people)}


def _excerpt(whole: StoredCatalogue, wanted: set[str], recorded: Sequence[Mapping[str, Any]]) -> StoredCatalogue:
    contracts = _mapping(whole.sections, "contracts")
    own = {id_: without_addresses(one) for id_, one in contracts.items() if id_ in wanted}
    marked = _default(whole.sections)
    default = marked if marked in own else next(iter(own), _NOBODYS)
    if default == _NOBODYS:
        section = recorded[0] if recorded else contracts[marked]
        own[default] = without_addresses({name: one for name, one in section.items() if name != "customers"})
    kept: dict[str, dict[str, Any]] = {"contracts": {id_: _unmarked(one) for id_, one in own.items()}}
    names = {*_words(kept), *_words(list(recorded))}
    while True:
        before = len(names)
        for section in _NAMED:
            entries = _mapping(whole.sections, section)
            for id_ in entries.keys() & names:
                if id_ not in kept.setdefault(section, {}):
                    one = entries[id_]
                    kept[section][id_] = _person(one) if section == "people" else one
                    names |= set(_words(kept[section][id_]))
        if len(names) == before:
            break
    sections: dict[str, Any] = {name: entries for name, entries in kept.items() if entries}
    sections["settings"] = {"default_contract": default}
    codes = {code for code in whole.tables if code in names or code.partition("-")[0] in names}
    return replace(
        whole,
        sections=sections,
        positions={path: at for path, at in whole.positions.items() if _stands(path, kept)},
        tables={code: whole.tables[code] for code in sorted(codes)},
        listed={rota: layers for rota, layers in whole.listed.items() if rota in kept.get("rotas", {})},
        version="",
    )


def _default(sections: Mapping[str, Plain]) -> str:
    """The default contract as `assemble` finds it."""
    named = _mapping(sections, "settings").get("default_contract")
    contracts = _mapping(sections, "contracts")
    if isinstance(named, str):
        return named
    return next((id_ for id_, one in contracts.items() if one.get("default")), next(iter(contracts), ""))


def _unmarked(contract: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in contract.items() if name != "default"}


def _stands(path: tuple[Any, ...], kept: Mapping[str, Mapping[str, Any]]) -> bool:
    return len(path) < 2 or path[1] in kept.get(str(path[0]), {})


def _people(people: Mapping[str, Any]) -> dict[str, Any]:
    return {id_: _person(one) for id_, one in people.items()}


def _person(person: Any) -> Any:
    if not isinstance(person, Mapping):
        return person
    return {name: value for name, value in person.items() if name in _OF_A_PERSON}


def _mapping(sections: Mapping[str, Any], name: str) -> dict[str, Any]:
    found = sections.get(name)
    return found if isinstance(found, dict) else {}


def _words(value: Any) -> Iterator[str]:
    """Every text in a value, keys too; of one with a sign in it also its parts, since `gold+standard` names both."""
    if isinstance(value, str):
        yield value
        for sign in "+:@":
            if sign in value:
                yield from value.split(sign)
    elif isinstance(value, Mapping):
        for key, part in value.items():
            yield str(key)
            yield from _words(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _words(part)
