"""Who is on call, as the API and the command line show it: rotas at an instant, and the roles of a contract. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sla_catalogue import Catalogue
from sla_domain.booked_duty import booked_people
from sla_domain.calendar import load_zone
from sla_domain.contract import Contract
from sla_domain.roles import RoleHolding, level_roster
from sla_domain.rota import Rota, RotaId, Shift, next_shift, on_call
from sla_domain.window import BookedWindow


def rotas_of(catalogue: Catalogue, contract: Contract | None) -> dict[RotaId, Rota]:
    """Return the rotas whose person on call holds a role of a contract: rota id -> rota.

    A rota says who is on call at which times.

    Args:
        contract: The contract. None means every rota of the catalogue.
    """
    rotas = catalogue.rulebook.rotas
    if contract is None:
        return dict(rotas)
    held = dict.fromkeys(holder.rota for holder in contract.roles if holder.rota is not None)
    return {id_: rotas[id_] for id_ in held if id_ in rotas}


def on_call_json(
    catalogue: Catalogue, rotas: Iterable[Rota], contract: Contract | None, at: datetime
) -> dict[str, Any]:
    """Return who is on call at `at`, ready for JSON, with the keys `at`, `rotas` and `roles`.

    `rotas` has, for each given rota, the shift at `at` (`now`) and the following shift (`next`). `roles` says who holds
    each role of the contract, `windows` who is on duty in the hours that are booked at `at`. Both are empty if
    `contract` is None.
    """
    roles = [] if contract is None else list(dict.fromkeys(holder.role for holder in contract.roles))
    return {
        "at": at,
        "rotas": [_rota(rota, at) for rota in rotas],
        "windows": []
        if contract is None
        else [_booked(catalogue, contract, one, at) for one in _current(contract, at)],
        "roles": [each for role in roles if contract is not None for each in _role(catalogue, contract, role, at)],
    }


def feeds_ending(catalogue: Catalogue, now: datetime) -> str | None:
    """Return a warning about rota feeds that have ended or end soon; None if there are none.

    A feed is a calendar file with the shifts of a rota. Soon means within 14 days from `now`.
    """
    rotas = [rota for rota in catalogue.rulebook.rotas.values() if rota.feed_ends_soon(now)]
    said = [f"the feed of {rota.id} lists nobody from {rota.feeds_end:%Y-%m-%d %H:%M}Z on" for rota in rotas]
    return "; ".join(said) or None


def _rota(rota: Rota, at: datetime) -> dict[str, Any]:
    now = on_call(rota, at)
    following = next_shift(rota, at)
    return {
        "rota": rota.id,
        "title": rota.title,
        "zone": rota.zone,
        "now": None if now is None else _shift(rota, now),
        "next": None if following is None else _shift(rota, following),
    }


def _shift(rota: Rota, shift: Shift) -> dict[str, Any]:
    person, override = rota.person(shift.person), shift.override
    zone = person.zone or rota.zone
    local = load_zone(zone)
    return {
        "person": shift.person,
        "name": person.name,
        "languages": list(person.languages),
        "start": shift.start,
        "end": shift.end,
        "zone": zone,
        "local_start": shift.start.astimezone(local).isoformat(),
        "local_end": shift.end.astimezone(local).isoformat(),
        "override": None
        if override is None
        else {"instead_of": override.instead_of or "", "by": override.by, "reason": override.reason},
    }


def _role(catalogue: Catalogue, contract: Contract, role: str, at: datetime) -> list[dict[str, Any]]:
    roster = level_roster(catalogue.rulebook, contract, (role,), at)
    return [_holding(contract, each, on_duty=on) for on, part in ((True, roster.on_duty), (False, roster.off_duty))
            for each in part]  # fmt: skip


def _current(contract: Contract, at: datetime) -> list[BookedWindow]:
    return [one for one in contract.windows if one.start <= at < one.end]


def _booked(catalogue: Catalogue, contract: Contract, window: BookedWindow, at: datetime) -> dict[str, Any]:
    people = booked_people(catalogue.rulebook, contract, window, at)
    return {
        "contract": contract.id,
        "id": window.id,
        "window": window.window,
        "start": window.start,
        "end": window.end,
        "priorities": sorted(window.priorities),
        "products": sorted(window.products),
        "excluded_products": sorted(window.excluded_products),
        "people": [{"person": one.id, "name": one.name} for one in people],
    }


def _holding(contract: Contract, holding: RoleHolding, *, on_duty: bool) -> dict[str, Any]:
    return {
        "contract": contract.id,
        "role": holding.name,
        "person": holding.person.id,
        "name": holding.person.name,
        "on_duty": on_duty,
        "reason": holding.reason.value,
        "begins": holding.begins,
    }
