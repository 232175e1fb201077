"""The interface between `intake` and the dialects: how deliveries of a dialect are accepted and translated."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

from sla_catalogue.source import Source
from sla_ingest.dialect.port import Delivery, Translation


@dataclass(frozen=True, slots=True)
class OpenedDelivery:
    """A delivery of which only the envelope was read (who sent it), with the function that translates its content."""

    translate: Callable[[Source], Translation]
    """Called with the source to which the delivery belongs. Returns its translation into incident events."""
    sender: Source | None = None
    """The source that the delivery itself names. None where the URL of the request names the source."""


class DialectAdapter(Protocol):
    """Reads deliveries of one dialect: the form in which a ticketing system, or the protocol CloudEvents, writes them.

    For each delivery `Intake` calls these methods in order:
    - `bad_media_type`
    - `by_body`, if the delivery is signed
    - `parts`, which splits a batch
    - `open`, which returns the function that translates the delivery
    """

    @property
    def serves_events(self) -> bool:
        """Return whether sources of this dialect may also post to `/v1/events`.

        Deliveries that are posted there name their source themselves.
        """

    @property
    def answers_rules(self) -> bool:
        """Return whether an event that breaks a rule of the contract's plan is refused.

        The rules concern agreements with the customer about a due instant or a lower priority (see `rule_refusal`). If
        the result is False, such an event is accepted. Events of a batch are accepted in any case.
        """

    @property
    def id_in_headers(self) -> bool:
        """Return whether a delivery's id is in a header instead of the body.

        A signature over the body does not cover such an id.
        """

    def bad_media_type(self, delivery: Delivery, *, signed: bool) -> str | None:
        """Return None if the delivery's Content-Type is accepted, else the accepted types as text for status 415.

        Args:
            signed: Whether the sender's proof is a signature over the body. If so, events with attributes in headers
                are not accepted.
        """

    def by_body(self, delivery: Delivery) -> Delivery:
        """Return a copy of a signed delivery with only the parts that its signature covers.

        The signature covers the body alone, so headers may be forged. Headers that are needed are derived from the
        body.
        """

    def parts(self, delivery: Delivery, source: Source | None) -> list[Delivery] | None:
        """Return the events of a batch as separate deliveries, in their order.

        Returns None for a delivery that is not a batch.

        Args:
            source: The sender. None if the deliveries name their senders themselves.

        Raises:
            DoesNotFit: The batch itself cannot be read.
        """

    def open(self, delivery: Delivery) -> OpenedDelivery:
        """Return the delivery's sender, if it names one, and a function that translates the delivery.

        The content is not translated yet.

        Raises:
            DoesNotFit: The sender cannot be read.
        """


@dataclass(frozen=True, slots=True)
class WebhookDialect:
    """The adapter for the webhooks of a ticketing system. Each request is one delivery, or a batch of them."""

    translate: Callable[[Delivery, Source], Translation]
    """The function that translates a delivery."""
    media_types: frozenset[str]
    """The accepted Content-Types."""
    serves_events: bool = False
    """Whether deliveries may also be posted to `/v1/events`."""
    answers_rules: bool = False
    """Whether an event that breaks a rule of the plan is refused."""
    id_in_headers: bool = True
    """Whether the delivery's id is in a header."""
    split: Callable[[Delivery], list[Delivery] | None] | None = None
    """The function that returns the parts of a batch. None for a system that sends no batches."""
    lasting: Callable[[bytes], bytes] | None = None
    """The function that takes what differs in every attempt, such as its time, out of a signed body. None where a
    redelivery has the same body."""

    def bad_media_type(self, delivery: Delivery, *, signed: bool) -> str | None:
        """Return None if the delivery's Content-Type is absent or one of `media_types`.

        Otherwise return `media_types` as text, for status 415. `signed` makes no difference.
        """
        given = media_type({**delivery.hints, **delivery.headers})
        return None if not given or given in self.media_types else ", ".join(sorted(self.media_types))

    def by_body(self, delivery: Delivery) -> Delivery:
        """Return the delivery without the parts of its body that change when the sender repeats the delivery.

        Most senders have no such parts: the delivery is then returned unchanged. Headers are not checked against the
        body here. A delivery whose headers contradict its body is parked (stored without effect) or refused later.
        """
        return delivery if self.lasting is None else replace(delivery, body=self.lasting(delivery.body))

    def parts(self, delivery: Delivery, source: Source | None) -> list[Delivery] | None:
        """Return the parts of a batch as separate deliveries; None for a delivery that is no batch.

        Raises:
            DoesNotFit: The batch itself cannot be read.
        """
        return None if self.split is None else self.split(delivery)

    def open(self, delivery: Delivery) -> OpenedDelivery:
        """Return the function that translates the delivery. No sender is read from the body.

        The sender is known from the URL. An unreadable body raises no error here: the function returns a refusal.
        """
        return OpenedDelivery(partial(self.translate, delivery))


def media_type(headers: Mapping[str, str]) -> str:
    """Return the media type in the header `content-type`, in lower case and without parameters.

    The result is "" if there is no such header.

    Args:
        headers: The headers, by name in lower case.
    """
    return headers.get("content-type", "").partition(";")[0].strip().lower()
