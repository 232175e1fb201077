"""Events of one incident from the rows of a table, as the mapping file states. Pure: equal rows give equal events."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from operator import itemgetter

from sla_catalogue.source import TicketPhase
from sla_domain.event import NOTHING, Actor, EventId, EventKind, IncidentEvent, IncidentId, WaitingOn
from sla_standalone.replay.doubt import rows_in_order, settle_instants
from sla_standalone.replay.instant import BadTableInstant, DoubtfulInstant, instant_parser, second_of
from sla_standalone.replay.life import IncidentLife, Reject
from sla_standalone.replay.mapping import BadMapping, Cell, Conditions, EventRule, VerdictColumn
from sla_standalone.replay.mapping import Mapping as MappingFile

Row = tuple[str, ...]
Numbered = tuple[int, Row]  # the line of the file, for corrections

_ENDED = frozenset({TicketPhase.RESOLVED, TicketPhase.CLOSED, TicketPhase.CANCELLED})
_BEGINS = {
    TicketPhase.WORKAROUND: EventKind.WORKAROUND_PROVIDED,
    TicketPhase.RESOLVED: EventKind.RESOLVED,
    TicketPhase.CLOSED: EventKind.CLOSED,
    TicketPhase.CANCELLED: EventKind.CANCELLED,
}
_HOLDERS = frozenset({"assignee", "group", "line"})


class TableReader:
    """Translates rows of a table (CSV) to events, by a mapping file and the table's `header` (column names).

    First call `take` with each row of the file: it returns only the cells that the mapping file uses. Pass this result
    to the other methods, not the row itself.

    Raises:
        BadMapping: The header lacks a column of the mapping.
    """

    def __init__(self, mapping: MappingFile, header: Sequence[str]) -> None:
        names = [name.strip() for name in header]
        missing = [name for name in mapping.columns if name not in names]
        if missing:
            raise BadMapping(f"the file has no column {', '.join(map(repr, missing))}; it has {', '.join(names[:60])}")
        self.mapping = mapping
        self.header = tuple(names)
        self.width = len(names)
        columns = mapping.columns
        self.take: Callable[[Sequence[str]], Row] = _cutter([names.index(name) for name in columns])
        self._at = {name: place for place, name in enumerate(columns)}
        self._unknown = frozenset(mapping.unknown) | {""}
        self._parse = instant_parser(mapping.times.format, mapping.times.zone)
        self._row_at = self._places(mapping.at)
        self._version = self._at.get(mapping.version, -1)
        self._attributes = [(name, *self._cell(cell)) for name, cell in mapping.attributes.items()]
        self._stating = _cutter([place for _, place, _, _ in self._attributes if place >= 0])
        self._rules = [_Rule(rule, self._places, self._match, self._cell) for rule in mapping.events]
        states = mapping.states
        self._state = -1 if states is None else self._at[states.column]
        self._states = (
            {}
            if states is None
            else {
                word: _State.of(phase, self._places(states.instants.get(phase, ())))
                for word, phase in states.values.items()
            }
        )
        self._state_at = () if states is None else self._places(states.at)
        self._verdict = None if mapping.verdict is None else _Verdict(mapping.verdict, self._places, self._match)

    def incident_of(self, row: Row) -> str:
        """Return the incident's id in the table, such as `OPS-7`; "" when the row has none."""
        own = row[0].strip()
        return "" if own in self._unknown else own

    def life(self, own: str, rows: Sequence[Numbered]) -> IncidentLife:
        """Return the events of one incident, given its rows of the table.

        A row without an instant, or with a time that cannot be read, is put into `rejects` of the result.

        Args:
            own: The incident's id in the table, such as `OPS-7`.
            rows: Pairs of a line number in the file and the row there, in any order.
        """
        told = _EventBuilder(IncidentId(f"{self.mapping.source}:{own}"), own, self.mapping.source)
        dated = self._in_order(list(self._dated(rows, told)))
        before: Row | None = None
        stated: dict[str, str] = {}
        state: _State | None = None
        once: set[int] = set()
        for number, (at, version, line, row) in enumerate(dated, start=1):
            told.row = number if self._version < 0 and self._row_at else version
            try:
                self._rules_of(row, before, at, version, told, once)
                state = self._state_of(row, state, at, version, told)
                self._restate(row, stated, at, version, told)
            except BadTableInstant as error:
                told.rejects.append(self._reject(line, str(error), row))
            before = row
        claims = {} if self._verdict is None or before is None else self._verdict.claim(dated[-1][3], self.known)
        return told.life(claims)

    def known(self, value: str) -> bool:
        """Return whether the text of a cell counts as a value.

        The result is False for an empty text, and for the texts in `unknown` of the mapping file.
        """
        return value not in self._unknown

    # -- the parts of a row

    def _dated(self, rows: Sequence[Numbered], told: _EventBuilder) -> Iterator[_Dated]:
        """Rows with their instant; a row whose own instant cannot be read is left out and reported."""
        for line, row in rows:
            try:
                at = self._instant(row, self._row_at) if self._row_at else _NO_INSTANT
            except BadTableInstant as error:
                told.rejects.append(self._reject(line, str(error), row))
                continue
            if at is None:
                reason = f"the row has no instant in {' or '.join(self.mapping.at)}"
                told.rejects.append(self._reject(line, reason, row))
                continue
            written = row[self._version].strip() if self._version >= 0 else ""
            yield at, int(written) if written.isdigit() else 0, line, row

    def _in_order(self, dated: list[_Dated]) -> list[_Dated]:
        """By instant, then by version; else as the file has the rows, which may run backwards."""
        if len(dated) > 1 and dated[0][0] > dated[-1][0]:
            dated.reverse()
        if any(isinstance(one[0], DoubtfulInstant) for one in dated):
            meant = rows_in_order([one[0] for one in dated], [one[1] for one in dated])
            dated = [(at, version, line, row) for at, (_, version, line, row) in zip(meant, dated, strict=True)]
        return sorted(dated, key=itemgetter(0, 1))

    def _rules_of(
        self, row: Row, before: Row | None, at: datetime, version: int, told: _EventBuilder, once: set[int]
    ) -> None:
        for number, rule in enumerate(self._rules):
            if number in once or not rule.picks(row, before):
                continue
            own = self._instant(row, rule.at) if rule.at else at
            if own is None:
                continue
            if not rule.conditional:
                once.add(number)
            told.say(
                rule.kind, own, version if rule.conditional else 0, row=rule.conditional, actor=rule.actor,
                waiting_on=rule.waiting_on,
                reason=self._value(row, *rule.reason) if rule.reason is not None else "",
            )  # fmt: skip

    def _state_of(
        self, row: Row, before: _State | None, at: datetime, version: int, told: _EventBuilder
    ) -> _State | None:
        if self._state < 0 or (written := row[self._state]) in self._unknown:
            return before
        word = written.strip()
        now = self._states.get(word)
        if now is None:
            told.remarks.append(f"status {word!r}")
            return before
        if before is not None and now.phase is before.phase:
            return before
        own = self._instant(row, now.at) if now.at else None
        rows = own is None
        if own is not None:
            version = 0  # the column is about the incident, not about this row
        else:
            own = self._instant(row, self._state_at) or at
        if before is not None and before.ended and not now.ended:
            told.say(EventKind.REOPENED, own, version, row=rows)
        if now.waiting_on is not None:
            told.say(EventKind.WAITING, own, version, row=rows, waiting_on=now.waiting_on, reason=word)
        elif now.begins is not None:
            told.say(now.begins, own, version, row=rows)
        elif before is not None and before.waiting_on is not None:
            told.say(EventKind.RESUMED, own, version, row=rows)
        return now

    def _restate(self, row: Row, stated: dict[str, str], at: datetime, version: int, told: _EventBuilder) -> None:
        """State what differs from the rows before; the opening carries what the first row states."""
        cells = self._stating(row)
        if cells == told.cells:
            return
        told.cells = cells
        changed = {}
        for name, place, words, constant in self._attributes:
            value = self._value(row, place, words, constant)
            taken = not value and name in stated and place >= 0 and words.get(row[place].strip()) == ""
            if (value or taken) and stated.get(name) != value:
                stated[name] = changed[name] = value
        if not changed:
            return
        if told.first is None:
            told.first = changed
        else:
            told.say(_kind_of_change(changed), at, version, row=True, attributes=changed)

    def _reject(self, line: int, reason: str, row: Row) -> Reject:
        return Reject(line, reason, self.mapping.delimiter.join(row)[:500])

    # -- cells

    def _value(self, row: Row, place: int, words: Mapping[str, str], constant: str) -> str:
        value = row[place].strip() if place >= 0 else ""
        if value in self._unknown:
            return constant
        return words.get(value, value) if words else value

    def _instant(self, row: Row, places: Sequence[int]) -> datetime | None:
        """The first column that is known. Raises BadInstant."""
        for place in places:
            if (text := row[place]) not in self._unknown:
                return self._parse(text)
        return None

    def _places(self, names: Sequence[str]) -> tuple[int, ...]:
        return tuple(self._at[name] for name in names)

    def _cell(self, cell: Cell) -> tuple[int, Mapping[str, str], str]:
        return self._at[cell.column] if cell.column else -1, cell.values, cell.constant

    def _match(self, conditions: Conditions) -> tuple[tuple[int, frozenset[str]], ...]:
        return tuple((self._at[name], frozenset(values)) for name, values in conditions.items())


_NO_INSTANT = datetime.fromtimestamp(0, UTC)  # a table without row instants: rows stay as they stand
_Dated = tuple[datetime, int, int, Row]  # instant, version, line
_Cell = tuple[int, Mapping[str, str], str]
_Matches = tuple[tuple[int, frozenset[str]], ...]


@dataclass(frozen=True, slots=True)
class _State:
    """What a word of the status column means."""

    phase: TicketPhase
    waiting_on: WaitingOn | None
    begins: EventKind | None
    ended: bool
    at: tuple[int, ...]  # columns that know when the phase began better than the row does

    @classmethod
    def of(cls, phase: TicketPhase, at: tuple[int, ...]) -> _State:
        return cls(phase, phase.waiting_on, _BEGINS.get(phase), phase in _ENDED, at)


class _Rule:
    """An event rule with places instead of names."""

    def __init__(
        self,
        rule: EventRule,
        places: Callable[[Sequence[str]], tuple[int, ...]],
        match: Callable[[Conditions], _Matches],
        cell: Callable[[Cell], _Cell],
    ) -> None:
        self.kind, self.actor, self.waiting_on = rule.event, rule.actor, rule.waiting_on
        self.at, self.conditional = places(rule.at), rule.conditional
        self.reason = None if rule.reason is None else cell(rule.reason)
        self._where, self._becomes, self._leaves = match(rule.where), match(rule.becomes), match(rule.leaves)
        self._changes, self._rises = places(rule.changes), places(rule.rises)

    def picks(self, row: Row, before: Row | None) -> bool:
        if self._where and not _holds(self._where, row):
            return False
        if not self.conditional:
            return True
        if self._becomes and _holds(self._becomes, row) and (before is None or not _holds(self._becomes, before)):
            return True
        if before is None:
            return False
        if self._leaves and _holds(self._leaves, before) and not _holds(self._leaves, row):
            return True
        return any(row[place] != before[place] for place in self._changes) or any(
            _number(row[place]) > _number(before[place]) for place in self._rises
        )


class _Verdict:
    """The outside verdict of an incident's last row."""

    def __init__(
        self,
        column: VerdictColumn,
        places: Callable[[Sequence[str]], tuple[int, ...]],
        match: Callable[[Conditions], _Matches],
    ) -> None:
        self._metric = column.metric
        self._place = places([column.column])[0]
        self._known = places(column.known)
        self._where = match(column.where)
        self._met = frozenset(word.casefold() for word in column.met)
        self._missed = frozenset(word.casefold() for word in column.missed)

    def claim(self, last: Row, known: Callable[[str], bool]) -> dict[str, bool]:
        if not _holds(self._where, last) or not all(known(last[place]) for place in self._known):
            return {}
        word = last[self._place].strip().casefold()
        return {self._metric: word in self._met} if word in self._met or word in self._missed else {}


@dataclass(slots=True)
class _EventBuilder:
    """The events of one incident while its rows are read."""

    incident: IncidentId
    own: str
    source: str
    first: dict[str, str] | None = None  # what the first row states: it belongs to the opening
    cells: Row | None = None  # of the attributes, as the last row has them
    row: int = 0  # the version of the row being read, else its place among the incident's rows
    events: dict[str, IncidentEvent] = field(default_factory=dict)
    rejects: list[Reject] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def say(
        self,
        kind: EventKind,
        at: datetime,
        version: int = 0,
        *,
        row: bool = False,
        actor: Actor = Actor.UNKNOWN,
        waiting_on: WaitingOn | None = None,
        attributes: Mapping[str, str] = NOTHING,
        reason: str = "",
    ) -> None:
        """The id follows from the content, so that the same row read again is the same event.

        `row`: the row says it, and not a column that speaks of the incident: then the row's place orders it.
        """
        place = version or (self.row if row else 0)
        first = id_ = f"{self.own}/{kind}/{second_of(at)}/{version}"
        while (same := self.events.get(id_)) is not None:
            if same.attributes == attributes and (same.version == place or not (same.version and place)):
                return
            id_ = f"{first}~{len(self.events)}"  # two changes that the table does not separate by time or version
        self.events[id_] = IncidentEvent(
            id=EventId(id_),
            incident=self.incident,
            kind=kind,
            occurred_at=at,
            received_at=at,
            source=self.source,
            version=place,
            actor=actor,
            attributes=attributes,
            waiting_on=waiting_on,
            reason=reason,
        )

    def life(self, claims: Mapping[str, bool]) -> IncidentLife:
        events = settle_instants(list(self.events.values()))
        if self.first:
            opening = next((n for n, event in enumerate(events) if event.kind is EventKind.OPENED), 0)
            if events:
                events[opening] = _stating(events[opening], self.first)
        return IncidentLife(
            incident=self.incident, events=tuple(events), claims=claims, rejects=tuple(self.rejects),
            remarks=tuple(self.remarks),
        )  # fmt: skip


def _stating(event: IncidentEvent, attributes: Mapping[str, str]) -> IncidentEvent:
    return replace(event, attributes={**attributes, **event.attributes})


def _kind_of_change(changed: Mapping[str, str]) -> EventKind:
    if "priority" in changed:
        return EventKind.PRIORITY_CHANGED
    return EventKind.ASSIGNED if not _HOLDERS.isdisjoint(changed) else EventKind.RECLASSIFIED


def _holds(conditions: _Matches, row: Row) -> bool:
    for place, values in conditions:
        word = row[place].strip()
        if word not in values:
            return False
    return True


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def _cutter(places: list[int]) -> Callable[[Sequence[str]], Row]:
    if not places:
        return lambda cells: ()
    if len(places) == 1:
        (only,) = places
        return lambda cells: (cells[only],)
    return itemgetter(*places)
