"""A history through one or several plans, in virtual time: nothing is written, nothing is sent.

The incidents are independent of each other, so they are judged in chunks, here or by other processes. Where the log
ends time stops for all: clocks still open then are settled at that instant.
"""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from multiprocessing import get_context
from typing import Any

from sla_catalogue import Catalogue, load_text
from sla_domain.contract import ContractId
from sla_domain.event import IncidentEvent
from sla_domain.explain import known_at
from sla_domain.rulebook import ContractMatch, MatchReason, Rulebook
from sla_standalone.replay.history import History, Reader
from sla_standalone.replay.judge import Outcome, judge
from sla_standalone.replay.life import Life, Reject
from sla_standalone.replay.line import Claimed, LineReader
from sla_standalone.replay.mapping import Mapping
from sla_standalone.replay.table import TableReader

CHUNK = 500
_AHEAD = 4  # chunks in flight per process: enough to keep it busy, few enough to bound memory
Chunk = list[tuple[str, list[Any]]]


@dataclass(frozen=True, slots=True)
class Ruling:
    """Under which catalogue incidents are judged; with a contract, all of them under that one."""

    catalogue: Catalogue
    contract: ContractId | None = None


@dataclass(slots=True)
class Played:
    """`outcomes` holds one list per ruling."""

    outcomes: tuple[list[Outcome], ...]
    claims: dict[str, dict[str, bool]] = field(default_factory=dict)
    rejects: list[Reject] = field(default_factory=list)
    remarks: Counter[str] = field(default_factory=Counter)
    incidents: int = 0
    events: int = 0
    first: datetime | None = None
    until: datetime | None = None

    def add(self, other: Played) -> None:
        for mine, theirs in zip(self.outcomes, other.outcomes, strict=True):
            mine.extend(theirs)
        self.claims.update(other.claims)
        self.rejects += other.rejects
        self.remarks.update(other.remarks)
        self.incidents += other.incidents
        self.events += other.events
        self.first = min(filter(None, (self.first, other.first)), default=None)
        self.until = max(filter(None, (self.until, other.until)), default=None)


def play(
    history: History,
    rulings: Sequence[Ruling],
    *,
    until: datetime | None = None,
    jobs: int = 1,
    advance: Callable[[int], None] = lambda incidents: None,
) -> Played:
    """`until`: what happened later has not happened. Rejects of the file come first, then those of the translation."""
    whole = Played(tuple([] for _ in rulings), rejects=list(history.rejects))
    parts = _alone(history, rulings, until) if jobs <= 1 else _shared(history, rulings, until, jobs)
    with _unswept():
        for part in parts:
            whole.add(part)
            advance(part.incidents)
    end = until or whole.until
    if end is not None:
        for outcomes in whole.outcomes:
            outcomes[:] = [outcome.settled(end) for outcome in outcomes]
    whole.until = end
    whole.rejects.sort(key=lambda reject: reject.line)
    return whole


@contextmanager
def _unswept() -> Iterator[None]:
    """The history is large and holds no garbage: sweeping it again and again would take a third of the time. What a
    chunk leaves behind is swept after each chunk (see `judged`)."""
    enabled = gc.isenabled()
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.unfreeze()
        if enabled:
            gc.enable()


def judged(chunk: Chunk, reader: Reader, courts: Sequence[_Court], until: datetime | None) -> Played:
    """The lives of one chunk under every ruling.

    First all are read, then all are judged: in turn, each would push the other out of the processor's caches.
    """
    part = Played(tuple([] for _ in courts))
    lives = [life for life in (_lived(reader.life(key, lines), until, part) for key, lines in chunk) if life]
    for outcomes, court in zip(part.outcomes, courts, strict=True):
        for events in lives:
            outcomes += court(events)
    del lives
    gc.collect(0)
    return part


def _lived(life: Life, until: datetime | None, part: Played) -> Sequence[IncidentEvent]:
    """The events that are judged; what is known of the life beside them is added to the part."""
    part.rejects += life.rejects
    if life.remarks:
        part.remarks.update(life.remarks)
    events = life.events if until is None else known_at(life.events, until)
    if not events:
        return ()
    part.incidents += 1
    part.events += len(events)
    if life.claims:
        part.claims[life.incident] = dict(life.claims)
    times = [event.occurred_at for event in events]
    first, last = min(times), max(times)
    part.first = first if part.first is None or first < part.first else part.first
    part.until = last if part.until is None or last > part.until else part.until
    return events


class _Court:
    """A ruling ready to judge."""

    def __init__(self, rulebook: Rulebook, contract: ContractId | None) -> None:
        self._rulebook = rulebook
        self._match = None if contract is None else ContractMatch(rulebook.contracts[contract], MatchReason.CUSTOMER)

    def __call__(self, events: Sequence[IncidentEvent]) -> list[Outcome]:
        return judge(events, self._rulebook, self._match)


def _alone(history: History, rulings: Sequence[Ruling], until: datetime | None) -> Iterator[Played]:
    courts = [_Court(ruling.catalogue.rulebook, ruling.contract) for ruling in rulings]
    for chunk in history.chunks(CHUNK):
        yield judged(chunk, history.reader, courts, until)


# -- with other processes: they get texts, and build from them what cannot travel


@dataclass(frozen=True, slots=True)
class _Recipe:
    """What a worker builds its reader and its courts from."""

    catalogues: tuple[str, ...]
    contracts: tuple[ContractId | None, ...]
    mapping: str = ""
    header: tuple[str, ...] = ()
    claimed: Claimed | None = None


def _shared(history: History, rulings: Sequence[Ruling], until: datetime | None, jobs: int) -> Iterator[Played]:
    """Parts in the order of the history, whoever judged them."""
    recipe = _recipe(history.reader, rulings)
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        flying: list[Future[Played]] = []
        for chunk in history.chunks(CHUNK):
            flying.append(pool.submit(_work, recipe, chunk, until))
            if len(flying) >= jobs * _AHEAD:
                yield flying.pop(0).result()
        for future in flying:
            yield future.result()


def _recipe(reader: Reader, rulings: Sequence[Ruling]) -> _Recipe:
    texts = tuple(ruling.catalogue.text for ruling in rulings)
    contracts = tuple(ruling.contract for ruling in rulings)
    if isinstance(reader, TableReader):
        return _Recipe(texts, contracts, mapping=reader.mapping.model_dump_json(), header=reader.header)
    assert isinstance(reader, LineReader)
    return _Recipe(texts, contracts, claimed=reader.claimed)


def _work(recipe: _Recipe, chunk: Chunk, until: datetime | None) -> Played:
    reader, courts = _equipped(recipe)
    gc.disable()  # `judged` sweeps
    return judged(chunk, reader, courts, until)


@lru_cache(maxsize=1)
def _equipped(recipe: _Recipe) -> tuple[Reader, tuple[_Court, ...]]:
    """Once in a worker's life."""
    catalogues = [load_text(text) for text in recipe.catalogues]
    courts = tuple(_Court(one.rulebook, contract) for one, contract in zip(catalogues, recipe.contracts, strict=True))
    if recipe.mapping:
        return TableReader(Mapping.model_validate_json(recipe.mapping), recipe.header), courts
    return LineReader(catalogues[0].sources, recipe.claimed), courts
