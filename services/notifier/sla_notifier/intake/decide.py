"""Which changes of alerts a batch of facts and notices causes. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType

from sla_catalogue import Catalogue
from sla_domain.fact import FactKind
from sla_notifier.alert.alert import Alert
from sla_notifier.alert.change_set import ChangeSet
from sla_notifier.alert.closing import close_alert, move_alert
from sla_notifier.alert.objective import tell_objective
from sla_notifier.alert.opening import notify_unpromised, notify_warning, open_alert, reopen_alert
from sla_notifier.alert.relevance import is_news, overdue_again
from sla_notifier.alert.report import send_report
from sla_notifier.alert.tell import objective_recipients, tell_requests, without_overtaken
from sla_notifier.intake.notice import decide_notice
from sla_notifier.notice.record import UNKNOWN, NoticeKnown
from sla_notifier.notification.directory import chain_of, contract_of
from sla_notifier.question.question import settled_question
from sla_platform.wire import ClockFact, NoticeData, ObjectiveFact, ReportFact

Incoming = tuple[str, ClockFact | NoticeData | ObjectiveFact | ReportFact]
"""The event's id and what it says."""

NO_NOTICES: Mapping[str, NoticeKnown] = MappingProxyType({})


def decide(
    incoming: Iterable[Incoming],
    known: Mapping[str, Alert],
    catalogue: Catalogue,
    now: datetime,
    notices: Mapping[str, NoticeKnown] = NO_NOTICES,
) -> ChangeSet:
    """Return the changes to alerts that result from facts and notices; nothing is stored or sent.

    A fact is a published event about an incident, or about the clock of one of its targets. A notice announces a
    critical fix.

    Args:
        incoming: Pairs of event id and content, processed in this order. The content is a fact or a notice. There is at
            most one revision of each notice.
        known: The stored alerts about these facts and notices, by id.
        catalogue: The contracts and escalations that apply.
        now: The present instant.
        notices: Notice id -> what is stored about the notice. A notice without an entry is new.
    """
    batch = ChangeSet(known)
    for id_, said in incoming:
        if isinstance(said, NoticeData):
            decide_notice(batch, id_, said, notices.get(said.id, UNKNOWN), catalogue, now)
        elif isinstance(said, ObjectiveFact):
            contract = contract_of(catalogue, said.contract)
            batch.requests += tell_objective(id_, said, objective_recipients(said, catalogue.rulebook, contract, now))
        elif isinstance(said, ReportFact):
            batch.requests += send_report(id_, said)
        else:
            _fact(batch, id_, said, catalogue, now)
    batch.requests = without_overtaken(batch.requests)
    return batch


def _fact(batch: ChangeSet, id_: str, fact: ClockFact, catalogue: Catalogue, now: datetime) -> None:
    """Facts that concern no alert that there is are on record by their id and change nothing."""
    if settled := settled_question(fact):
        batch.settled.append(settled)
    contract = contract_of(catalogue, fact.contract)
    chain = chain_of(catalogue, fact, contract)
    alert = batch.alert(str(fact.clock)) if fact.clock is not None else None
    if not is_news(alert, fact):
        return
    if fact.breach_change.moved is not None or fact.breach_change.takes_back:
        batch.add(move_alert(alert, fact, now))
        alert = batch.alert(str(fact.clock))
    match fact.kind:
        case FactKind.CLOCK_WARNED:
            change = notify_warning(fact, id_, chain)
        case FactKind.PROMISE_NONE:
            change = notify_unpromised(fact, id_, chain)
        case FactKind.CLOCK_BREACHED:
            change = open_alert(alert, fact, id_, chain, now)
        case FactKind.CLOCK_RESUMED | FactKind.CLOCK_AMENDED | FactKind.CLOCK_RETARGETED if overdue_again(fact, now):
            change = reopen_alert(alert, fact, id_, chain, now)
        case _:
            change = close_alert(alert, fact, id_, now)
    told = tell_requests(change.requests, fact, id_, change.alert, catalogue, contract, now)
    batch.add(replace(change, requests=told))
