"""Which changes a revision of a notice causes for the contracts that it concerns or has concerned. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sla_catalogue import Catalogue
from sla_domain.contract import Contract, ContractId, Person, Side
from sla_domain.normal import normal
from sla_domain.notice import Notice, concerned_contracts, is_concerned, match_notice
from sla_domain.rulebook import in_force
from sla_notifier.alert.alert import AlertState, CloseReason, fix_alert_id
from sla_notifier.alert.change_set import ChangeSet
from sla_notifier.alert.fix import NoticeNews, end_notice, tell_notice
from sla_notifier.alert.request import ToldReader
from sla_notifier.notice.difference import changed_fields
from sla_notifier.notice.record import NoticeKnown, ToldState
from sla_notifier.notification.directory import chain_of, contract_of
from sla_platform.wire import NoticeData, notice_event_id, notice_of


def concerned(notice: NoticeData, catalogue: Catalogue, now: datetime) -> list[Contract]:
    """Return the contracts that a notice of a critical fix concerns at `now`.

    A notice concerns a contract if the contract is in force, has an affected version in its environment, and has a plan
    that entitles to the notice. If the version in use is not known, it counts as affected. A version range that cannot
    be read covers every version. Source: clauses H6, H7 and H15, docs/clauses.md.
    """
    return concerned_contracts(notice_of(notice), catalogue.rulebook, now)


def decide_notice(
    batch: ChangeSet, event: str, notice: NoticeData, known: NoticeKnown, catalogue: Catalogue, now: datetime
) -> None:
    """Add to `batch` the changes that result from a new revision of a notice of a critical fix.

    The changes are requests to notify people, and alerts to open, update or close. If the revision is not newer than
    the stored one, nothing is added. If the revisions differ in no field that readers see, and neither is withdrawn,
    only the revision itself is added.

    Args:
        event: The id of the event with the revision.
        known: What is stored about the notice.
        now: The instant for which the contracts concerned are determined.
    """
    before = known.content
    if before is not None and notice.revision <= before.revision:
        return
    batch.notices.append(notice)
    of_contract = {} if notice.withdrawn else {each.id: each for each in concerned(notice, catalogue, now)}
    if before is not None and not before.withdrawn:
        if not notice.withdrawn and not changed_fields(before, notice):
            return
        asked = notice_of(notice)
        ending = CloseReason.WITHDRAWN if notice.withdrawn else CloseReason.NOT_CONCERNED
        for id_ in _contracts_before(batch, notice, known):
            contract = catalogue.rulebook.contracts.get(ContractId(id_))
            if contract is not None and _still_affected(notice, asked, contract, now):
                of_contract.setdefault(
                    contract.id, contract
                )  # heard of it, and so of a change to what it is not entitled
            elif id_ not in of_contract:
                _end(batch, event, notice, known, id_, ending, catalogue, now)
    standing = before if before is not None and not before.withdrawn else None
    for contract in of_contract.values():
        alert = batch.alert(fix_alert_id(notice.id, contract.id))
        news = NoticeNews(
            event=event,
            notice=notice,
            contract=contract.id,
            chain=chain_of(catalogue, None, contract),
            at=notice.published_at,
            before=standing,
            told=() if standing is None else _readers(known, contract, catalogue),
            registered=_registered(known, notice, contract),
        )
        batch.add(tell_notice(alert, news, now))


def decide_gained(
    batch: ChangeSet,
    notice: NoticeData,
    known: NoticeKnown,
    only: Iterable[ContractId],
    catalogue: Catalogue,
    now: datetime,
) -> list[ContractId]:
    """Add to `batch` the messages to contracts that a notice concerns only now, as their customers' products changed.

    Returns the ids of these contracts, sorted. A contract is left out if its people were notified of the notice
    already, or if it has an open or acknowledged alert about the notice.

    Args:
        notice: The newest revision, not withdrawn.
        known: What is stored about the notice.
        only: The contracts to check, whose customers use more products or versions now (clause H6, docs/clauses.md).
    """
    heard, rulebook, asked = set(known.contracts()), catalogue.rulebook, notice_of(notice)
    told = []
    for id_ in sorted(only):
        contract = rulebook.contracts.get(id_)
        if contract is None or id_ in heard or not is_concerned(asked, contract, rulebook, now):
            continue
        alert = batch.alert(fix_alert_id(notice.id, id_))
        if alert is not None and alert.state is not AlertState.CLOSED:
            continue
        news = NoticeNews(
            event=notice_event_id(notice),
            notice=notice,
            contract=id_,
            chain=chain_of(catalogue, None, contract),
            at=now,
            registered=_registered(known, notice, contract),
        )
        batch.add(tell_notice(alert, news, now))
        told.append(id_)
    return told


def _still_affected(notice: NoticeData, asked: Notice, contract: Contract, now: datetime) -> bool:
    return not notice.withdrawn and in_force(contract, now) and match_notice(asked, contract) is not None


def _contracts_before(batch: ChangeSet, notice: NoticeData, known: NoticeKnown) -> tuple[str, ...]:
    """The contracts of which somebody was told, or has an alert that is not closed."""
    alerts = [alert for alert in batch.known.values() if alert.notice == notice.id]
    waiting = [alert.contract for alert in alerts if alert.state is not AlertState.CLOSED]
    return tuple(dict.fromkeys((*known.contracts(), *waiting)))


def _end(
    batch: ChangeSet,
    event: str,
    notice: NoticeData,
    known: NoticeKnown,
    contract_id: str,
    reason: CloseReason,
    catalogue: Catalogue,
    now: datetime,
) -> None:
    contract = contract_of(catalogue, contract_id)
    ended = contract.id != contract_id or not in_force(contract, now)
    news = NoticeNews(
        event=event,
        notice=notice,
        contract=contract_id,
        chain=chain_of(catalogue, None, contract),
        at=notice.published_at,
        before=known.content,
        # a contract that is over is told nothing; nor is anybody whose message is cancelled before it leaves
        told=() if ended else _readers(known, contract, catalogue, arrived=reason is CloseReason.WITHDRAWN),
    )
    batch.add(end_notice(batch.alert(fix_alert_id(notice.id, contract_id)), news, reason, now))


def _readers(
    known: NoticeKnown, contract: Contract, catalogue: Catalogue, *, arrived: bool = False
) -> tuple[ToldReader, ...]:
    """Who was told for this contract and is still known to it. `arrived`: only those who may have read it."""
    found = []
    for each in known.told_for(contract.id):
        if not each.told.standing or (arrived and not each.arrived):
            continue
        person = _person(known, contract, catalogue, each)
        if person is not None:
            found.append(ToldReader(person, each.follows))
    return tuple(found)


def _person(known: NoticeKnown, contract: Contract, catalogue: Catalogue, each: ToldState) -> Person | None:
    """A person of the contract, one who has registered, or an operator; None for one who has left or wants no more.

    Staff who were asked by the escalation, without `notices`, are told of the end of it as well.
    """
    id_ = each.told.person
    own = contract.people.get(id_)
    if own is not None and own.side is Side.CUSTOMER and not own.notices:
        return None
    default = catalogue.rulebook.contracts[catalogue.rulebook.default_contract]
    registered = (one.person for one in known.registered_for(contract.id) if one.person.id == id_)
    return own or next(registered, None) or catalogue.rulebook.person(default, id_)


def _registered(known: NoticeKnown, notice: NoticeData, contract: Contract) -> tuple[Person, ...]:
    """Who has registered for a product of the notice, each once, without the addresses of the contract's own people
    who hear of it anyway."""
    products = {"", *(normal(each.product) for each in notice.products)}
    own = {address for person in contract.people.values() if person.notices for address in person.addresses}
    found = {
        each.person.id: each.person
        for each in known.registered_for(contract.id)
        if each.product in products and not own & set(each.person.addresses)
    }
    return tuple(found.values())
