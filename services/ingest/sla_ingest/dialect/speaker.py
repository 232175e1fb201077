"""On which side a person stands, customer or staff; the same for every dialect whose deliveries name accounts only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from sla_catalogue.source import Source, domain_of
from sla_domain.event import Actor, EventKind
from sla_ingest.dialect.port import IngestRemark, RemarkNote

SAID: Mapping[Actor, EventKind] = MappingProxyType(
    {
        Actor.STAFF: EventKind.RESPONDED,
        Actor.CUSTOMER: EventKind.CUSTOMER_REPLIED,
        Actor.UNKNOWN: EventKind.COMMENTED,
    }
)
"""What a comment is, by whose it is; one of a bot is nothing."""
SIDED = frozenset({EventKind.UPDATED, EventKind.REOPENED})
"""Acts that mean something else by whose they are; on others an unknown hand is worth no remark."""


def mail_domain(account: str) -> str:
    """Return the domain of an account that is a mail address, in lower case; "" for any other account."""
    return domain_of(account) if "@" in account else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountDetails:
    """What a delivery says about a person.

    These details decide whether the person is staff, a customer or a bot.
    """

    names: frozenset[str]
    """The ids and names of the account."""
    shown: str = ""
    """The display name. People choose it themselves, so it may prove that an account is a bot, but never that it is
    staff or a customer."""
    account: str = ""
    """The name that remarks suggest for listing the person in the catalogue."""
    groups: frozenset[str] = frozenset()
    """The person's groups in the ticketing system, in lower case."""
    domain: str = ""
    """The domain of the mail address, in lower case."""
    association: str = ""
    """The person's association with the repository (GitHub), in lower case."""
    bot: bool = False
    """Whether the person is a bot, as the sender states."""
    customer: bool = False
    """Whether the person is a customer, as the sender states."""
    member: bool = False
    """Whether the person is a member of staff, as the sender states."""
    assumed: str = ""
    """A weak reason to regard the person as staff, in words. "" without a reason."""

    @property
    def words(self) -> str:
        """Return the person as text for a remark: `<shown> (<account>)`, or `somebody` if neither is known."""
        if not self.account or self.account == self.shown:
            return self.shown or "somebody"
        return f"{self.shown} ({self.account})" if self.shown else self.account


@dataclass(frozen=True, slots=True)
class Speaker:
    """The side of the person who caused an event: customer, staff, bot or unknown (`actor`)."""

    actor: Actor
    remarks: tuple[RemarkNote, ...] = field(default=())
    """Remarks that say that the side is unknown or only assumed. Otherwise empty."""


def side_of(source: Source, person: AccountDetails, *, reported: bool) -> Speaker:
    """Return whether a person is customer, staff, bot or unknown.

    The catalogue and the sender's statements decide (`known_side`). If they do not, the person is assumed to be staff
    if `person.assumed` has a reason and the source does not restrict who is staff. Otherwise the side is unknown. If
    the side is only assumed or unknown, the result has a remark.

    Args:
        person: What the delivery says about the account.
        reported: Whether this person reported the ticket.
    """
    actor = known_side(source, person, reported=reported)
    if actor is not None:
        return Speaker(actor)
    if person.assumed and not source.only_staff:
        said = f"{person.words}, {person.assumed}; {_where(source)}"
        return Speaker(Actor.STAFF, (RemarkNote(IngestRemark.STAFF_ASSUMED, said),))
    return Speaker(Actor.UNKNOWN, (unknown_side_remark(source, person.words),))


def unknown_side_remark(source: Source, who: str) -> RemarkNote:
    """Return the remark that it is not known whether a person is staff or a customer.

    Args:
        source: The sender. The remark names the settings in the catalogue by which the side can be set.
        who: The person, as text.
    """
    return RemarkNote(IngestRemark.SPEAKER_UNKNOWN, f"{who}; {_where(source)}")


def _where(source: Source) -> str:
    return f"say it under sources.{source.id}.staff or sources.{source.id}.customers"


def known_side(source: Source, person: AccountDetails, *, reported: bool = False) -> Actor | None:
    """Return whether a person is staff, a customer or a bot; None if that is not known.

    The first rule that fits decides:

    - A bot, if the sender or the catalogue says so.
    - Staff, if the catalogue names the account.
    - A customer, if the sender says so, the catalogue names the account, or the person `reported` the ticket.
    - Staff, if the catalogue names the group, mail domain or GitHub association as staff.
    - A customer, if the catalogue names one of these as a customer's.
    - Staff, if the sender says so (`member`).

    The last rule does not apply if the catalogue restricts who is staff, or lists associations of staff.
    """
    if person.bot or any(map(source.is_bot, (*person.names, person.shown))):
        return Actor.BOT
    if any(map(source.is_staff, person.names)):
        return Actor.STAFF
    if person.customer or reported or any(map(source.is_customer, person.names)):
        return Actor.CUSTOMER
    if source.staff_by.holds(person.groups, person.domain, person.association):
        return Actor.STAFF
    if source.customers_by.holds(person.groups, person.domain, person.association):
        return Actor.CUSTOMER
    # An association that the catalogue names takes the place of the usual ones.
    usual = person.member and not source.only_staff and not source.staff_by.associations
    return Actor.STAFF if usual else None
