"""Following the link of a question: GET shows it with two buttons, POST records the answer, so scanners do nothing."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncConnection

from sla_domain.contract import Person, Side
from sla_domain.fact import DowngradeProposed
from sla_notifier import tables
from sla_notifier.acknowledge.page import AckPage, AckPageKind
from sla_notifier.context import NotifierContext
from sla_notifier.link import BadLink
from sla_notifier.notification.directory import contract_of, priority_in_words
from sla_notifier.question import store
from sla_notifier.question.question import Question, QuestionState, answer, question_fact
from sla_notifier.text.words import one_line
from sla_platform.audit import store as audit
from sla_platform.audit.act import Act, ActName, ActorKind, AuditActor, Command
from sla_platform.store import log as logs
from sla_platform.store.instant import store_now
from sla_platform.wire import encode_delivery_fact

YES, NO = "yes", "no"
_SHOWN = {
    QuestionState.OPEN: AckPageKind.QUESTION_ASK,
    QuestionState.AGREED: AckPageKind.QUESTION_WAS_AGREED,
    QuestionState.DECLINED: AckPageKind.QUESTION_WAS_DECLINED,
    QuestionState.GONE: AckPageKind.QUESTION_GONE,
    QuestionState.EXPIRED: AckPageKind.QUESTION_EXPIRED,
}
_THANKS = {
    QuestionState.AGREED: AckPageKind.QUESTION_AGREED,
    QuestionState.DECLINED: AckPageKind.QUESTION_DECLINED,
}


class QuestionLinks:
    """The pages behind the links (`/answers/{token}`) in questions to the customer: `look` for GET, `act` for POST.

    A question asks whether a lower priority of an incident is agreed.
    """

    def __init__(self, context: NotifierContext) -> None:
        self._context = context

    async def look(self, token: str) -> AckPage:
        """Return the page for the link of a question; change nothing.

        An open question has a button for each answer. Otherwise the page says one of these: the answer that was given;
        that the question has expired or is settled; or why the link is not accepted.

        Args:
            token: The last part of the link.
        """
        claim = await self._claim(token)
        if isinstance(claim, AckPage):
            return claim
        id_, person = claim
        async with self._context.store.reading() as connection:
            question = await store.find(connection, id_)
            now = await store_now(connection, self._context.time_source)
        if question is None:
            return AckPage(shown=AckPageKind.LINK_BAD)
        if question.state is QuestionState.OPEN and question.expires_at <= now:
            return self._page(question, person, AckPageKind.QUESTION_EXPIRED)
        return self._page(question, person, _SHOWN[question.state])

    async def bad_link(self, token: str) -> AckPage | None:
        """Return the page that says why a link is not accepted; None for a link that slad has written.

        Call it before the body of a request is read.

        Args:
            token: The last part of the link.
        """
        claim = await self._claim(token)
        return claim if isinstance(claim, AckPage) else None

    async def act(self, token: str, said: str) -> AckPage:
        """Record the answer to a question and return the page with the result.

        Nothing is recorded, and the page says why, if the question has been answered, has expired or is settled, or if
        the person no longer belongs to the customer.

        Args:
            token: The last part of the link.
            said: The answer, `yes` or `no`. For anything else the page asks again.
        """
        claim = await self._claim(token)
        if isinstance(claim, AckPage) or said not in (YES, NO):
            return claim if isinstance(claim, AckPage) else await self.look(token)
        id_, person = claim
        async with self._context.store.transaction() as connection:
            now = await store_now(connection, self._context.time_source)
            before = await store.find(connection, id_, lock=True)
            who = None if before is None else self._person(before, person)
            after = None if before is None or who is None else answer(before, person, said == YES, now)
            if after is not None and who is not None and after is not before:
                await store.save(connection, after)
                await _publish(connection, after, who)
        if after is None or after is before:
            return await self.look(token)
        self._context.signal()
        return self._page(after, person, _THANKS[after.state])

    async def _claim(self, token: str) -> tuple[str, str] | AckPage:
        links, now = self._context.render_config.links, self._context.time_source.now()
        await links.secret.read(self._context.store, now)
        found = links.question_of(token, now)
        match found:
            case BadLink.EXPIRED:
                return AckPage(shown=AckPageKind.QUESTION_EXPIRED)
            case BadLink():
                return AckPage(shown=AckPageKind.LINK_BAD)
            case _:
                return found

    def _person(self, question: Question, id_: str) -> Person | None:
        """Who may answer: whoever was asked, while they belong to the customer."""
        catalogue, now = self._context.catalogue(), self._context.time_source.now()
        contract = contract_of(catalogue, question.contract)
        person = catalogue.rulebook.person(contract, id_)
        if person is None or person.side is not Side.CUSTOMER or person.gone(now, contract.zone):
            return None
        return person

    def _page(self, question: Question, id_: str, shown: AckPageKind) -> AckPage:
        catalogue = self._context.catalogue()
        contract, fact = contract_of(catalogue, question.contract), question.fact
        person = self._person(question, id_)
        if person is None:
            return AckPage(shown=AckPageKind.QUESTION_NOT_YOURS)
        language = self._context.render_config.texts.language(person.language)
        body = fact.body
        named = (body.old, body.new) if isinstance(body, DowngradeProposed) else ("", "")
        old, new = (priority_in_words(catalogue, fact.plan, each, language) for each in named)
        by = catalogue.rulebook.person(contract, question.answered_by) if question.answered_by else None
        ended = question.ended_at
        return AckPage(
            shown=shown,
            language=person.language,
            what=one_line(f"{fact.ticket_key} {fact.title}".strip(), 160),
            who=by.name if by is not None else question.answered_by,
            at=question.expires_at if shown in (AckPageKind.QUESTION_ASK, AckPageKind.QUESTION_EXPIRED) else ended,
            zone=contract.zone,
            old=old,
            new=new,
        )


async def _publish(connection: AsyncConnection, question: Question, who: Person) -> None:
    """The answer goes to the log, from where it becomes an event of the incident, and to the audit."""
    assert question.ended_at is not None
    id_, fact = question_fact(question, who.name)
    await logs.append(connection, tables.log, [encode_delivery_fact(fact, id_)])
    act = Act(
        name=ActName.QUESTION_ANSWERED,
        command=Command(AuditActor(ActorKind.PERSON, who.id)),
        object=question.id,
        contract=question.contract,
        details={"answer": question.state.value, "incident": question.incident, "priority": fact.priority},
    )
    await audit.append(connection, tables.audit, [act], question.ended_at)
