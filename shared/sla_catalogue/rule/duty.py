"""Promised hours in which nobody of the first escalation level is on duty.

Found by arithmetic of intervals, holidays and changes of the clock included, and said by the week (`rota.unheld`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from sla_catalogue.assembly.contract import BuiltContract
from sla_catalogue.document.escalation import PolicyDocument
from sla_catalogue.rule.escalation import escalations_of
from sla_catalogue.rule.subject import CheckedCatalogue
from sla_catalogue.week import week_words
from sla_domain.calendar import Calendar, local_instant
from sla_domain.calendar.instant import micros
from sla_domain.calendar.intervals import Interval, clip, intersect, merge, subtract
from sla_domain.contract import RoleHolder, Side
from sla_domain.errors import CalendarError
from sla_domain.explain.language import words_for
from sla_domain.plan import Coverage, Unspecified
from sla_domain.rota.expand import held_by_rota
from sla_domain.rota.unheld import WEEK_US, unheld_length, unheld_words

DAYS_WITH_ROTAS = 92  # rotas and their feeds are written some months ahead
DAYS_WITHOUT = 366
_MOST_WORDS = 12


ProvenDuty = dict[tuple[object, ...], tuple[list[str], str, int]]
"""What was computed for contracts alike in hours and holders; it holds as long as the catalogue and the day do."""


def check_duty(subject: CheckedCatalogue, proven: ProvenDuty | None = None) -> None:
    """Add a warning for promised hours (in which targets count time) with nobody of the first escalation level on duty.

    The warnings are added to `subject.findings`. The check covers 366 days from `subject.today`, or 92 days for levels
    with a rota (on-call plan). If `today` is None, the check covers a year in the middle of the compiled years and
    skips levels with a rota. A catalogue rebuilt from its stored text is not checked.

    Args:
        proven: A cache of results for the same catalogue and day, which this call uses and extends.
    """
    if subject.context.stored:
        return
    proof = _Proof(subject, {} if proven is None else proven)
    for built in subject.bought:
        for name in escalations_of(built, subject):
            policy = subject.context.document.escalations.get(name)
            if policy is not None and policy.levels:
                try:
                    proof.look(built, name, policy)
                except CalendarError:
                    continue  # `rule.calendar` reports calendars that cannot answer


@dataclass(frozen=True, slots=True)
class _Held:
    """Somebody of a level, as far as it matters when the hours are held: equal for people in equal hours."""

    hours: Calendar | None
    outside: bool
    rota: str | None
    leaves: datetime | None

    @property
    def key(self) -> tuple[object, ...]:
        return self.hours and self.hours.identity.revision, self.outside, self.rota, self.leaves


@dataclass(frozen=True, slots=True)
class _Promised:
    """A coverage that targets of the contract count in."""

    coverage: Coverage
    calendar: Calendar


@dataclass(slots=True)
class _Proof:
    """The proof for every contract; contracts alike in hours and holders are computed once."""

    subject: CheckedCatalogue
    known: ProvenDuty = field(default_factory=dict)

    def look(self, built: BuiltContract, escalation: str, policy: PolicyDocument) -> None:
        tell = policy.levels[0].tell
        holders = [
            holder
            for holder in built.contract.roles
            if holder.role in tell and (holder.rota or built.contract.people[holder.person].side is Side.SUPPORT)
        ]
        held = [_held(built, holder, self.subject) for holder in holders]
        held += [_Held(None, False, None, _leaves(built, name)) for name in _named(built, tell)]
        window = self._window(built, any(holder.rota for holder in holders))
        if not held or window is None or any(one == _Held(None, False, None, None) for one in held):
            return
        rows = [*built.contract.targets, *built.built.plan.targets]
        counted = {row.coverage for row in rows if not isinstance(row.allowed, Unspecified)}
        coverages = [built.built.plan.coverages[name] for name in sorted(counted & set(built.built.plan.coverages))]
        promised = [_Promised(each, self.subject.calendars.calendar(built.contract, each)) for each in coverages]
        valid = _valid(built)
        key = (window, valid, built.contract.zone, tuple(one.key for one in held),
               tuple((one.coverage.id, one.calendar.identity.revision) for one in promised))  # fmt: skip
        if key not in self.known:
            self.known[key] = self._gaps(held, promised, window, valid, built.contract.zone)
        words, what, minutes = self.known[key]
        if words:
            self._report(built, holders, (escalation, tell), words, what, minutes)

    def _window(self, built: BuiltContract, rotas: bool) -> Interval | None:
        """What is looked at, from the midnight of today in the contract's zone."""
        today, years = self.subject.today, self.subject.calendars.horizon
        if today is None and rotas:
            return None
        first = today if today is not None else date((years.first + years.last) // 2, 1, 1)
        last = first + timedelta(days=DAYS_WITH_ROTAS if rotas else DAYS_WITHOUT)
        low, high = (_midnight(day, built.contract.zone) for day in (first, last))
        end = micros(datetime(years.last + 1, 1, 1, tzinfo=UTC)) - 2 * WEEK_US
        return (low, min(high, end)) if low < min(high, end) else None

    def _gaps(
        self, held: Sequence[_Held], promised: Sequence[_Promised], window: Interval, valid: Interval, zone: str
    ) -> tuple[list[str], str, int]:
        """In words, what promises the hours, and how many minutes they are."""
        low, high = window[0] - WEEK_US, window[1] + WEEK_US
        on_duty = merge(each for one in held for each in self._held(one, low, high))
        missing: list[Interval] = []
        of: list[str] = []
        for one in promised:
            table = one.calendar.table_over(low, high)
            gaps = subtract(clip(clip(table.intervals, low, high), *valid), on_duty)
            if clip(gaps, *window):
                missing += gaps
                of.append(_what(one.coverage))
        found = merge(missing)
        return unheld_words(found, window, zone), " and ".join(of), unheld_length(found, window)

    def _held(self, one: _Held, low: int, high: int) -> list[Interval]:
        found = [(low, high)]
        if one.hours is not None:
            opened = clip(one.hours.table_over(low, high).intervals, low, high)
            found = subtract(found, opened) if one.outside else opened
        if one.rota is not None:
            rota = next((each for name, each in self.subject.rotas.items() if name == one.rota), None)
            found = intersect(found, held_by_rota(rota, low, high)) if rota is not None else []
        return found if one.leaves is None else clip(found, low, micros(one.leaves))

    def _report(
        self, built: BuiltContract, holders: Iterable[RoleHolder], level: tuple[str, Sequence[str]],
        words: list[str], what: str, minutes: int,
    ) -> None:  # fmt: skip
        escalation, tell = level
        rotas = tuple(dict.fromkeys(holder.rota for holder in holders if holder.rota))
        duty = "on call" if rotas else "on duty"
        more = len(words) - _MOST_WORDS
        shown = "; ".join([*words[:_MOST_WORDS], *([f"and {more} more"] if more > 0 else [])])
        days = DAYS_WITH_ROTAS if rotas else DAYS_WITHOUT
        message = (
            f"{built.contract.id} promises {what}; nobody is {duty} {shown} ({_hours(minutes)} in {days} days) "
            f"at level 1 of {escalation}, {', '.join(tell)}"
        )
        if rotas:
            hint = f"whoever is next on call is told then; add people or hours to {', '.join(rotas)}, or an override"
        else:
            holder = "{person: …, coverage: …, outside: true}"
            hint = f"everybody of the level is told then; give {tell[0]} to somebody at these hours too: {holder}"
        self.subject.findings.warning((*built.path, "roles"), "nobody-on-duty", message, hint)


def _held(built: BuiltContract, holder: RoleHolder, subject: CheckedCatalogue) -> _Held:
    own = built.contract.people[holder.person].hours if holder.rota is None else None
    hours = own
    if holder.coverage is not None:
        known = built.coverage(holder.coverage)
        assert known is not None  # a holder with an unknown one is left out
        hours = subject.calendars.calendar(built.contract, known)
    leaves = None if holder.rota is not None else _leaves(built, holder.person)
    return _Held(hours, holder.outside, holder.rota, leaves)


def _named(built: BuiltContract, tell: Iterable[str]) -> list[str]:
    """People whom the level names themselves: no role is called so."""
    held = {holder.role for holder in built.contract.roles}
    people = built.contract.people
    return [name for name in tell if name not in held and name in people and people[name].side is Side.SUPPORT]


def _leaves(built: BuiltContract, person: str) -> datetime | None:
    return built.contract.people[person].leaves(built.contract.zone)


def _valid(built: BuiltContract) -> Interval:
    zone, first, last = built.contract.zone, built.contract.valid_from, built.contract.valid_to
    low = _midnight(first or date(1971, 1, 1), zone)
    high = _midnight(last or date(2099, 12, 31), zone)
    return low, high


def _midnight(day: date, zone: str) -> int:
    return micros(local_instant(datetime.combine(day, time()), zone))


def _what(coverage: Coverage) -> str:
    week = week_words(coverage, words_for("en"))
    return f"{week} ({coverage.id})" if week and week != coverage.id else coverage.id


def _hours(minutes: int) -> str:
    hours, rest = divmod(minutes, 60)
    return " ".join(part for part in (f"{hours} h" if hours else "", f"{rest} min" if rest else "") if part)
