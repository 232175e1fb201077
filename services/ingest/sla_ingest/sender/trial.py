"""Trying a draft of a source on parked deliveries: the result of each, before and after."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

from sla_catalogue import Catalogue, Dialect, Source
from sla_catalogue.draft import draft_of, load_draft
from sla_catalogue.source import SourceId
from sla_ingest.dialect import Accepted, Ignored, Outcome, Parked, Refused
from sla_ingest.dialect.mapped_trial import MapTrial, try_map
from sla_ingest.intake import Intake, no_such_source
from sla_ingest.parked import ParkedDeliveries, ParkedDelivery
from sla_platform.turn import LoopYielder

MOST_TRIED = 200
"""Parked deliveries on which a draft is tried, the newest first."""
MOST_BYTES = 8 * 1024 * 1024
"""Bytes of their bodies together."""
MOST_SHOWN = 40
"""Of these, how many are shown with what came and what each expression found."""
LONGEST_SHOWN = 20_000
"""Characters of a body, and of a value, that are shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TriedDelivery:
    """A parked delivery (not understood so far), translated with two settings of its source.

    The two are the settings in force and the changed settings, the draft.
    """

    parked: ParkedDelivery
    before: Outcome
    """The outcome under the source in force."""
    after: Outcome
    """The outcome under the draft. Without a draft it is the same as `before`."""
    trials: tuple[MapTrial, ...]
    """What each expression of the draft's map finds. Empty without a map, and for deliveries whose body is not shown.
    """

    @property
    def changed(self) -> bool:
        """Return whether the draft (changed settings of a source) gives another outcome than the settings in force."""
        return self.before != self.after


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceTrial:
    """The result of trying a draft (changed settings) of a source on its parked, not understood deliveries."""

    tried: tuple[TriedDelivery, ...]
    """The deliveries, the newest first."""
    waiting: int
    """How many parked and refused deliveries the source has. Not all are tried if there are very many."""
    turns: Counter[tuple[str, str]]
    """(outcome under the source in force, outcome under the draft) -> number of deliveries."""


class SourceTrials:
    """Tries drafts (changed settings) of sources on the parked deliveries of these sources. Nothing is stored.

    Args:
        catalogue: Returns the catalogue in force.
        parked: The deliveries that were not understood.
        intake: Translates the deliveries.
    """

    def __init__(self, catalogue: Callable[[], Catalogue], parked: ParkedDeliveries, intake: Intake) -> None:
        self._catalogue = catalogue
        self._parked = parked
        self._intake = intake

    def draft(self, source: str) -> str:
        """Return the keys of a source of the catalogue in force as YAML, without `authentication`.

        Raises:
            Problem: HTTP error 404 if the catalogue has no such source.
        """
        self._known(source)
        return draft_of(self._catalogue().text, source)

    def dialect(self, source: str) -> str:
        """Return the name of the dialect (form of payloads) of a source of the catalogue in force, such as `github`.

        Raises:
            Problem: HTTP error 404 if the catalogue has no such source.
        """
        return self._known(source).dialect.value

    async def tried(self, source: str, draft: str | None) -> SourceTrial:
        """Translate the parked deliveries of a source by the source in force and by a draft; return the outcomes.

        Args:
            source: The source's id.
            draft: The draft: the source's keys as YAML. None means that only the source in force is tried.

        Raises:
            Problem: HTTP error 404 if the catalogue has no such source.
            CatalogueInvalid: There are errors in the draft.
            StoreBusy: The database fails.
        """
        known = self._known(source)
        # The proof of the sender is taken from the present source: a draft has none.
        new = known if draft is None else replace(load_draft(source, draft), authentication=known.authentication)
        kept, waiting = await self._parked.of_source(source, MOST_TRIED, MOST_BYTES)
        found: list[TriedDelivery] = []
        turn = LoopYielder()
        for number, one in enumerate(kept):
            before = self._intake.reread(known, one.delivery).outcome
            after = before if new is known else self._intake.reread(new, one.delivery).outcome
            shown = new.dialect is Dialect.MAPPED and number < MOST_SHOWN
            trials = tuple(try_map(one.delivery, new)[:1]) if shown else ()
            found.append(TriedDelivery(parked=one, before=before, after=after, trials=trials))
            await turn.yield_if_due()
        turns = Counter((outcome_word(one.before), outcome_word(one.after)) for one in found)
        return SourceTrial(tried=tuple(found), waiting=waiting, turns=turns)

    def _known(self, source: str) -> Source:
        known = self._catalogue().sources.get(SourceId(source))
        if known is None:
            raise no_such_source(source)
        return known


def outcome_word(outcome: Outcome) -> str:
    """Return the outcome of a delivery in one word: `accepted`, `ignored`, `parked`, `refused` or `worked`.

    `worked` means that the delivery reports how long somebody worked. The time is booked on the contract's allowance,
    an included amount such as hours.
    """
    match outcome:
        case Accepted():
            return "accepted"
        case Ignored():
            return "ignored"
        case Parked():
            return "parked"
        case Refused():
            return "refused"
        case _:
            return "worked"


def outcome_text(outcome: Outcome) -> str:
    """Return the outcome of a delivery in words: its events, or why there are none."""
    match outcome:
        case Accepted(events):
            return "; ".join(f"{one.event.kind.value} {one.event.incident}" for one in events)
        case Ignored(reason, detail) | Parked(reason, detail):
            return ": ".join(part for part in (reason.value, detail) if part)
        case Refused():
            return ": ".join(part for part in (outcome.title, outcome.detail) if part)
        case _:
            return "work for a ledger"
