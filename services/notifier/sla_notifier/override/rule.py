"""When an override is refused, and which remarks an accepted one gets. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sla_catalogue.problem import did_you_mean
from sla_domain.calendar import load_zone
from sla_domain.rota import Rota, RotaOverride
from sla_notifier.override.recorded import RecordedOverride

LONGEST = timedelta(days=366)
MOST_OPEN = 1_000  # of one rota


@dataclass(frozen=True, slots=True)
class WantedOverride:
    """A requested override of a rota: `person` is to be on call in the span `[start, end)`."""

    start: datetime
    end: datetime
    person: str
    instead_of: str | None = None
    """The override applies only where this person would be on call. If None, it applies in the whole span."""
    reason: str = ""

    def same_as(self, other: RecordedOverride) -> bool:
        """Return whether a recorded override has the same span, `person` and `instead_of` as this one.

        Both must be of the same rota. The reason is not compared.
        """
        mine = (self.start, self.end, self.person, self.instead_of)
        return mine == (other.start, other.end, other.person, other.instead_of)


@dataclass(frozen=True, slots=True)
class OverrideFault:
    """A reason why a requested override of a rota is refused."""

    place: str
    """The key of the input at fault."""
    detail: str


def faults(wanted: WantedOverride, rota: Rota, people: Collection[str], now: datetime) -> tuple[OverrideFault, ...]:
    """Return all reasons to refuse a requested override of a rota; empty if the override can be accepted.

    Args:
        people: The ids of all people of the catalogue.
    """
    return (*_of_people(wanted, people), *_of_span(wanted, now), *_of_leaving(wanted, rota))


def _of_people(wanted: WantedOverride, people: Collection[str]) -> Iterator[OverrideFault]:
    for place, id_ in (("person", wanted.person), ("instead_of", wanted.instead_of)):
        if id_ is not None and id_ not in people:
            hint = did_you_mean(id_, people)
            said = f"no person of the catalogue's files is called {id_!r}"
            yield OverrideFault(place, f"{said} ({hint})" if hint else said)


def _of_span(wanted: WantedOverride, now: datetime) -> Iterator[OverrideFault]:
    if wanted.end <= wanted.start:
        yield OverrideFault("until", "the override ends before it begins")
    elif wanted.end <= now:
        yield OverrideFault("until", "the override lies wholly in the past, and what was stays as it was")
    elif wanted.end - wanted.start > LONGEST:
        yield OverrideFault("until", f"an override lasts {LONGEST.days} days at most")


def _of_leaving(wanted: WantedOverride, rota: Rota) -> Iterator[OverrideFault]:
    leaves = rota.leaves.get(wanted.person)
    if leaves is not None and leaves < wanted.end:
        day = leaves.astimezone(load_zone(rota.zone))
        left = leaves <= wanted.start
        said = f"{wanted.person} is there until {day:%Y-%m-%d}, and on call no longer from then on"
        yield OverrideFault("person" if left else "until", said)


def replacement_remarks(
    wanted: WantedOverride, of_files: Iterable[RotaOverride], made: Iterable[RecordedOverride]
) -> Iterator[str]:
    """Yield a remark on each earlier override of the rota that the requested one replaces where both overlap.

    Args:
        of_files: The overrides of the rota in files.
        made: The overrides made over the API that are in force or still to come.
    """
    others = [("an override of the files", each) for each in of_files]
    others += [(f"the override {each.id}", each.counted) for each in made if each.counted is not None]
    for which, other in others:
        alike = wanted.instead_of is None or wanted.instead_of == other.instead_of
        if alike and other.start < wanted.end and wanted.start < other.end:
            yield f"it meets {which} with {other.person}: {wanted.person} counts where they meet"
