"""What the stages may look at besides the notifications themselves; loaded once for a unit of work."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sla_catalogue import Catalogue
from sla_notifier.link import Links
from sla_notifier.notification.notification import ClosingMessage, PagedPerson
from sla_notifier.text.render import Texts

RoundKey = tuple[str, int, int]
"""An alert, its episode and its round."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineContext:
    """The data for turning requests into deliveries, loaded once for a transaction.

    An episode is one opening of an alert, counted from 1.

    - `texts`, `links`: for writing messages.
    - `disabled`: endpoints (mail server, webhooks) to which nothing is sent.
    - `paged_in_round`: ((alert, episode, round), person) of each earlier page.
    - `paged`: (alert, episode) -> who gets a closing message.
    - `paged_of`: (alert, contract, due instant) -> the first episode in which people were notified of that breach.
    - `closing`: closing messages that are not sent yet.
    - `digest_over`: how many messages to a mailbox may be sent by themselves in a burst. Further messages are
      gathered into a digest (a mail that collects several messages).
    """

    now: datetime
    catalogue: Catalogue
    texts: Texts
    links: Links
    disabled: frozenset[str] = frozenset()
    paged_in_round: frozenset[tuple[RoundKey, str]] = frozenset()
    paged: Mapping[tuple[str, int], tuple[PagedPerson, ...]] = field(default_factory=dict)
    closing: tuple[ClosingMessage, ...] = ()
    paged_of: Mapping[tuple[str, str, datetime], int] = field(default_factory=dict)
    digest_over: int = 5
