"""Rotas that cannot be meant as written: unused, overrides without effect, people who leave, feeds that end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import combinations

from sla_catalogue.problem import Path
from sla_catalogue.rule.subject import CheckedCatalogue
from sla_domain.calendar import load_zone
from sla_domain.calendar.instant import DAY_US, micros
from sla_domain.rota import Rota, RotaId, RotaOverride
from sla_domain.rota.expand import expand

_AHEAD_US = 92 * DAY_US


def check_rotas(subject: CheckedCatalogue) -> None:
    """Add a warning to `subject.findings` for each likely mistake in a rota (on-call plan).

    Mistakes are a rota that no contract uses for a role, an override that has no effect or overlaps another override,
    and shifts of a person who has left. A calendar file whose shifts end within 14 days of `subject.today` gives a
    warning too, unless `today` is None. A catalogue rebuilt from its stored text is not checked.
    """
    if subject.context.stored:
        return
    used = {holder.rota for built in subject.contracts for holder in built.contract.roles}
    for rota in (subject.rotas[RotaId(name)] for name in subject.written.rotas if RotaId(name) in subject.rotas):
        path: Path = ("rotas", rota.id)
        if rota.id not in used:
            message = f"no role is held by the rota {rota.id!r}"
            subject.findings.warning(path, "rota-unused", message, f"roles: {{on_call: [{{rota: {rota.id}}}]}}")
        for place, message in (*_without_effect(rota), *_meeting(rota)):
            subject.findings.warning((*path, "overrides", place), "override", message, "")
        for message in _leaving(rota):
            subject.findings.warning(path, "leaves-on-call", message, "take the person out, or write an override")
        if subject.today is not None:
            _check_feed(rota, subject.today, path, subject)


def _without_effect(rota: Rota) -> Iterator[tuple[int, str]]:
    for place, override in enumerate(rota.overrides):
        if override.instead_of is None:
            continue
        before = replace(rota, overrides=rota.overrides[: place + 1], leaves={})
        shifts = expand(before, micros(override.start), micros(override.end))
        if all(shift.override != place for shift in shifts):
            yield (
                place,
                f"{override.instead_of} is not on call from {_span(override, rota)}: the override changes nothing",
            )


def _meeting(rota: Rota) -> Iterator[tuple[int, str]]:
    for (_, one), (place, other) in combinations(enumerate(rota.overrides), 2):
        alike = other.instead_of is None or other.instead_of == one.instead_of
        if alike and one.start < other.end and other.start < one.end:
            yield place, f"it meets the override with {one.person} before it: {other.person} counts where they meet"


def _leaving(rota: Rota) -> Iterator[str]:
    for person, at in rota.leaves.items():
        if person not in rota.people:
            continue
        low = micros(at)
        staying = replace(rota, leaves={each: when for each, when in rota.leaves.items() if each != person})
        shift = next((each for each in expand(staying, low, low + _AHEAD_US) if each.person == person), None)
        if shift is not None:
            day = at.astimezone(load_zone(rota.zone))
            yield f"{person} leaves on {day:%Y-%m-%d} and has turns afterwards: nobody is on call in them"


def _check_feed(rota: Rota, today: date, path: Path, subject: CheckedCatalogue) -> None:
    now = datetime(today.year, today.month, today.day, tzinfo=UTC)
    if rota.feeds_end is None or not rota.feed_ends_soon(now):
        return
    last = rota.feeds_end.astimezone(load_zone(rota.zone))
    message = "its feed lists nobody" if last.year == 1970 else f"its feed ends on {last:%Y-%m-%d %H:%M}"
    others = len(rota.layers) > 1
    after = "only the other layers count afterwards" if others else "nobody is on call afterwards"
    subject.findings.warning(path, "rota-feed-ends", f"{message}: {after}", "export it again, further ahead")


def _span(override: RotaOverride, rota: Rota) -> str:
    start, end = (at.astimezone(load_zone(rota.zone)) for at in (override.start, override.end))
    return f"{start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M}"
