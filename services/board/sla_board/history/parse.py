"""From the parameters of a request to the filter of the list of incidents, with every error and its place. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from difflib import get_close_matches
from zoneinfo import ZoneInfo

from sla_board.history.filter import GROUPS, MOST_ROWS, ROWS, STATES, IncidentFilter, ListDate
from sla_board.history.period import ContractCalendar, calendar_period
from sla_domain.attainment import PromiseVerdict
from sla_domain.bounds import RANGE, within_reach, writable
from sla_domain.calendar import load_zone
from sla_domain.errors import BadPeriod, UnknownZone
from sla_domain.objective import CountedUnit

NAMES = (
    "contract", "customer", "product", "priority", "state", "verdict", "metric", "counted", "entitlement", "reason",
    "date", "from", "to", "period", "zone", "q", "limit", "cursor",
)  # fmt: skip
"""The parameters of the list of incidents."""
SEVERAL = frozenset({"contract", "customer", "product", "priority", "state", "verdict", "entitlement", "reason"})
"""The parameters that may be given several times. With `counted`, `metric` may be as well."""
_NOT_COUNTED = ("customer", "product", "date", "q")
_MOST = 50
_LONGEST = 300
ZoneOf = Callable[[str], str | None]
"""Returns the time zone of a contract, given its id; None if there is no such contract."""
CalendarOf = Callable[[str], ContractCalendar | None]
"""Returns by which days a contract's periods are counted, given its id; None if there is no such contract."""


@dataclass(frozen=True, slots=True)
class AskedError:
    """An error in one parameter of a request."""

    parameter: str
    """Name of the parameter."""
    detail: str
    """What is wrong, and what to write instead."""


class BadFilter(ValueError):
    """Raised when the parameters of a request are no valid filter. `errors` has each error with its parameter."""

    def __init__(self, errors: Sequence[AskedError]) -> None:
        super().__init__("; ".join(f"{one.parameter}: {one.detail}" for one in errors))
        self.errors = tuple(errors)


@dataclass(frozen=True, slots=True)
class Asked:
    """The parameters of a request for the list of incidents."""

    shown: IncidentFilter
    """The filter."""
    cursor: str
    """Where the page begins. "" for the first page."""


def parse_asked(
    pairs: Sequence[tuple[str, str]],
    only_contract: str | None,
    zone_of: ZoneOf,
    calendar_of: CalendarOf = lambda _: None,
) -> Asked:
    """Parse the parameters of a request into a filter and a cursor.

    Periods, and instants without an offset, are read in the zone of the parameter `zone`. Without `zone` they are read
    in the zone of the chosen contract if exactly one is chosen, else in UTC.

    Args:
        pairs: Names and values of the parameters. Empty values are ignored.
        only_contract: The one contract that the caller's key may see. None for all.
        zone_of: Returns the time zone of a contract.
        calendar_of: Returns the time zones and the first day of a contract, from which its periods follow.

    Raises:
        BadFilter: Parameters are wrong. The error lists all mistakes.
    """
    errors: list[AskedError] = []
    given: dict[str, list[str]] = {}
    for name, value in pairs:
        text = value.strip()
        if name not in NAMES:
            near = get_close_matches(name, NAMES, 1)
            hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(NAMES)}"
            errors.append(AskedError(name[:60], f"no such parameter; {hint}"))
        elif not writable(text) or len(text) > _LONGEST:
            errors.append(AskedError(name, f"a text of at most {_LONGEST} characters without line breaks is expected"))
        elif text:
            given.setdefault(name, []).append(text)
    for name, values in given.items():
        if name not in SEVERAL and len(values) > 1 and not (name == "metric" and "counted" in given):
            errors.append(AskedError(name, "is given more than once"))
        elif len(values) > _MOST:
            errors.append(AskedError(name, f"is given more than {_MOST} times"))
    single = {name: values[0] for name, values in given.items()}
    shown = IncidentFilter(
        contracts=_names(given, "contract"),
        customers=_names(given, "customer"),
        products=_names(given, "product"),
        priorities=_names(given, "priority"),
        states=_states(given.get("state", []), errors),
        verdicts=_verdicts(given.get("verdict", []), errors),
        metric="" if "counted" in given else single.get("metric", ""),
        date=_date(single.get("date", ""), errors),
        counted=_counted(single.get("counted", ""), errors),
        metrics=_names(given, "metric") if "counted" in given else (),
        entitlements=_names(given, "entitlement"),
        reasons=_names(given, "reason"),
        text=single.get("q", ""),
        limit=_limit(single.get("limit", ""), errors),
        only_contract=only_contract,
    )
    shown = _dated(shown, single, zone_of, calendar_of, errors)
    errors += _unfit(shown, given) if not errors else []
    if errors:
        raise BadFilter(errors)
    return Asked(shown, single.get("cursor", ""))


def _names(given: dict[str, list[str]], name: str) -> tuple[str, ...]:
    return tuple(sorted({*given.get(name, [])}))


def _states(written: Sequence[str], errors: list[AskedError]) -> tuple[str, ...]:
    """In the order of `STATES`, whatever the order given; a group stands for its states."""
    chosen = {state for word in written for state in GROUPS.get(word.lower(), (word.lower(),))}
    for word in sorted(chosen - {*STATES}):
        errors.append(AskedError("state", f"{word!r} is no state: {', '.join([*GROUPS, *STATES])}"))
    return tuple(state for state in STATES if state in chosen)


def _verdicts(written: Sequence[str], errors: list[AskedError]) -> tuple[PromiseVerdict, ...]:
    chosen = {word.lower() for word in written}
    for word in sorted(chosen - {*PromiseVerdict}):
        errors.append(AskedError("verdict", f"{word!r} is no verdict: {', '.join(PromiseVerdict)}"))
    return tuple(verdict for verdict in PromiseVerdict if verdict.value in chosen)


def _date(written: str, errors: list[AskedError]) -> ListDate:
    if written and written.lower() not in {*ListDate}:
        errors.append(AskedError("date", f"{written!r} is no date of an incident: {', '.join(ListDate)}"))
        return ListDate.COUNTED
    return ListDate(written.lower() or ListDate.COUNTED)


def _counted(written: str, errors: list[AskedError]) -> CountedUnit | None:
    if written and written.lower() not in {*CountedUnit}:
        errors.append(AskedError("counted", f"{written!r} is not counted: {' or '.join(CountedUnit)}"))
        return None
    return CountedUnit(written.lower()) if written else None


def _unfit(shown: IncidentFilter, given: Mapping[str, Sequence[str]]) -> Iterator[AskedError]:
    """What each by itself can be read, but not together."""
    if shown.counted is not None:
        for name in _NOT_COUNTED:
            if name in given:
                yield AskedError(name, "leave it out: what is counted is chosen by contract, entitlement and priority")
        if shown.reasons and shown.counted is not CountedUnit.CLOCKS:
            yield AskedError("reason", "is that of a clock: write `counted=clocks`")
        if len(shown.of_contracts or ()) != 1:
            yield AskedError("contract", "what is counted belongs to one contract: name it")
        if shown.since is None or shown.until is None:
            yield AskedError("period", "what is counted belongs to a period: name it, or give `from` and `to`")
        return
    for name in ("entitlement", "reason"):
        if name in given:
            yield AskedError(name, "is known of what is counted: add `counted=clocks`, or `counted=requests`")
    if shown.date is not ListDate.COUNTED:
        if shown.since is None and shown.until is None:
            yield AskedError("date", "says by what a period is chosen: add `period`, or `from` and `to`")
        if not shown.of_contracts:
            yield AskedError("date", "of one or more contracts: name them with `contract`")
        if shown.metric and shown.date is not ListDate.DUE:
            yield AskedError("date", "of clocks there is `counted` or `due`: leave out `metric` for incidents")


def _limit(written: str, errors: list[AskedError]) -> int:
    if not written:
        return ROWS
    if not (written.isascii() and written.isdigit() and len(written) <= 4 and 1 <= int(written) <= MOST_ROWS):
        errors.append(AskedError("limit", f"a number from 1 to {MOST_ROWS} is expected"))
        return ROWS
    return int(written)


def _dated(
    shown: IncidentFilter,
    single: dict[str, str],
    zone_of: ZoneOf,
    calendar_of: CalendarOf,
    errors: list[AskedError],
) -> IncidentFilter:
    zone = _zone(shown, single.get("zone", ""), zone_of, errors)
    begin, end, period = (single.get(name, "") for name in ("from", "to", "period"))
    shown = replace(shown, begin=begin, end=end, zone=zone.key, zone_chosen="zone" in single)
    if period and (begin or end):
        errors.append(AskedError("period", "is given beside `from` or `to`: give either"))
        return shown
    if period:
        try:
            contracts = shown.of_contracts
            one = contracts[0] if contracts is not None and len(contracts) == 1 and "zone" not in single else ""
            found = calendar_period(period, zone, calendar_of(one) if one else None)
        except BadPeriod as bad:
            errors.append(AskedError("period", str(bad)))
            return shown
        return replace(shown, period=found.name, since=found.start, until=found.end)
    since, until = _instant("from", begin, zone, errors), _instant("to", end, zone, errors)
    if since is not None and until is not None and since >= until:
        errors.append(AskedError("to", "is not after `from`"))
    return replace(shown, since=since, until=until)


def _zone(shown: IncidentFilter, written: str, zone_of: ZoneOf, errors: list[AskedError]) -> ZoneInfo:
    if written:
        try:
            return load_zone(written)
        except UnknownZone:
            errors.append(AskedError("zone", f"{written!r} is no time zone; write it as Europe/Warsaw"))
            return ZoneInfo("UTC")
    contracts = shown.of_contracts
    known = zone_of(contracts[0]) if contracts is not None and len(contracts) == 1 else None
    return ZoneInfo(known or "UTC")


def _instant(name: str, written: str, zone: ZoneInfo, errors: list[AskedError]) -> datetime | None:
    if not written:
        return None
    try:
        if len(written) == len("2026-11-01"):
            day = date.fromisoformat(written)
            at = datetime(day.year, day.month, day.day, tzinfo=zone)
        else:
            at = datetime.fromisoformat(written)
            at = at if at.tzinfo is not None else at.replace(tzinfo=zone)
        at = at.astimezone(UTC)
    except (ValueError, OverflowError):
        text = f"{written[:40]!r} is no instant: write 2026-11-01, or 2026-11-22T10:00:00+01:00"
        errors.append(AskedError(name, text))
        return None
    if not within_reach(at):
        errors.append(AskedError(name, f"an instant lies {RANGE}"))
    return at
