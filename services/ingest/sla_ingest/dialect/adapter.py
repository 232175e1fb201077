"""The interface between `intake` and the dialects: how deliveries of a dialect are accepted and translated."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from sla_catalogue.source import Source
from sla_ingest.dialect.port import Delivery, Translation


@dataclass(frozen=True, slots=True)
class OpenedDelivery:
    """A delivery whose outer form has been read.

    `translate` returns its translation, given the source it belongs to. `sender` is the source that the delivery itself
    names; None where the address it was posted to names the source.
    """

    translate: Callable[[Source], Translation]
    sender: Source | None = None


class DialectAdapter(Protocol):
    """The interface of a dialect. All methods are pure."""

    @property
    def serves_events(self) -> bool:
        """Return whether sources of this dialect may also post to `/v1/events`, where deliveries name their source."""

    @property
    def answers_rules(self) -> bool:
        """Return whether an event that breaks a rule of the plan is refused, because its sender reads the answer."""

    @property
    def id_in_headers(self) -> bool:
        """Return whether the delivery's id comes in a header, which a signature over the body does not cover."""

    def bad_media_type(self, delivery: Delivery, *, signed: bool) -> str | None:
        """Return the accepted Content-Types as text if the delivery's is not accepted (problem 415); None if it is.

        `signed`: a signature covers the body alone, so nothing may be read from other headers.
        """

    def by_body(self, delivery: Delivery) -> Delivery:
        """Return a signed delivery with every header that decides its meaning replaced by what the body says."""

    def parts(self, delivery: Delivery) -> list[Delivery] | None:
        """Return the events of a batch as deliveries of their own; None for a delivery that is not a batch.

        Raises DoesNotFit when the batch itself cannot be read.
        """

    def open(self, delivery: Delivery) -> OpenedDelivery:
        """Read the outer form of one delivery. Raises DoesNotFit."""


@dataclass(frozen=True, slots=True)
class WebhookDialect:
    """The adapter of a ticketing system's own webhooks: one delivery per request, translated by one function."""

    translate: Callable[[Delivery, Source], Translation]
    media_types: frozenset[str]
    serves_events: bool = False
    answers_rules: bool = False
    id_in_headers: bool = True

    def bad_media_type(self, delivery: Delivery, *, signed: bool) -> str | None:
        """Return the accepted Content-Types as text if the delivery's is not one of `media_types`; None if it is, or
        absent.
        """
        given = media_type({**delivery.hints, **delivery.headers})
        return None if not given or given in self.media_types else ", ".join(sorted(self.media_types))

    def by_body(self, delivery: Delivery) -> Delivery:
        """Return the delivery unchanged: the translation itself reads nothing from unsigned headers."""
        return delivery

    def parts(self, delivery: Delivery) -> None:
        """Return None: ticketing systems send no batches."""

    def open(self, delivery: Delivery) -> OpenedDelivery:
        """Return the delivery with its translation; a delivery that cannot be read becomes a refused Translation."""
        return OpenedDelivery(partial(self.translate, delivery))


def media_type(headers: Mapping[str, str]) -> str:
    """Return the media type of `content-type` in lower case and without parameters; "" when there is none."""
    return headers.get("content-type", "").partition(";")[0].strip().lower()
