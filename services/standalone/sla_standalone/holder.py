"""The catalogue in force: read at start, and again when its files change; a faulty edit changes nothing."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time
from pathlib import Path

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge

from sla_catalogue import Catalogue, FileProblem, FindingLevel, horizon_ends, load_catalogue, reload_catalogue
from sla_domain.calendar.zone import keep_zone
from sla_platform.errors import BadSettings
from sla_platform.timesource import SystemTime

_log = structlog.get_logger(__name__)


def _today() -> date:
    return SystemTime().now().date()


class CatalogueHolder:
    """The catalogue in force in this process. Read it by `current`, or by calling the object.

    The files at `path` are read when the object is created. `refresh` reads them again if they have changed. If the
    changed files have errors, the old catalogue stays in force.

    Args:
        path: The catalogue's file or folder.
        registry: Where the metrics are registered.
        today: Returns the present date. A warning is logged if the known holidays end soon after it.
        against: Called with a catalogue that has no errors. Returns the reasons why it may not be in force in this
            process; empty if it may.

    Raises:
        CatalogueInvalid: The catalogue has errors at the start.
        BadSettings: `against` returns a reason at the start.
    """

    def __init__(
        self,
        path: Path,
        registry: CollectorRegistry,
        today: Callable[[], date] = _today,
        against: Callable[[Catalogue], Sequence[str]] = lambda _: (),
    ) -> None:
        self._path = path
        self._against = against
        self._current = load_catalogue(path)
        if reasons := against(self._current):
            raise BadSettings("\n".join(reasons))
        self._seen = _stamp(path)
        self._reloads = Counter(
            "slad_catalogue_reloads_total", "Attempts to read changed files.", ["outcome"], registry=registry
        )
        self._good = Gauge("slad_catalogue_good", "1 while the files on disk are the catalogue.", registry=registry)
        self._good.set(1)
        self._horizon = Gauge(
            "slad_calendar_horizon_timestamp_seconds",
            "The end of the last holiday known for a code, and (code years) of the last day that is compiled.",
            ["code"],
            registry=registry,
        )
        self._feeds = Gauge(
            "slad_rota_feed_end_timestamp_seconds",
            "The end of the last shift that the feed of a rota lists; 0 if it lists none.",
            ["rota"],
            registry=registry,
        )
        self._today = today
        self._looked: tuple[str, date] | None = None
        keep_zones(self._current)
        _report(self._current.warnings)
        self._look_ahead()

    @property
    def current(self) -> Catalogue:
        """Return the catalogue in force."""
        return self._current

    def __call__(self) -> Catalogue:
        return self._current

    def refresh(self) -> tuple[FileProblem, ...]:
        """Read the catalogue's files again if any has changed; put the new catalogue in force if it is valid.

        If the files have errors, the old catalogue stays in force, and the problems are returned. In all other cases ()
        is returned. The function `against`, given to the constructor, may name reasons against a valid catalogue. Then
        the reasons are logged, and the old catalogue stays in force.
        """
        problems = self._read_again()
        self._look_ahead()
        return problems

    def _read_again(self) -> tuple[FileProblem, ...]:
        stamp = _stamp(self._path)
        if stamp == self._seen:
            return ()
        self._seen = stamp
        self._good.set(0)  # until the files have been read and are good, whatever happens meanwhile
        outcome = reload_catalogue(self._current, self._path)
        if outcome.replaced and (reasons := self._against(outcome.catalogue)):
            self._reloads.labels("refused").inc()
            self._good.set(0)
            for reason in reasons:
                _log.error("catalogue.refused", reason=reason)
            return ()
        self._reloads.labels("replaced" if outcome.replaced else "refused").inc()
        self._good.set(1 if outcome.replaced else 0)
        if outcome.replaced and outcome.catalogue.version != self._current.version:
            _log.info("catalogue.replaced", old=self._current.version, new=outcome.catalogue.version)
        self._current = outcome.catalogue
        keep_zones(self._current)
        _report(outcome.problems)
        return () if outcome.replaced else outcome.problems

    def _look_ahead(self) -> None:
        """Once a day, and for each new version: how far the calendars see."""
        book, today = self._current, self._today()
        if self._looked == (book.version, today):
            return
        self._looked = (book.version, today)
        self._horizon.clear()
        for ending in horizon_ends(book.rulebook, book.holidays, book.horizon):
            self._horizon.labels(ending.code).set(ending.at.timestamp())
            if ending.ends_soon(today):
                _log.warning("catalogue.horizon_ends_soon", code=ending.code, until=str(ending.until),
                             what=ending.describe(today), hint=ending.hint)  # fmt: skip
        self._look_at_feeds(today)

    def _look_at_feeds(self, today: date) -> None:
        self._feeds.clear()
        now = datetime.combine(today, time(), UTC)
        for rota in self._current.rulebook.rotas.values():
            if (end := rota.feeds_end) is not None:
                self._feeds.labels(rota.id).set(end.timestamp())
                if rota.feed_ends_soon(now):
                    _log.warning("catalogue.rota_feed_ends_soon", rota=rota.id, until=end.isoformat())


def keep_zones(catalogue: Catalogue) -> None:
    """Load the data of all time zones that contracts, rotas and coverages (service hours) use, and keep it in memory.

    Loading the data later could fail if the process had no file descriptor left.
    """
    rulebook = catalogue.rulebook
    of_coverages = {coverage.zone for plan in rulebook.plans.values() for coverage in plan.coverages.values()}
    rotas = rulebook.rotas.values()
    of_rotas = {zone for rota in rotas for zone in (rota.zone, *(each.zone for each in rota.shown.values()))}
    for name in {"UTC", *(contract.zone for contract in rulebook.contracts.values()), *of_coverages, *of_rotas}:
        if name is not None:
            keep_zone(name)


def _stamp(path: Path) -> tuple[tuple[str, int, int], ...]:
    """Names, times and sizes of the catalogue's files and of its feeds: cheap to compare every few seconds."""
    files = (
        sorted((*path.rglob("*.y*ml"), *path.rglob("*.ics"))) if path.is_dir() else [path, *path.parent.glob("*.ics")]
    )
    found = []
    for file in files:
        with contextlib.suppress(FileNotFoundError):  # gone since it was listed: the next look misses it in the list
            stat = file.stat()
            found.append((str(file), stat.st_mtime_ns, stat.st_size))
    return tuple(found)


def _report(problems: tuple[FileProblem, ...]) -> None:
    for problem in problems:
        level = _log.error if problem.severity is FindingLevel.ERROR else _log.warning
        level("catalogue.problem", problem=str(problem))
