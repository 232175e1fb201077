"""The unit of work that every use case ends in: a set of changes becomes rows, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import and_, bindparam, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_catalogue import Catalogue
from sla_domain.contract import Side
from sla_notifier import tables
from sla_notifier.alert import store as alerts
from sla_notifier.alert.alert import AlertState, CloseReason
from sla_notifier.alert.change_set import ChangeSet
from sla_notifier.alert.request import NotificationRequest
from sla_notifier.deadline import deadlines_of
from sla_notifier.delivery.endpoint import disabled_endpoints
from sla_notifier.delivery.fact import delivery_fact
from sla_notifier.delivery.policy import UnsentReason
from sla_notifier.delivery.row import DeliveryRow, row_of
from sla_notifier.delivery.state import UNFINISHED, WAITING, DeliveryState, MessageKind
from sla_notifier.hold import store as holds
from sla_notifier.hold.message import HeldMessage, held_message
from sla_notifier.hold.terms import holds_anything
from sla_notifier.link import Links
from sla_notifier.notice import store as notices
from sla_notifier.notice.record import NoticeTold
from sla_notifier.notification import conversation_store
from sla_notifier.notification.gather import conversation_ids, gather, id_of
from sla_notifier.notification.notification import ClosingMessage, Notification, PagedPerson
from sla_notifier.notification.pipeline import address_requests
from sla_notifier.notification.pipeline import rows as rows_of_gathered
from sla_notifier.notification.pipeline_context import PipelineContext, RoundKey
from sla_notifier.opt_out import store as opt_outs
from sla_notifier.question import store as questions
from sla_notifier.question.question import Question, ask
from sla_notifier.text.render import Texts
from sla_platform.store import log as logs
from sla_platform.store.dialect import insert_new
from sla_platform.wire import ClockFact, NoticeData, encode_delivery_fact

_d = tables.delivery
_ESCALATED = [MessageKind.PAGE.value, MessageKind.INFO.value, MessageKind.CRITICAL_FIX.value]
_CLOSING = frozenset({MessageKind.RESOLVED, MessageKind.TAKEN_BACK})
_WAITING = [state.value for state in WAITING]
_UNFINISHED = [state.value for state in UNFINISHED]


@dataclass(frozen=True, slots=True)
class RenderConfig:
    """How messages are written: texts, links, and when messages are gathered into digests."""

    texts: Texts
    links: Links
    digest_over: int = 5
    """How many messages to a mailbox may be sent by themselves in a burst. Further messages are gathered into digests
    (mails that collect several messages)."""


async def write_changes(
    connection: AsyncConnection, batch: ChangeSet, catalogue: Catalogue, config: RenderConfig, now: datetime
) -> None:
    """Write a set of changes in the caller's transaction.

    The changes are alerts, escalation steps, deliveries, conversations and log events. Each message that `batch`
    requests becomes a delivery for each recipient. Queued pages that are no longer needed are cancelled. Nothing is
    sent.

    Args:
        batch: The changes to write.
        config: How messages are written.
        now: The present instant, stored with the changes.
    """
    # Before deciding: a page that a sender claims now could neither be cancelled nor be known as sent.
    await _hold(connection, batch.cancel_reasons)
    gathering = await conversation_store.lock_gathering(connection, await _carriers(connection, batch.cancel_reasons))
    rows = [
        # A page in a digest that has not left is as little sent as one that is queued by itself.
        replace(row, carried_by="") if row.carried_by in gathering else row
        for row in await _deliveries_of(connection, {request.alert for request in batch.requests if request.alert})
    ]
    sent_before = [row for row in rows if row.kind not in _CLOSING]
    holding = holds_anything(catalogue)
    may_wait = _may_wait(batch) if holding else frozenset()
    context = PipelineContext(
        now=now,
        catalogue=catalogue,
        texts=config.texts,
        links=config.links,
        disabled=await disabled_endpoints(connection),
        paged_in_round=paged_in_rounds(sent_before),
        paged=closing_recipients(rows, batch.cancel_reasons, batch.requests),
        closing=open_closing_messages(rows),
        paged_of=first_paged_episodes(sent_before),
        opted_out=await opt_outs.opted_out(connection, {request.contract for request in batch.requests}),
        deadlines=await deadlines_of(connection, may_wait),
        late=await alerts.late_incidents(connection, may_wait) | _late(batch),
        digest_over=config.digest_over,
    )
    notifications = address_requests(context, batch.requests)
    conversations = await conversation_store.lock_conversations(connection, conversation_ids(notifications), now)
    last = {each.digest for each in conversations.values()} - {""}
    gathering |= await conversation_store.lock_gathering(connection, last - set(gathering))
    gathered = gather(context, notifications, conversations, gathering)
    new = rows_of_gathered(context, gathered)
    await alerts.save(connection, batch.alerts.values())
    await alerts.replace_steps(
        connection, batch.clear_steps, [step for steps in batch.steps.values() for step in steps]
    )
    ended = await _cancel_pages(connection, batch.cancel_reasons, gathering, now)
    ended += await _cancel_withdrawn(connection, [each.id for each in batch.notices if each.withdrawn], now)
    await conversation_store.save_conversations(connection, gathered.conversations)
    await conversation_store.update_digests(connection, gathered.digests, gathering)
    new += [digest for digest in gathered.digests if digest.id not in gathering]
    if new:
        await connection.execute(insert_new(connection, _d), [row.columns() for row in new])
        await _raise_turns(connection, new)
    await notices.save_notices(connection, batch.notices, now)
    await notices.save_told(connection, *people_told(gathered.notifications, now))
    await holds.keep(connection, held(gathered.notifications))
    if holding:
        await _note_held(connection, batch, now)
    await questions.keep_new(connection, asked(gathered.notifications, now))
    await questions.settle_all(connection, batch.settled, now)
    await logs.append(
        connection,
        tables.log,
        [
            *(encode_delivery_fact(fact, id_) for id_, fact in batch.events),
            *(delivery_fact(row, now) for row in (*ended, *new)),
        ],
    )


def held(notifications: Iterable[Notification]) -> list[HeldMessage]:
    """Return a HeldMessage for each notification that waits for the end of its recipient's quiet hours."""
    return [
        held_message(each.request, id_of(each), each.hold.until, each.hold.needs, each.recipient.why)
        for each in notifications
        if each.hold is not None and each.recipient is not None
    ]


def asked(notifications: Iterable[Notification], now: datetime) -> list[Question]:
    """Return the questions that notifications ask the customer's people, one question for each person.

    A question asks whether a lower priority is agreed.

    Args:
        now: The present instant, from which the time for an answer counts.
    """
    found = [
        ask(each.request, each.recipient.person, now)
        for each in notifications
        if each.live and each.recipient is not None and each.recipient.side is Side.CUSTOMER
    ]
    return [each for each in found if each is not None]


def people_told(notifications: Iterable[Notification], now: datetime) -> tuple[list[NoticeTold], list[NoticeTold]]:
    """Return two lists of records, each of a person who is notified of a critical-fix notice.

    The first list has people notified without an escalation (level 0) or by level 1. The second list has people
    notified by a higher level. Each list has a person once for each notice and contract; a person may be in both lists.
    A notification that is not sent is skipped, unless another message to the person names the notification's contract
    too (`told_by`).

    Args:
        now: The instant stored in the records.
    """
    addressed: dict[tuple[str, str, str], NoticeTold] = {}
    further: dict[tuple[str, str, str], NoticeTold] = {}
    for each in notifications:
        request, recipient = each.request, each.recipient
        told = each.live or each.told_by is not None
        if not told or recipient is None or not recipient.person or not isinstance(request.content, NoticeData):
            continue
        occasion, told_as = each.told_by or (request.id, recipient.person)
        one = NoticeTold(
            notice=request.content.id,
            contract=request.contract,
            person=recipient.person,
            occasion=occasion,
            told_as=told_as,
            kind=request.kind,
            revision=request.content.revision,
            staff=recipient.side is Side.SUPPORT,
            at=now,
        )
        (further if request.level > 1 else addressed)[one.notice, one.contract, one.person] = one
    return list(addressed.values()), list(further.values())


def paged_in_rounds(sent_before: Iterable[DeliveryRow]) -> frozenset[tuple[RoundKey, str]]:
    """Return who was paged in which round, as pairs ((alert, episode, round), person).

    A round is one pass through the levels of an escalation. An episode is one opening of an alert, counted from 1.
    Failed, undeliverable and cancelled pages are left out. Messages about a critical fix count only from level 2 on,
    because level 1 goes to the people entitled to the fix.

    Args:
        sent_before: Earlier deliveries.
    """
    lost = (DeliveryState.FAILED, DeliveryState.UNDELIVERABLE, DeliveryState.CANCELLED)
    return frozenset(
        ((row.alert, row.episode, row.round), row.person)
        for row in sent_before
        if row.state not in lost
        and (row.kind is MessageKind.PAGE or (row.kind is MessageKind.CRITICAL_FIX and row.level > 1))
    )


# Of a person's pages, the one most surely sent is the one that later messages refer to.
_NEVER_SEEN = frozenset({UnsentReason.TAKEN_BACK, UnsentReason.REOPENED})
_SUREST = {DeliveryState.SENT: 0, DeliveryState.SENDING: 1, DeliveryState.RETRYING: 2, DeliveryState.QUEUED: 3}


def closing_recipients(
    rows: Iterable[DeliveryRow],
    cancel_reasons: Mapping[str, UnsentReason],
    requests: Iterable[NotificationRequest] = (),
) -> dict[tuple[str, int], tuple[PagedPerson, ...]]:
    """Return to whom to send the message that an episode of an alert has ended: (alert id, episode) -> people.

    An episode is one opening of an alert, counted from 1. The people are those whom a page of the episode reached or
    may reach. A closing message (which says that the alert has ended) in `requests` also goes to a person paged in an
    earlier episode under the same contract, in two cases:

    - No closing message was sent to the person since.
    - The last closing message said "no breach", and the target was missed after all.

    Args:
        rows: Pages, pages that only inform, and closing messages. Critical fixes are skipped.
        cancel_reasons: Maps an alert's id to the reason why its queued pages are cancelled. If the reason is TAKEN_BACK
            or REOPENED, a page that nobody can have seen is skipped: it was not attempted, and is not in a digest (a
            mail that collects several messages).
        requests: The requests for the closing messages.
    """
    best: dict[tuple[str, int, str], DeliveryRow] = {}
    heard: dict[tuple[str, str], DeliveryRow] = {}
    for row in map(_as_far_as_it_came, rows):
        key = (row.alert, row.episode, row.person)
        unseen = cancel_reasons.get(row.alert) in _NEVER_SEEN and not row.carried_by and not row.attempts
        if row.state not in _SUREST or row.kind is MessageKind.CRITICAL_FIX:
            continue
        if row.kind in _CLOSING:
            before = heard.get((row.alert, row.person))
            if before is None or (before.episode, before.created_at) <= (row.episode, row.created_at):
                heard[row.alert, row.person] = row
        elif not unseen and (key not in best or _SUREST[row.state] < _SUREST[best[key].state]):
            best[key] = row
    found: dict[tuple[str, int], dict[str, PagedPerson]] = {}
    for (alert, episode, person), row in best.items():
        found.setdefault((alert, episode), {})[person] = _paged(row)
    for request in requests:
        if request.kind not in _CLOSING:
            continue
        theirs = found.setdefault((request.alert, request.episode), {})
        for (alert, episode, person), row in best.items():
            earlier = alert == request.alert and episode < request.episode and row.contract == request.contract
            if earlier and person not in theirs and _is_owed(row, heard.get((alert, person)), request):
                theirs[person] = _paged(row)
    return {place: tuple(people.values()) for place, people in found.items()}


def _is_owed(page: DeliveryRow, heard: DeliveryRow | None, request: NotificationRequest) -> bool:
    """Whether somebody paged in an earlier episode is to hear this end. `heard`: the last closing message to them."""
    if heard is None or heard.episode < page.episode:
        return True
    return heard.kind is MessageKind.TAKEN_BACK and request.outcome == CloseReason.MISSED.value


def _paged(row: DeliveryRow) -> PagedPerson:
    on_its_way = row.carried_by or (row.id if row.state is DeliveryState.SENDING else "")
    return PagedPerson(row.person, f"{row.channel}:{row.address}", "" if row.state.final else on_its_way)


def _as_far_as_it_came(row: DeliveryRow) -> DeliveryRow:
    """A page that was given up or cut off and yet may have arrived has been seen, for all that we know."""
    ended = row.state in (DeliveryState.CANCELLED, DeliveryState.FAILED)
    return replace(row, state=DeliveryState.SENT) if ended and row.possibly_duplicate else row


def open_closing_messages(rows: Iterable[DeliveryRow]) -> tuple[ClosingMessage, ...]:
    """Return the closing messages (an alert has ended) among these deliveries that are not in a final state yet."""
    return tuple(
        ClosingMessage(row.alert, row.episode, row.person, row.carried_by or row.id)
        for row in rows
        if row.kind in _CLOSING and not row.state.final
    )


def first_paged_episodes(sent_before: Iterable[DeliveryRow]) -> dict[tuple[str, str, datetime], int]:
    """Return in which episode (opening) of its alert people were first notified of each breach.

    The result maps (alert id, contract, breached due instant) to the number of the episode, from 1. Only messages that
    were sent, attempted or put into a digest (a mail that collects several messages) matter, even if they failed.

    Args:
        sent_before: Deliveries other than closing messages.
    """
    first: dict[tuple[str, str, datetime], int] = {}
    for row in sent_before:
        if row.attempts or row.state is DeliveryState.SENT or row.carried_by:
            place = (row.alert, row.contract, row.due_at)
            first[place] = min(row.episode, first.get(place, row.episode))
    return first


def _may_wait(batch: ChangeSet) -> frozenset[str]:
    """The incidents of which a message may wait for the end of quiet hours."""
    found = (each.content.incident for each in batch.requests if isinstance(each.content, ClockFact))
    return frozenset(filter(None, found))


def _late(batch: ChangeSet) -> frozenset[str]:
    return frozenset(each.incident for each in batch.alerts.values() if each.state is not AlertState.CLOSED)


async def _note_held(connection: AsyncConnection, batch: ChangeSet, now: datetime) -> None:
    """What waits about incidents that are broken now leaves; where somebody takes care, it is needless."""
    taken = {
        id_
        for id_, after in batch.alerts.items()
        if after.state is AlertState.ACKNOWLEDGED
        and ((before := batch.known.get(id_)) is None or before.state is not AlertState.ACKNOWLEDGED)
    }
    incidents = {each.incident for each in batch.alerts.values() if each.incident}
    await holds.look(connection, incidents, now)
    cared_for = {batch.alerts[id_].incident for id_ in taken} - {""}
    await holds.end(connection, cared_for, UnsentReason.ACKNOWLEDGED, now)


async def _hold(connection: AsyncConnection, ending: Collection[str]) -> None:
    """Keep senders from the waiting pages of alerts that end, until all is written.

    (SQLite has one writer anyway.) Of pages in a digest the digest is held: a sender that records the end of one locks
    it before what it carried.
    """
    if not ending:
        return
    waiting = select(_d.c.id).where(_d.c.alert.in_(sorted(ending)), _d.c.state.in_(_WAITING), _d.c.carried_by == "")
    await connection.execute(waiting.order_by(_d.c.next_at, _d.c.id).with_for_update())


async def _carriers(connection: AsyncConnection, ending: Collection[str]) -> frozenset[str]:
    """The digests that the waiting pages of these alerts are in."""
    if not ending:
        return frozenset()
    carried = select(_d.c.carried_by).where(_d.c.alert.in_(sorted(ending)), _d.c.state.in_(_WAITING))
    return frozenset((await connection.execute(carried.where(_d.c.carried_by != "").distinct())).scalars())


async def _deliveries_of(connection: AsyncConnection, ids: Collection[str]) -> list[DeliveryRow]:
    """Every page and every closing message of these alerts so far."""
    if not ids:
        return []
    kinds = [*_ESCALATED, *(kind.value for kind in sorted(_CLOSING))]
    statement = select(_d).where(_d.c.alert.in_(sorted(ids)), _d.c.kind.in_(kinds)).order_by(_d.c.created_at)
    return [row_of(dict(row)) for row in (await connection.execute(statement)).mappings()]


async def _raise_turns(connection: AsyncConnection, new: Iterable[DeliveryRow]) -> None:
    """A closing message that waits has the turn of the page that must follow it, or it would keep that page waiting."""
    turns = [
        {"b_id": row.follows, "b_turn": row.turn}
        for row in sorted(new, key=lambda row: (row.follows, row.turn))
        if row.follows and row.state is DeliveryState.QUEUED and row.kind not in _CLOSING
    ]
    if turns:
        # Written out: a list of values (`in_`) cannot be bound in a statement for several rows.
        waits = or_(*(_d.c.state == state for state in _WAITING))
        sooner = update(_d).where(_d.c.id == bindparam("b_id"), _d.c.turn > bindparam("b_turn"), waits)
        await connection.execute(sooner.values(turn=bindparam("b_turn")), turns)


async def _cancel_withdrawn(connection: AsyncConnection, ids: Collection[str], now: datetime) -> list[DeliveryRow]:
    """End what nobody has seen of notices that are withdrawn; who was not told needs no word of the end either."""
    if not ids:
        return []
    about = (MessageKind.CRITICAL_FIX.value, MessageKind.ADVISORY.value)
    unseen = and_(_d.c.state == DeliveryState.QUEUED.value, _d.c.attempts == 0, _d.c.carried_by == "")
    statement = (
        update(_d)
        .where(_d.c.notice.in_(sorted(ids)), _d.c.kind.in_(about), unseen)
        .values(state=DeliveryState.CANCELLED.value, reason=UnsentReason.WITHDRAWN.value, finished_at=now)
        .returning(_d)
    )
    return [row_of(dict(row)) for row in (await connection.execute(statement)).mappings()]


async def _cancel_pages(
    connection: AsyncConnection, reasons: Mapping[str, UnsentReason], gathering: Collection[str], now: datetime
) -> list[DeliveryRow]:
    """End the queued pages of alerts that need no answer any more, those of digests that have not left too.

    What is being sent is left to its sender.
    """
    unsent = or_(_d.c.carried_by == "", _d.c.carried_by.in_(sorted(gathering)))
    ended: list[DeliveryRow] = []
    for reason in dict.fromkeys(reasons.values()):
        ids = sorted(alert for alert, why in reasons.items() if why is reason)
        asks = or_(
            _d.c.kind.in_([MessageKind.PAGE.value, MessageKind.INFO.value]),
            and_(_d.c.kind == MessageKind.CRITICAL_FIX.value, _d.c.level > 1),
        )
        statement = (
            update(_d)
            .where(_d.c.alert.in_(ids), asks, _d.c.state.in_(_WAITING), unsent)
            .values(state=DeliveryState.CANCELLED.value, reason=reason.value, finished_at=now, carried_by="")
            .returning(_d)
        )
        ended += [row_of(dict(row)) for row in (await connection.execute(statement)).mappings()]
    return [replace(row, state=DeliveryState.CANCELLED) for row in ended]
