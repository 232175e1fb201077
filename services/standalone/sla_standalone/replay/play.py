"""Judging the incidents of a log by one or two plans, in virtual time; nothing is sent to anybody."""

from __future__ import annotations

import gc
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path

from sla_catalogue import Catalogue, load_text
from sla_domain.contract import ContractId
from sla_domain.event import IncidentEvent
from sla_domain.explain import events_known_at
from sla_domain.fold import fold
from sla_domain.rulebook import ContractMatch, MatchReason, Rulebook
from sla_standalone.replay.figures import Figures
from sla_standalone.replay.history import Chunk, Reader, ReplayHistory, in_chunks
from sla_standalone.replay.judge import ClockOutcome, JudgedIncident, judged_of
from sla_standalone.replay.life import IncidentLife, Reject
from sla_standalone.replay.line import LineReader, VerdictAttribute
from sla_standalone.replay.mapping import Mapping as MappingFile
from sla_standalone.replay.record import Record, SettledRecords, StoredRecords, write_records
from sla_standalone.replay.spill import LogBucket
from sla_standalone.replay.table import TableReader

CHUNK = 500
_AHEAD = 4  # chunks in flight per process: enough to keep it busy, few enough to bound memory
KEPT_REJECTS = 1_000  # the first of the log
Piece = Chunk | LogBucket
Noted = tuple[int, str, str]
"""A remark of some kind: line, incident, text."""


@dataclass(frozen=True, slots=True)
class ReplayRules:
    """The rules by which the incidents of a log are judged: a catalogue, and which of its contracts applies."""

    catalogue: Catalogue
    contract: ContractId | None = None
    """The contract of all incidents. None means that each incident is judged under the contract of its customer."""


@dataclass(slots=True)
class Played:
    """The result of judging a log by one plan, or by two plans to compare."""

    figures: Figures = field(default_factory=Figures)
    """Counts of verdicts."""
    records: Iterable[Record] = ()
    """The results of incidents, in the order of the log. Not all of them are there if `play` was called with
    `each=False` for a large log."""
    rejects: list[Reject] = field(default_factory=list)
    """The first 1,000 lines that could not be read."""
    rejected: int = 0
    """The number of all lines that could not be read."""
    remarks: Counter[str] = field(default_factory=Counter)
    """Maps a status that the mapping file does not list to the number of rows."""
    odd: Counter[str] = field(default_factory=Counter)
    """Maps a kind of oddity to the number of incidents."""
    noted: dict[str, Noted] = field(default_factory=dict)
    """Maps a kind of oddity to its first example (line, incident, text)."""
    incidents: int = 0
    """How many incidents were judged."""
    events: int = 0
    """How many events were judged."""
    first: datetime | None = None
    """When the log begins. None if it has no events."""
    until: datetime | None = None
    """When the log ends. None if it has no events."""

    @property
    def outcomes(self) -> tuple[list[ClockOutcome], ...]:
        """Return the outcomes of all clocks in `records`, in one list for each plan.

        The result is a tuple with one list, or with two if two plans were compared. It is () if there are no records.
        """
        each = [record.outcomes for record in self.records]
        return tuple([outcome for outcomes in column for outcome in outcomes] for column in zip(*each, strict=True))


@dataclass(slots=True)
class _PlayedPart:
    """What some incidents came to. Records that are not carried along stand in `file`."""

    figures: Figures = field(default_factory=Figures)
    records: list[Record] = field(default_factory=list)
    file: Path | None = None
    rejects: list[Reject] = field(default_factory=list)
    rejected: int = 0
    remarks: Counter[str] = field(default_factory=Counter)
    odd: Counter[str] = field(default_factory=Counter)
    noted: dict[str, Noted] = field(default_factory=dict)
    lines: int = 0
    incidents: int = 0
    events: int = 0
    first: datetime | None = None
    until: datetime | None = None

    def reject(self, found: Sequence[Reject]) -> None:
        self.rejected += len(found)
        self.rejects += found[: max(KEPT_REJECTS - len(self.rejects), 0)]

    def note(self, record: Record) -> None:
        """Count what is odd about one incident, and keep the first."""
        self.odd.update({kind for kind, _ in record.remarks})
        keep_earliest(self.noted, {kind: (record.line, record.incident, text) for kind, text in record.remarks})


def play(
    history: ReplayHistory,
    rules: Sequence[ReplayRules],
    *,
    until: datetime | None = None,
    jobs: int = 1,
    each: bool = True,
    advance: Callable[[int], None] = lambda lines: None,
) -> Played:
    """Judge the incidents of a log by one plan, or by two plans to compare, and return the figures and results.

    Nothing is sent.

    Args:
        history: The log's lines, grouped by incident.
        rules: The rules to judge by: one item, or two items to compare.
        until: Events after this instant are ignored, and clocks that are open then are judged as of this instant. None
            means the instant of the log's last event.
        jobs: How many processes judge.
        each: Whether to keep the result of every incident. This concerns only a log of more than 32 MiB: if True, the
            results are kept in temporary files; if False, only results of incidents with an open clock are kept.
        advance: Called with the number of lines judged since the last call.
    """
    whole = Played()
    parts = _alone(history, rules, until, each) if jobs <= 1 else _shared(history, rules, until, each, jobs)
    rejects, held, files = list(history.rejects), list[Record](), list[Path]()
    whole.rejected = len(rejects)
    with _unswept():
        for part in parts:
            whole.figures.merge(part.figures)
            held += part.records
            files += [part.file] if part.file is not None else []
            rejects += part.rejects
            whole.rejected += part.rejected
            whole.remarks.update(part.remarks)
            whole.odd.update(part.odd)
            keep_earliest(whole.noted, part.noted)
            whole.incidents += part.incidents
            whole.events += part.events
            whole.first = min(filter(None, (whole.first, part.first)), default=None)
            whole.until = max(filter(None, (whole.until, part.until)), default=None)
            advance(part.lines)
    whole.rejects = sorted(rejects, key=lambda reject: reject.line)[:KEPT_REJECTS]
    whole.until = until or whole.until
    _settle(whole, StoredRecords(files) if files else held)
    return whole


def keep_earliest(known: dict[str, Noted], found: Mapping[str, Noted]) -> None:
    """Merge remarks on odd incidents (such as an unknown customer) into `known`, one remark of each kind.

    Of two remarks of the same kind, the one that is earlier in the log is kept.

    Args:
        known: Maps a kind of remark to (line, incident, text). This function changes the mapping.
        found: The remarks to merge, as a mapping of the same form.
    """
    for kind, noted in found.items():
        known[kind] = min(known.get(kind, noted), noted)


def _settle(whole: Played, records: Iterable[Record]) -> None:
    """Where the log ends time stops for all: clocks that run still are settled there, and then counted."""
    end = whole.until
    if end is None:
        return
    for record in records:
        if record.undecided:
            whole.figures.add(record.settled(end))
    whole.figures.close()
    settled = SettledRecords(records, end)
    whole.records = list(settled) if isinstance(records, list) else settled


@contextmanager
def _unswept() -> Iterator[None]:
    """The history is large and holds no garbage: sweeping it again and again would take a third of the time. What a
    chunk leaves behind is swept after each chunk (see `judge_chunk`)."""
    enabled = gc.isenabled()
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.unfreeze()
        if enabled:
            gc.enable()


def judge_chunk(
    chunk: Chunk, reader: Reader, judges: Sequence[_Judge], until: datetime | None, part: _PlayedPart
) -> list[Record]:
    """Judge each incident of a chunk under each plan; return a record of each incident that has events.

    What is counted on the way, such as lines, events and verdicts, is added to `part`. The verdicts of an incident with
    an open clock are not counted yet: they depend on the end of the whole log, which only `play` knows.

    Args:
        chunk: Some incidents of the log, as pairs of the incident's id and its lines.
        reader: Translates the lines to events.
        judges: For each plan, a function that judges one incident.
        until: Events after this instant are ignored. None means no limit.
        part: The sums, which this function changes.
    """
    lives = []
    for key, lines in chunk:
        part.lines += len(lines)
        life = reader.life(key, lines)
        if events := _lived(life, until, part):
            lives.append((lines[0][0], life, events))
    judgements = [[one(events) for _, _, events in lives] for one in judges]
    records = [
        Record(line, life.incident, tuple(tuple(each.outcomes) for each in judged), life.claims, judged[0].remarks)
        for (line, life, _), judged in zip(lives, zip(*judgements, strict=True), strict=True)
    ]
    del lives
    gc.collect(0)
    for record in records:
        if record.remarks:
            part.note(record)
        if not record.undecided:
            part.figures.add(record)
    return records


def _lived(life: IncidentLife, until: datetime | None, part: _PlayedPart) -> Sequence[IncidentEvent]:
    """The events that are judged; what is known of the life beside them is added to the part."""
    part.reject(life.rejects)
    if life.remarks:
        part.remarks.update(life.remarks)
    events = life.events if until is None else events_known_at(life.events, until)
    if not events:
        return ()
    part.incidents += 1
    part.events += len(events)
    times = [event.occurred_at for event in events]
    first, last = min(times), max(times)
    part.first = first if part.first is None or first < part.first else part.first
    part.until = last if part.until is None or last > part.until else part.until
    return events


def _judged_piece(
    piece: Piece, reader: Reader, judges: Sequence[_Judge], until: datetime | None, each: bool
) -> _PlayedPart:
    """One chunk that was held in memory, or all incidents of one bucket."""
    part = _PlayedPart()
    if isinstance(piece, list):
        part.records = judge_chunk(piece, reader, judges, until, part)
        return part
    records = []
    for chunk in in_chunks(piece.lives(), CHUNK):
        found = judge_chunk(chunk, reader, judges, until, part)
        records += found if each else [record for record in found if record.undecided]
    part.file = piece.pieces[0].with_suffix(".records")
    write_records(records, part.file)
    return part


class _Judge:
    """A one ready to judge."""

    def __init__(self, rulebook: Rulebook, contract: ContractId | None) -> None:
        self._rulebook = rulebook
        self._match = None if contract is None else ContractMatch(rulebook.contracts[contract], MatchReason.CUSTOMER)

    def __call__(self, events: Sequence[IncidentEvent]) -> JudgedIncident:
        return judged_of(fold(events, self._rulebook, self._match))


def _pieces(history: ReplayHistory) -> Iterator[Piece]:
    yield from history.chunks(CHUNK)
    yield from history.buckets


def _alone(
    history: ReplayHistory, rules: Sequence[ReplayRules], until: datetime | None, each: bool
) -> Iterator[_PlayedPart]:
    judges = [_Judge(one.catalogue.rulebook, one.contract) for one in rules]
    for piece in _pieces(history):
        yield _judged_piece(piece, history.reader, judges, until, each)


# -- with other processes: they get texts, and build from them what cannot travel


@dataclass(frozen=True, slots=True)
class _Recipe:
    """What a worker builds its reader and its judges from."""

    catalogues: tuple[str, ...]
    contracts: tuple[ContractId | None, ...]
    mapping: str = ""
    header: tuple[str, ...] = ()
    claimed: VerdictAttribute | None = None


def _shared(
    history: ReplayHistory, rules: Sequence[ReplayRules], until: datetime | None, each: bool, jobs: int
) -> Iterator[_PlayedPart]:
    """Yield parts in the order of the history, whichever process judged them."""
    recipe = _recipe(history.reader, rules)
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        flying: deque[Future[_PlayedPart]] = deque()
        for piece in _pieces(history):
            flying.append(pool.submit(_work, recipe, piece, until, each))
            if len(flying) >= jobs * _AHEAD:
                yield flying.popleft().result()
        while flying:
            yield flying.popleft().result()


def _recipe(reader: Reader, rules: Sequence[ReplayRules]) -> _Recipe:
    texts = tuple(one.catalogue.text for one in rules)
    contracts = tuple(one.contract for one in rules)
    if isinstance(reader, TableReader):
        return _Recipe(texts, contracts, mapping=reader.mapping.model_dump_json(), header=reader.header)
    assert isinstance(reader, LineReader)
    return _Recipe(texts, contracts, claimed=reader.claimed)


def _work(recipe: _Recipe, piece: Piece, until: datetime | None, each: bool) -> _PlayedPart:
    reader, judges = _equipped(recipe)
    gc.disable()  # `judge_chunk` sweeps
    return _judged_piece(piece, reader, judges, until, each)


@lru_cache(maxsize=1)
def _equipped(recipe: _Recipe) -> tuple[Reader, tuple[_Judge, ...]]:
    """Once in a worker's life."""
    catalogues = [load_text(text) for text in recipe.catalogues]
    judges = tuple(_Judge(one.rulebook, contract) for one, contract in zip(catalogues, recipe.contracts, strict=True))
    if recipe.mapping:
        return TableReader(MappingFile.model_validate_json(recipe.mapping), recipe.header), judges
    return LineReader(catalogues[0].sources, recipe.claimed), judges
