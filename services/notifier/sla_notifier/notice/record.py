"""What the notifier stores of a notice: its newest revision, and the people who were notified. Values only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from sla_domain.contract import Person
from sla_notifier.delivery.state import MessageKind
from sla_platform.wire import NoticeData


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeTold:
    """A person who was notified of a notice of a critical fix for one contract; a row of `notifier_notice_told`.

    One message may name several contracts. The rows of these contracts then name the same message: they have the same
    request id (`occasion`) and the same person id in the message's delivery (`told_as`).
    """

    notice: str
    contract: str
    person: str
    occasion: str
    """The request id in the delivery of the last message."""
    told_as: str
    """The person id in the delivery of the last message."""
    kind: MessageKind
    """The kind of the last message."""
    revision: int
    """The revision in the last message."""
    staff: bool
    """Whether the person was notified as one of the vendor's own staff."""
    at: datetime
    """When the last message was queued."""

    @property
    def standing(self) -> bool:
        """Return whether the person's last message said that the notice applies.

        The result is False if the message said that the notice was withdrawn, or that it no longer concerns the
        contract.
        """
        return self.kind is not MessageKind.NOTICE_ENDED


@dataclass(frozen=True, slots=True)
class ToldState:
    """A person who was notified of a critical-fix notice, and whether the message has arrived."""

    told: NoticeTold
    """The stored notification."""
    arrived: bool
    """If True, the message was sent, is being sent, or may have arrived. If False, the message waits for its first
    attempt."""
    follows: str = ""
    """The id of the delivery for which a later message to the person must wait. "" means no such delivery."""


@dataclass(frozen=True, slots=True)
class RegisteredPerson:
    """A person who confirmed a registration for notices of critical fixes, under one contract (clause I5)."""

    contract: str
    product: str
    """The normalised name of the product. "" means every product of the contract."""
    person: Person


@dataclass(frozen=True, kw_only=True)  # without slots: what is grouped by contract is kept
class NoticeKnown:
    """What is stored about one notice of a critical fix, before a new revision is processed."""

    content: NoticeData | None = None
    """The newest stored revision. None means that the notice is new."""
    told: tuple[ToldState, ...] = ()
    """Who was notified for which contract. People whose messages all failed are left out."""
    registered: tuple[RegisteredPerson, ...] = ()
    """People who registered for the products of this notice, or of another notice read at the same time."""

    def contracts(self) -> tuple[str, ...]:
        """Return the ids of the contracts whose people were last notified that the notice applies.

        Contracts whose people were notified that the notice has ended are left out.
        """
        return tuple(dict.fromkeys(each.told.contract for each in self.told if each.told.standing))

    def told_for(self, contract: str) -> Sequence[ToldState]:
        """Return the people who were notified of the notice for this contract; empty for none."""
        return self._told_by_contract.get(contract, ())

    def registered_for(self, contract: str) -> Sequence[RegisteredPerson]:
        """Return the people in `registered` who registered for notices under this contract; empty for none."""
        return self._registered_by_contract.get(contract, ())

    @cached_property
    def _told_by_contract(self) -> Mapping[str, Sequence[ToldState]]:
        found: defaultdict[str, list[ToldState]] = defaultdict(list)
        for each in self.told:
            found[each.told.contract].append(each)
        return found

    @cached_property
    def _registered_by_contract(self) -> Mapping[str, Sequence[RegisteredPerson]]:
        found: defaultdict[str, list[RegisteredPerson]] = defaultdict(list)
        for each in self.registered:
            found[each.contract].append(each)
        return found


UNKNOWN = NoticeKnown()
