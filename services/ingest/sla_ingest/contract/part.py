"""Adding or removing one person, or the holders of one role, in a contract's section. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from sla_catalogue.tree import Plain
from sla_platform.http.problem import Problem, pointer

_Section = dict[str, Plain]


def with_person(section: _Section, id_: str, person: Plain) -> _Section:
    """Return a contract's section with this person, replacing any person with the same id.

    The section is the contract's text as a mapping, as in a catalogue file.
    """
    return section | {"people": {**_mapping(section, "people"), id_: person}}


def without_person(section: _Section, id_: str) -> _Section:
    """Return a contract's section without the person with this id.

    The section is the contract's text as a mapping, as in a catalogue file.

    Raises:
        Problem: HTTP error 404 if the contract has no such person, 409 with the roles if the person holds any.
    """
    people = _mapping(section, "people")
    if id_ not in people:
        raise Problem(404, "no-such-person", "No such person", f"The contract has no person {id_[:120]!r} of its own.")
    roles = [role for role, holders in _mapping(section, "roles").items() if id_ in _named(holders)]
    if roles:
        detail = f"{id_} holds {', '.join(roles)}; give the roles to others first."
        errors = [{"pointer": pointer(("contract", "roles", role)), "detail": f"it is held by {id_}"} for role in roles]
        extra = {"roles": roles}
        raise Problem(409, "person-holds-roles", "The person holds roles", detail, errors=errors, extra=extra)
    return _filled(section, "people", {name: one for name, one in people.items() if name != id_})


def with_holders(section: _Section, role: str, holders: list[Plain]) -> _Section:
    """Return a contract's section with these holders of a role, in place of the former holders.

    The section is the contract's text as a mapping, as in a catalogue file. If `holders` is empty, nobody holds the
    role.
    """
    others = {name: one for name, one in _mapping(section, "roles").items() if name != role}
    return _filled(section, "roles", others | ({role: holders} if holders else {}))


def _filled(section: _Section, key: str, values: Mapping[str, Plain]) -> _Section:
    """As somebody would write it: without the key where it is empty."""
    rest = {name: one for name, one in section.items() if name != key}
    return rest | ({key: dict(values)} if values else {})


def _mapping(section: _Section, key: str) -> dict[str, Plain]:
    found = section.get(key)
    return found if isinstance(found, dict) else {}


def _named(holders: Plain) -> set[str]:
    listed = holders if isinstance(holders, list) else [holders]
    names = [one.get("person") if isinstance(one, dict) else one for one in listed]
    return {name for name in names if isinstance(name, str)}
