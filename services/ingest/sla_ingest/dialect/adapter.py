"""How deliveries of one dialect are taken in: what `intake` asks of a dialect, whichever it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from sla_catalogue.source import Source
from sla_ingest.dialect.port import Delivery, Translation


@dataclass(frozen=True, slots=True)
class OpenedDelivery:
    """A delivery whose outer form could be read.

    `translate` turns it into a Translation, as a delivery of the source given to it. `sender` is the source that the
    delivery itself names; None where the address that it was posted to names the source.
    """

    translate: Callable[[Source], Translation]
    sender: Source | None = None


class DialectAdapter(Protocol):
    """One dialect at work. All methods are pure."""

    @property
    def serves_events(self) -> bool:
        """Whether sources of this dialect may also post to `/v1/events`, and deliveries may name their own source."""

    @property
    def answers_rules(self) -> bool:
        """Whether the sender of a single event reads the answer, so that an event that breaks a rule is refused."""

    @property
    def id_in_headers(self) -> bool:
        """Whether the delivery's id comes in a header, which a signature over the body does not cover."""

    def bad_media_type(self, delivery: Delivery, *, signed: bool) -> str | None:
        """Return what Content-Type may be, for a problem 415; None when the delivery's is accepted.

        `signed`: a signature covers the body alone, so nothing may be read from other headers.
        """

    def by_body(self, delivery: Delivery) -> Delivery:
        """Return a signed delivery with every header set to what its body says."""

    def parts(self, delivery: Delivery) -> list[Delivery] | None:
        """Return the events of a batch as deliveries of their own; None for a delivery that is no batch.

        Raises DoesNotFit when the batch itself cannot be read.
        """

    def open(self, delivery: Delivery) -> OpenedDelivery:
        """Read the outer form of one delivery. Raises DoesNotFit."""


@dataclass(frozen=True, slots=True)
class WebhookDialect:
    """The adapter of a ticketing system's own webhooks: one delivery a request, translated by one function."""

    translate: Callable[[Delivery, Source], Translation]
    media_types: frozenset[str]
    serves_events: bool = False
    answers_rules: bool = False
    id_in_headers: bool = True

    def bad_media_type(self, delivery: Delivery, *, signed: bool) -> str | None:
        """Accept an absent Content-Type and those of `media_types`."""
        given = media_type({**delivery.hints, **delivery.headers})
        return None if not given or given in self.media_types else ", ".join(sorted(self.media_types))

    def by_body(self, delivery: Delivery) -> Delivery:
        """Return the delivery unchanged: the translation itself reads nothing from unsigned headers."""
        return delivery

    def parts(self, delivery: Delivery) -> None:
        """Return None: these systems send no batches."""

    def open(self, delivery: Delivery) -> OpenedDelivery:
        """Return the delivery with its translation; what cannot be read becomes a refused Translation there."""
        return OpenedDelivery(partial(self.translate, delivery))


def media_type(headers: Mapping[str, str]) -> str:
    """Return the media type of `content-type` in lower case and without parameters; "" when there is none."""
    return headers.get("content-type", "").partition(";")[0].strip().lower()
