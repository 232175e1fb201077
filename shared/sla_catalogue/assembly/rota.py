"""`rotas` → who is on call when; people who are not known, and rotas that have nobody, are reported."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType

from sla_catalogue.assembly.coverage import check_week, weekly_of
from sla_catalogue.assembly.zone import check_zone
from sla_catalogue.assembly_context import Context
from sla_catalogue.document.rota import RotaDocument, RotaLayerDocument, RotaOverrideDocument
from sla_catalogue.hours import DAYS, week_text
from sla_catalogue.problem import Path
from sla_domain.calendar import Calendar, local_instant
from sla_domain.plan import Coverage, HolidaySource
from sla_domain.rota import ListedShift, Rota, RotaId, RotaLayer, RotaOverride, RotaPerson, Rotation

ListedShifts = Mapping[str, Mapping[int, tuple[ListedShift, ...]]]
"""What feeds list: rota -> place of the layer -> shifts."""

_ALWAYS_FIRST = date(1970, 1, 5)  # a Monday: of one person alone the day of the handover does not matter


@dataclass(frozen=True, slots=True)
class RotaHours:
    """The hours in which one layer of a rota (on-call plan) has somebody on call.

    A layer is a group of people who take turns, or the shifts of a calendar file.
    """

    coverage: Coverage
    """The hours."""
    path: Path
    """Path of the hours in the catalogue, such as `("rotas", "nights", "hours")`."""


def rota_people(context: Context, listed: ListedShifts) -> Mapping[str, tuple[str, ...]]:
    """Return who is ever on call in each rota (on-call plan): rota id -> ids of people.

    The people are in the order written.

    Args:
        listed: The shifts from calendar files.
    """
    found: dict[str, tuple[str, ...]] = {}
    for name, document in context.document.rotas.items():
        people = [person for _, layer in document.all_layers() for person in layer.people]
        people += [shift.person for shifts in listed.get(name, {}).values() for shift in shifts]
        people += [override.who for override in document.overrides]
        found[name] = tuple(dict.fromkeys(people))
    return found


def rota_hours(shared: Mapping[str, Coverage], context: Context) -> Mapping[tuple[str, int], RotaHours]:
    """Return the hours of the layers of all rotas (on-call plans), as coverages.

    A layer is a group of people who take turns, or the shifts of a calendar file. The result is (rota id, number of the
    layer, from 0) -> hours. A layer that is on call around the clock has no entry. A layer whose coverage is unknown,
    or subtracts a contract's holidays, is reported to `context.findings` and has no entry.

    Args:
        shared: The coverages of the section `coverages`.
    """
    found: dict[tuple[str, int], RotaHours] = {}
    for name, document in context.document.rotas.items():
        for place, (below, layer) in enumerate(document.all_layers()):
            path: Path = ("rotas", name, *below)
            if layer.hours is not None:
                check_week(layer.hours, (*path, "hours"), context)
                own = Coverage(id=f"{name} hours", weekly=weekly_of(layer.hours))
                found[name, place] = RotaHours(own, (*path, "hours"))
            elif layer.coverage is not None:
                where = (*path, "coverage")
                if layer.coverage not in shared:
                    if context.has_entry("coverages", layer.coverage, where, "coverage"):
                        continue
                elif _of_contract(shared[layer.coverage]):
                    message = f"the coverage {layer.coverage!r} subtracts the contract's holidays, and a rota has none"
                    context.findings.error(where, "rota-holidays", message, "a coverage with `holidays: PL` or none")
                else:
                    found[name, place] = RotaHours(shared[layer.coverage], where)
    return found


def _of_contract(coverage: Coverage) -> bool:
    return coverage.holidays is HolidaySource.CONTRACT or any(map(_of_contract, coverage.parts))


def build_rotas(
    hours: Mapping[tuple[str, int], RotaHours],
    listed: ListedShifts,
    on_call: Mapping[str, tuple[str, ...]],
    calendar: Callable[[str, Coverage], Calendar],
    context: Context,
) -> Mapping[RotaId, Rota]:
    """Build the rotas (on-call plans) of the section `rotas`, by id.

    A rota with an unknown time zone is left out. Unknown time zones and people, layers without people, handover days
    that contradict each other, and overrides that end before they begin are reported to `context.findings`.

    Args:
        hours: (rota id, number of the layer, from 0) -> hours of the layer.
        listed: The shifts from calendar files.
        on_call: Rota id -> ids of its people.
        calendar: Returns the calendar for a time zone and a coverage.
    """
    found: dict[RotaId, Rota] = {}
    for name, document in context.document.rotas.items():
        path: Path = ("rotas", name)
        if not check_zone(document.zone, (*path, "zone"), context.findings):
            continue
        layers = []
        for place, (below, layer) in enumerate(document.all_layers()):
            restricted = hours.get((name, place))
            layers.append(
                RotaLayer(
                    rotation=_rotation(name, (*path, *below), layer, context),
                    listed=listed.get(name, {}).get(place, ()),
                    hours=None if restricted is None else calendar(document.zone, restricted.coverage),
                    coverage=layer.coverage or week_text(layer.hours or {}),
                )
            )
        overrides = tuple(_overrides(document, path, context))
        rota = Rota(
            id=RotaId(name),
            zone=document.zone,
            layers=tuple(layers),
            overrides=overrides,
            titles=MappingProxyType(dict(document.title)),
            leaves=MappingProxyType(dict(_leaves(document, context))),
            shown=MappingProxyType(dict(_shown(on_call.get(name, ()), overrides, context))),
        )
        found[rota.id] = rota
    return MappingProxyType(found)


def _rotation(name: str, path: Path, layer: RotaLayerDocument, context: Context) -> Rotation | None:
    if layer.feed is not None:
        return None
    findings, handover = context.findings, layer.handover
    if not layer.people:
        findings.error(path, "rota-nobody", f"the rota {name!r} has nobody here", "people: […], or feed: {file: …}")
        return None
    for index, person in enumerate(layer.people):
        _known(person, (*path, "people", index), context)
    starts = layer.starts
    if starts is None:
        if len(set(layer.people)) > 1:
            message = f"nothing says when the first of {len(layer.people)} people takes over"
            findings.error(path, "rota-starts", message, "starts: the day of the first handover")
        starts = _ALWAYS_FIRST
    elif handover.on is not None and handover.days_are_weeks and starts.weekday() != handover.on:
        message = f"{starts} is a {DAYS[starts.weekday()]}, and the rota hands over on {DAYS[handover.on]}"
        findings.error((*path, "starts"), "rota-starts", message, "a day of that name, or leave `on` out")
    if handover.on is not None and not handover.days_are_weeks:
        message = "a handover that does not come every week has no weekday"
        findings.error((*path, "handover", "on"), "handover", message, "leave `on` out, or say every: week")
    return Rotation(people=tuple(layer.people), days=handover.every, at=handover.at * 60, starts=starts)


def _overrides(document: RotaDocument, path: Path, context: Context) -> Iterator[RotaOverride]:
    for index, override in enumerate(document.overrides):
        where = (*path, "overrides", index)
        for key, person in (("who", override.who), ("instead_of", override.instead_of), ("by", override.by)):
            if person is not None:
                _known(person, (*where, key), context)
        start, end = (_instant(text, document.zone) for text in (override.from_, override.until))
        if end <= start:
            context.findings.error(
                (*where, "until"), "span", "the override ends before it begins", "write from < until"
            )
            continue
        yield _override(override, start, end)


def _override(override: RotaOverrideDocument, start: datetime, end: datetime) -> RotaOverride:
    return RotaOverride(
        start=start,
        end=end,
        person=override.who,
        instead_of=override.instead_of,
        by=override.by or "",
        reason=override.reason,
    )


def _instant(text: str, zone: str) -> datetime:
    return local_instant(datetime.fromisoformat(text), zone)


def _leaves(document: RotaDocument, context: Context) -> Iterator[tuple[str, datetime]]:
    """Who will be gone, and from which instant: the first midnight of their day in their own zone, else the rota's."""
    for id_, person in context.document.people.items():
        if person.until is not None:
            midnight = datetime.combine(person.until, datetime.min.time())
            yield id_, local_instant(midnight, person.zone or document.zone)


def _shown(
    people: Iterable[str], overrides: Iterable[RotaOverride], context: Context
) -> Iterator[tuple[str, RotaPerson]]:
    named = (name for override in overrides for name in (override.instead_of or "", override.by))
    for id_ in dict.fromkeys((*people, *named)):
        document = context.document.people.get(id_)
        if document is not None:
            yield id_, RotaPerson(name=document.name, languages=document.spoken, zone=document.zone)


def _known(person: str, path: Path, context: Context) -> None:
    context.has_entry("people", person, path, "person")
