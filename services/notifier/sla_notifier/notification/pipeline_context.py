"""What the stages may look at besides the notifications themselves; loaded once for a unit of work."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sla_catalogue import Catalogue
from sla_notifier.deadline import Deadline
from sla_notifier.link import Links
from sla_notifier.notification.notification import ClosingMessage, PagedPerson
from sla_notifier.text.render import Texts

RoundKey = tuple[str, int, int]
"""An alert, its episode and its round."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineContext:
    """What is needed to turn requests to notify people into messages to single recipients (deliveries).

    It is loaded once for a transaction: the catalogue, the texts, who was notified before, who has opted out.
    """

    now: datetime
    catalogue: Catalogue
    texts: Texts
    """The texts of all languages, for writing messages."""
    links: Links
    """The links for messages."""
    disabled: frozenset[str] = frozenset()
    """Endpoints (mail server, webhooks) to which nothing is sent."""
    paged_in_round: frozenset[tuple[RoundKey, str]] = frozenset()
    """The pairs ((alert, episode, round), person) of the earlier pages."""
    paged: Mapping[tuple[str, int], tuple[PagedPerson, ...]] = field(default_factory=dict)
    """Maps (alert, episode) to the people who get a closing message."""
    closing: tuple[ClosingMessage, ...] = ()
    """Closing messages that are not sent yet."""
    paged_of: Mapping[tuple[str, str, datetime], int] = field(default_factory=dict)
    """Maps (alert, contract, due instant) to the first episode in which people were notified of that breach."""
    opted_out: frozenset[tuple[str, str]] = frozenset()
    """The pairs (contract, person) of the customer's people who want no messages about incidents."""
    deadlines: Mapping[str, Mapping[str, Deadline]] = field(default_factory=dict)
    """Incident id -> clock id -> due instant of the running clock, for incidents about which a message may wait."""
    late: frozenset[str] = frozenset()
    """The ids of those incidents that have an alert which is not closed."""
    digest_over: int = 5
    """How many messages to a mailbox may be sent by themselves in a burst. Further messages are gathered into a digest
    (a mail that collects several messages)."""
