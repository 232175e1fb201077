"""A question whether a lower priority is agreed: when it is asked again, when it expires, what an answer changes. Pure.

It is about one proposal, and goes to everybody of the customer whom the rules tell of it. The first answer counts.
Until then, and without an answer, the priority in force goes on to apply.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from sla_domain.fact import DowngradeProposed, DowngradeSettled
from sla_domain.tell import Happening
from sla_notifier.alert.request import NotificationRequest, TellRecipients
from sla_notifier.delivery.state import MessageKind
from sla_platform.wire import ClockFact, DeliveryFact
from sla_platform.wire.clock import fact_id

ANSWER_WITHIN = timedelta(days=7)
REMIND_AFTER = (timedelta(days=1), timedelta(days=3))
"""How long after the question each reminder is sent."""


class QuestionState(StrEnum):
    """The state of a question to a customer, whether a lower priority is agreed.

    Only an open question can be answered.
    """

    OPEN = "open"
    AGREED = "agreed"
    DECLINED = "declined"
    GONE = "gone"
    """The proposal of a lower priority was withdrawn or decided otherwise."""
    EXPIRED = "expired"
    """Nobody answered in time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question to the customer's people whether a lower priority is agreed."""

    id: str
    occasion: str
    """The event id of the fact that published the proposal."""
    incident: str
    contract: str
    content: str
    """The fact that published the proposal, as JSON."""
    people: tuple[str, ...]
    """Ids of the people who are asked."""
    state: QuestionState
    asked_at: datetime
    expires_at: datetime
    reminders: int = 0
    """How many reminders were sent."""
    next_at: datetime | None = None
    """When the next reminder or the expiry is due. None unless the question is open."""
    ended_at: datetime | None = None
    """When the question was answered, expired, or lost its proposal. None while the question is open."""
    answered_by: str = ""
    """Id of the person who answered. "" if nobody did."""

    @property
    def fact(self) -> ClockFact:
        """Return the published event that contains the proposal of a lower priority."""
        return ClockFact.model_validate_json(self.content)


def question_id(occasion: str) -> str:
    """Return the id of the question about a proposal of a lower priority: 32 hexadecimal digits.

    Args:
        occasion: The id of the event that published the proposal. The same event id always gives the same question id.
    """
    return hashlib.sha256(occasion.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def settled_question(fact: ClockFact) -> str:
    """Return the id of the question that a fact makes needless, as it decides the proposal; "" if there is none.

    A question asks the customer's people whether a proposed lower priority is agreed. The proposal may be decided
    elsewhere, for example in the ticket.

    Args:
        fact: The published event about the incident.
    """
    body = fact.body
    if not isinstance(body, DowngradeSettled) or not body.proposal:
        return ""
    return question_id(fact_id(None, fact.incident, body.proposal))


def ask(request: NotificationRequest, person: str, now: datetime) -> Question | None:
    """Return the question that a message asks a person of the customer; None if the message asks nothing.

    Args:
        request: What the message is about. Only a proposal of a lower priority asks a question.
        person: The person's id.
        now: The present instant, from which the time for an answer counts.
    """
    fact = request.content
    if request.happening is not Happening.DOWNGRADE_PROPOSED or not isinstance(fact, ClockFact):
        return None
    if not isinstance(fact.body, DowngradeProposed) or request.answer_by is not None:
        return None
    occasion = request.id.removesuffix("#told")
    return Question(
        id=question_id(occasion),
        occasion=occasion,
        incident=fact.incident,
        contract=request.contract,
        content=fact.model_dump_json(exclude_defaults=True),
        people=(person,),
        state=QuestionState.OPEN,
        asked_at=now,
        expires_at=now + ANSWER_WITHIN,
        next_at=now + REMIND_AFTER[0],
    )


def remind(before: Question, now: datetime) -> tuple[Question, NotificationRequest | None]:
    """Return a question after its due reminder or expiry, and the request to send the reminder.

    A question asks the customer's people whether a lower priority is agreed. If the question expires, the request is
    None. If nothing is due at `now`, or the question is not open, the question is returned unchanged, with None.

    Args:
        before: The question before the change.
        now: The present instant.
    """
    if before.state is not QuestionState.OPEN or before.next_at is None or before.next_at > now:
        return before, None
    if before.expires_at <= now:
        return _ended(before, QuestionState.EXPIRED, now), None
    reminders = sum(before.asked_at + span <= now for span in REMIND_AFTER)
    later = [before.asked_at + span for span in REMIND_AFTER[reminders:]]
    after = replace(before, reminders=reminders, next_at=min([*later, before.expires_at]))
    fact = before.fact
    return after, NotificationRequest(
        id=f"{before.occasion}#reminder-{reminders}",
        kind=MessageKind.HAPPENING,
        at=now,
        contract=before.contract,
        content=fact,
        audience=(TellRecipients(before.people),),
        happening=Happening.DOWNGRADE_PROPOSED,
        answer_by=before.expires_at,
    )


def answer(before: Question, person: str, agreed: bool, now: datetime) -> Question:
    """Return a question to a customer as answered by a person; unchanged if it is not open or has expired.

    Args:
        before: The question before the answer.
        person: The person's id.
        agreed: Whether the person agrees to the lower priority.
        now: When the person answered.
    """
    if before.state is not QuestionState.OPEN or before.expires_at <= now:
        return before
    state = QuestionState.AGREED if agreed else QuestionState.DECLINED
    return replace(_ended(before, state, now), answered_by=person)


def settle(before: Question, now: datetime) -> Question:
    """Return a question to a customer as ended without an answer (GONE); unchanged if it is not open.

    Call this if the proposal of a lower priority was decided elsewhere, for example in the ticket.

    Args:
        before: The question before the change.
        now: When the question ended.
    """
    return _ended(before, QuestionState.GONE, now) if before.state is QuestionState.OPEN else before


def question_fact(question: Question, name: str) -> tuple[str, DeliveryFact]:
    """Return the event that publishes the end of a question, as (event id, data).

    Args:
        question: The question, answered or expired.
        name: The name of the person who answered. "" if nobody did.
    """
    assert question.ended_at is not None
    body = question.fact.body
    fact = DeliveryFact(
        what=f"question.{question.state.value}",
        incident=question.incident,
        contract=question.contract,
        recipient=question.answered_by,
        at=question.ended_at,
        due_at=question.expires_at,
        by=name,
        priority=body.new if isinstance(body, DowngradeProposed) else "",
    )
    return f"question/{question.id}", fact


def _ended(before: Question, state: QuestionState, now: datetime) -> Question:
    return replace(before, state=state, next_at=None, ended_at=now)
