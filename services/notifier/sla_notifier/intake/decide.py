"""What a batch of facts and notices means for alerts. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from sla_catalogue import Catalogue
from sla_domain.contract import Contract
from sla_domain.fact import FactKind
from sla_domain.notice import concerned_contracts
from sla_notifier.alert.alert import Alert
from sla_notifier.alert.change_set import ChangeSet
from sla_notifier.alert.closing import close_alert, move_alert
from sla_notifier.alert.opening import notify_unpromised, notify_warning, open_alert, open_fix_alert, reopen_alert
from sla_notifier.alert.relevance import is_news, overdue_again
from sla_notifier.notification.directory import chain_of, contract_of
from sla_platform.wire import ClockFact, NoticeData, notice_of

Incoming = tuple[str, ClockFact | NoticeData]
"""The event's id and what it says."""


def decide(incoming: Iterable[Incoming], known: Mapping[str, Alert], catalogue: Catalogue, now: datetime) -> ChangeSet:
    """Return what facts and notices change about alerts, taken in their order; nothing is stored or sent.

    `incoming`: (event id, fact or notice). `known`: the alerts that the facts are about, by id.
    """
    batch = ChangeSet(known)
    for id_, said in incoming:
        if isinstance(said, NoticeData):
            _notice(batch, id_, said, catalogue, now)
        else:
            _fact(batch, id_, said, catalogue, now)
    return batch


def _fact(batch: ChangeSet, id_: str, fact: ClockFact, catalogue: Catalogue, now: datetime) -> None:
    """Facts that concern no alert that there is are on record by their id and change nothing."""
    chain = chain_of(catalogue, fact, contract_of(catalogue, fact.contract))
    alert = batch.alert(str(fact.clock)) if fact.clock is not None else None
    if not is_news(alert, fact):
        return
    if fact.breach_change.moved is not None or fact.breach_change.takes_back:
        batch.add(move_alert(alert, fact, now))
        alert = batch.alert(str(fact.clock))
    match fact.kind:
        case FactKind.CLOCK_WARNED:
            batch.add(notify_warning(fact, id_, chain))
        case FactKind.PROMISE_NONE:
            batch.add(notify_unpromised(fact, id_, chain))
        case FactKind.CLOCK_BREACHED:
            batch.add(open_alert(alert, fact, id_, chain, now))
        case FactKind.CLOCK_RESUMED | FactKind.CLOCK_AMENDED | FactKind.CLOCK_RETARGETED if overdue_again(fact, now):
            batch.add(reopen_alert(alert, fact, id_, chain, now))
        case _:
            batch.add(close_alert(alert, fact, id_, now))


def _notice(batch: ChangeSet, id_: str, notice: NoticeData, catalogue: Catalogue, now: datetime) -> None:
    for contract in concerned(notice, catalogue, now):
        batch.add(open_fix_alert(notice, id_, contract.id, chain_of(catalogue, None, contract), now))


def concerned(notice: NoticeData, catalogue: Catalogue, now: datetime) -> list[Contract]:
    """Return the contracts in force at `now` that run an affected version and whose plan entitles to the notice.

    An unknown version in use counts as affected, and a version range that cannot be read covers every version (clauses
    H6, H7 and H15, docs/clauses.md).
    """
    return concerned_contracts(notice_of(notice), catalogue.rulebook, now)
