"""What people are to be notified of, and who they are in terms of roles. Values only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sla_domain.contract import Person
from sla_domain.tell import Happening
from sla_notifier.alert.contract_news import ContractNews
from sla_notifier.delivery.policy import UnsentReason
from sla_notifier.delivery.state import MessageKind
from sla_platform.wire import ClockFact, NoticeData, ObjectiveFact, ReportFact

RequestContent = ClockFact | NoticeData | ObjectiveFact | ReportFact | ContractNews
"""What people are notified of: a published event, or news of a contract computed from its record."""


@dataclass(frozen=True, slots=True)
class LevelRecipients:
    """The people of one escalation level, given by role or person id.

    The people who hold the roles are looked up when slad writes the messages.
    """

    level: int
    """The level's number, from 1."""
    tell: tuple[str, ...]
    """The roles and ids."""
    channels: tuple[str, ...] = ()
    """The channels to use first. Each person's own addresses are used if `channels` is empty, or if no channel leads to
    the person."""


@dataclass(frozen=True, slots=True)
class RoleRecipients:
    """Recipients outside an escalation: the people with certain roles of a contract.

    The people are looked up when slad writes the messages.
    """

    tell: tuple[str, ...]
    """Ids of roles and of people."""


@dataclass(frozen=True, slots=True)
class ReportRecipients:
    """The recipients of a report: people of the support or the customer with certain roles of a contract."""

    tell: tuple[str, ...]
    """Ids of roles and of people."""


@dataclass(frozen=True, slots=True)
class TellRecipients:
    """Recipients named by rules of the catalogue (`alert.tell`): people of the support or the customer who hold roles.

    If nobody holds a role, other people are notified instead only if the message is a page. `slad check` warns of rules
    with such roles.
    """

    tell: tuple[str, ...]
    """Ids of roles and of people."""
    paged: bool = False
    """Whether the recipients are paged. The customer's people are never paged."""


@dataclass(frozen=True, slots=True)
class EntitledRecipients:
    """The recipients of a notice of a critical fix: people marked for it in the contract (clause H6, docs/clauses.md).

    If there is nobody to notify (nobody is marked or registered, and `without` is empty), others are notified instead:
    the operators, or without operators the people with a role in the contract. Of these, only the people on duty are
    notified; if nobody is on duty, all of them.
    """

    registered: tuple[Person, ...] = ()
    """People who registered for such notices (clause I5, docs/clauses.md). They are added."""
    without: frozenset[str] = frozenset()
    """Ids of people to leave out, because another request notifies them."""


@dataclass(frozen=True, slots=True)
class ToldReader:
    """A person who was notified of a notice before, and is now notified of its change or end."""

    person: Person
    follows: str = ""
    """The id of the delivery that must be final before the new message is sent. "" means no such delivery."""


@dataclass(frozen=True, slots=True)
class ToldRecipients:
    """The recipients of a message about a changed or ended notice: people who were notified of the notice before."""

    readers: tuple[ToldReader, ...]


@dataclass(frozen=True, slots=True)
class PagedRecipients:
    """The recipients of a closing message: the people notified since the alert was opened last.

    People notified during an earlier opening are added if they got no message about the end of that opening (see
    `closing_recipients`).
    """


Audience = (
    LevelRecipients
    | RoleRecipients
    | ReportRecipients
    | TellRecipients
    | EntitledRecipients
    | ToldRecipients
    | PagedRecipients
)


@dataclass(frozen=True, slots=True)
class Lapsed:
    """An acknowledgement that has expired: who acknowledged the alert, and when."""

    by: str
    """A person's id, or the name that an API call gave."""
    at: datetime
    """When it was made."""


@dataclass(frozen=True, slots=True)
class PassedOn:
    """Who passed an alert on, and to whom."""

    by: str
    """The id of the person who passed the alert on, or the name that an API call gave."""
    to: str
    """The id of the person who got the alert."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationRequest:
    """A request to notify people of something. Their addresses are looked up later."""

    id: str
    """The event id of the fact (`content`). For a notice it is `<event id>/<contract>`. Further pages of an alert add
    `#<round>.<level>`."""
    kind: MessageKind
    at: datetime
    """When the fact became true, or when the level became due."""
    contract: str
    content: RequestContent
    audience: tuple[Audience, ...]
    """Whom to notify."""
    alert: str = ""
    """The alert's id. "" without an alert."""
    episode: int = 0
    """The number of the alert's opening, from 1. 0 without an alert."""
    round: int = 0
    """The round of the escalation, from 0."""
    level: int = 0
    """The level of the escalation, from 1. 0 means no level."""
    outcome: str = ""
    """Why the alert closed (CloseReason), in a closing message. Otherwise ""."""
    due_at: datetime | None = None
    """The breached or nearing due instant. For an alert about a notice, when the notice came to concern the contract.
    None if neither applies."""
    cancel_reason: UnsentReason | None = None
    """Why a later event of the same batch makes the message needless. Otherwise None."""
    lapsed: Lapsed | None = None
    """The acknowledgement that has expired, in a page that follows from it. Otherwise None."""
    passed: PassedOn | None = None
    """Who passed the alert to whom, if the request follows from that; otherwise None."""
    happening: Happening | None = None
    """What a rule tells of. None without a rule."""
    answer_by: datetime | None = None
    """Of a reminder: until when the question waits. None for everything else."""
    before: NoticeData | None = None
    """The revision of the notice that the recipients know. None if they know no revision."""

    @property
    def collects(self) -> bool:
        """Return whether the requested message is a digest: one mail that collects several messages."""
        return self.kind.collects
