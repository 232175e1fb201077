"""What is known of a notice: its newest revision, and the people who were told. Values only."""

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
    """One person who was told of a notice for one contract; a row of `notifier_notice_told`.

    `occasion` and `told_as`: the request to notify and the person by whose delivery it was; they differ from the row's
    own where one message named several contracts of a person. `kind`: of the last message; `revision`: the one it was
    about. `staff`: told as one of the vendor's own.
    """

    notice: str
    contract: str
    person: str
    occasion: str
    told_as: str
    kind: MessageKind
    revision: int
    staff: bool
    at: datetime

    @property
    def standing(self) -> bool:
        """Return whether the last message was not one of an end: withdrawn, or no longer concerning the contract."""
        return self.kind is not MessageKind.NOTICE_ENDED


@dataclass(frozen=True, slots=True)
class ToldState:
    """Who was told, with the state of the message.

    `arrived`: the message was sent, is being sent, or may have arrived; False: it waits for its first attempt.
    `follows`: the delivery for which a later message to the person must wait, "" if it need not.
    """

    told: NoticeTold
    arrived: bool
    follows: str = ""


@dataclass(frozen=True, slots=True)
class RegisteredPerson:
    """Somebody who has registered for notices under one contract (clause I5, docs/clauses.md).

    `product`: the product in its normal form, "" for every product of the contract.
    """

    contract: str
    product: str
    person: Person


@dataclass(frozen=True, kw_only=True)  # without slots: what is grouped by contract is kept
class NoticeKnown:
    """What is known of one notice before a new revision of it, or before a contract's environment changes.

    `content`: its newest revision, None if it is new. `told`: the people of contracts who were told, without those
    whose message failed. `registered`: people who have registered.
    """

    content: NoticeData | None = None
    told: tuple[ToldState, ...] = ()
    registered: tuple[RegisteredPerson, ...] = ()

    def contracts(self) -> tuple[str, ...]:
        """Return the contracts for which somebody was told and not told of an end since, each once."""
        return tuple(dict.fromkeys(each.told.contract for each in self.told if each.told.standing))

    def told_for(self, contract: str) -> Sequence[ToldState]:
        """Return who was told for a contract."""
        return self._told_by_contract.get(contract, ())

    def registered_for(self, contract: str) -> Sequence[RegisteredPerson]:
        """Return who has registered under a contract."""
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
