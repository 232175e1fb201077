"""What people are to be notified of, and who they are in terms of roles. Values only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sla_domain.contract import Person
from sla_notifier.delivery.policy import UnsentReason
from sla_notifier.delivery.state import MessageKind
from sla_platform.wire import ClockFact, NoticeData, ObjectiveFact


@dataclass(frozen=True, slots=True)
class LevelRecipients:
    """The people of one escalation level, given by role or person id; `route` looks them up.

    `level`: the level's number, from 1. `tell`: the roles and ids. `channels`: the channels to use first. Each
    person's own addresses are used if `channels` is empty, or if no channel leads to the person.
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
class EntitledRecipients:
    """The recipients of a critical fix: the people marked for it in the contract.

    `registered`: people who registered for such notices (clause I5, docs/clauses.md); they are added. `without`: ids
    of people to leave out, because another request notifies them. If `without` is empty and nobody is found, the
    operators are notified. If there are no operators, the people with a role in the contract are. Of each of these
    two groups only the people on duty are notified, if anybody is on duty. Source: clause H6.
    """

    registered: tuple[Person, ...] = ()
    without: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ToldReader:
    """A person who knows of a notice, and is now notified of a change or the end.

    `follows`: the id of the delivery that must be final before the new message is sent, "" for none.
    """

    person: Person
    follows: str = ""


@dataclass(frozen=True, slots=True)
class ToldRecipients:
    """The recipients of a change or the end of a notice: people who know of the notice."""

    readers: tuple[ToldReader, ...]


@dataclass(frozen=True, slots=True)
class PagedRecipients:
    """The recipients of a closing message: the people notified since the alert was opened last.

    People notified during an earlier opening are added if they were not told how that opening ended (see
    `closing_recipients`).
    """


Audience = LevelRecipients | RoleRecipients | EntitledRecipients | ToldRecipients | PagedRecipients


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationRequest:
    """Something to notify people of, before their addresses are looked up.

    - `id`: the event id of the fact (`content`); for a notice `<event id>/<contract>`. Further pages of an alert add
      `#<round>.<level>`.
    - `at`: when the fact became true, or the level due.
    - `audience`: whom to notify.
    - `alert`: the alert's id, "" without an alert. `episode`: the number of the alert's opening, from 1; 0 for none.
    - `round` (from 0), `level` (from 1; 0 for none): the step of the escalation.
    - `due_at`: the breached or nearing due instant; for an alert about a notice, when the notice came to concern the
      contract; None for neither.
    - `outcome`: in a closing message, why the alert closed (CloseReason); otherwise "".
    - `cancel_reason`: why a later event of the same batch makes the message needless; otherwise None.
    - `before`: the revision of the notice that the recipients know, None if they know none.
    """

    id: str
    kind: MessageKind
    at: datetime
    contract: str
    content: ClockFact | NoticeData | ObjectiveFact
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
