"""What people are to be notified of, and who they are in terms of roles. Values only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sla_domain.contract import Person
from sla_notifier.delivery.policy import UnsentReason
from sla_notifier.delivery.state import MessageKind
from sla_platform.wire import ClockFact, NoticeData, ObjectiveFact, ReportFact


@dataclass(frozen=True, slots=True)
class LevelRecipients:
    """The people of one escalation level, given by role or person id; `route` looks up who they are.

    `level`: its number, from 1. `tell`: the roles and ids. `channels`: the channels to use first; each person's own
    addresses if there are none, or none of them leads to the person.
    """

    level: int
    tell: tuple[str, ...]
    channels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RoleRecipients:
    """The people who hold roles of a contract, of no escalation; `route` looks up who they are.

    `tell`: the roles, and ids of people.
    """

    tell: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReportRecipients:
    """The people who hold roles of a contract on either side, the customer's too; for a report, never for a page.

    `tell`: the roles, and ids of people.
    """

    tell: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EntitledRecipients:
    """The recipients of a critical fix: the people marked for it in the contract (clause H6, docs/clauses.md).

    `registered`: also these people, who registered for such notices (clause I5). `without`: ids of people to leave out,
    since another request notifies them. If `without` is empty and nobody is found, the operators are notified; if there
    are none, the people with a role in the contract (of either group only those on duty, if anybody is).
    """

    registered: tuple[Person, ...] = ()
    without: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ToldReader:
    """A person who was notified of a notice, and is to be notified of its change or end.

    `follows`: the id of the delivery that must be final before the new message is sent, "" for none.
    """

    person: Person
    follows: str = ""


@dataclass(frozen=True, slots=True)
class ToldRecipients:
    """The recipients of a change or the end of a notice: the people who were notified of it before."""

    readers: tuple[ToldReader, ...]


@dataclass(frozen=True, slots=True)
class PagedRecipients:
    """The recipients of a closing message: the people who were notified since the alert was opened last.

    People who were notified before that are added if they were not told how it ended (see `closing_recipients`).
    """


Audience = LevelRecipients | RoleRecipients | ReportRecipients | EntitledRecipients | ToldRecipients | PagedRecipients


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationRequest:
    """Something to notify people of, before their addresses are looked up.

    `id`: the event id of the fact (`content`), for a notice `<event id>/<contract>`; further pages of an alert add
    `#<round>.<level>`. `at`: when the fact became true, or the level due. `audience`: whom to notify. `contract`,
    `alert`: their ids; without an alert "". `episode`: which opening of the alert, from 1; `round` (from 0), `level`
    (from 1): which step of its escalation; 0 for none. `due_at`: the breached or nearing due instant; for an alert
    about a notice, when it came to concern the contract; None for none. `outcome`: in a closing message, why the alert
    closed (CloseReason), else "". `cancel_reason`: why a later event of the same batch makes it needless, else None.
    `before`: the revision of the notice that the recipients know, None if they know none.
    """

    id: str
    kind: MessageKind
    at: datetime
    contract: str
    content: ClockFact | NoticeData | ObjectiveFact | ReportFact
    audience: tuple[Audience, ...]
    alert: str = ""
    episode: int = 0
    round: int = 0
    level: int = 0
    outcome: str = ""  # of a closing: met, missed, cancelled, taken_back
    due_at: datetime | None = None  # what was promised
    cancel_reason: UnsentReason | None = None  # overtaken by a later event of the same batch
    before: NoticeData | None = None

    @property
    def collects(self) -> bool:
        """Return whether the message is a digest: one mail that collects several messages."""
        return self.kind.collects
