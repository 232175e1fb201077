"""Following an acknowledgement link: GET shows what it is about and a button, POST records the answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import assert_never

from sla_notifier.acknowledge.acknowledge import AckBy, Acknowledger
from sla_notifier.acknowledge.digest_links import DigestAckLinks
from sla_notifier.acknowledge.link_order import SPANS, AckOrder, LinkOrder, PassOrder, SnoozeOrder, TakeOrder
from sla_notifier.acknowledge.named import name_of, subject_of
from sla_notifier.acknowledge.orders import OrderRefused, Orders, people_to_pass_to
from sla_notifier.acknowledge.page import AckChoices, AckPage, AckPageKind
from sla_notifier.alert import store as alerts
from sla_notifier.alert.acknowledging import AckAnswer
from sla_notifier.alert.alert import Alert, AlertKind, AlertState, ExpiryReason
from sla_notifier.context import NotifierContext
from sla_notifier.delivery.row import DeliveryRow
from sla_notifier.delivery.told import messages_to
from sla_notifier.link import BadLink, Claim
from sla_notifier.notification.directory import contract_of, metric_in_words

LINK = "link"
ACKNOWLEDGE = AckOrder()
_WITH_CHOICES = frozenset({AckPageKind.ASK, AckPageKind.ALREADY, AckPageKind.THANKS, AckPageKind.NOT_DONE})


class AckLinks:
    """The web pages behind the acknowledgement links (`/ack/{token}`) in messages: `look` for GET, `act` for POST.

    Links in digests (mails that collect several messages) are handled too.

    Args:
        acknowledger: Acknowledges the alerts.
    """

    def __init__(self, context: NotifierContext, acknowledger: Acknowledger) -> None:
        self._context = context
        self._acknowledger = acknowledger
        self._orders = Orders(context)
        self._listed = DigestAckLinks(context, acknowledger)

    async def look(self, token: str) -> AckPage:
        """Return the page for an acknowledgement link; change nothing.

        The page shows the alert, or the alerts of a digest (a mail that collects several messages). Open alerts have a
        button to acknowledge. If the token is forged, cut off or expired, or the alert no longer exists, the page says
        so. An alert that belongs to another contract now is shown as closed, under the subject of the last message that
        this person got about it. Opening a link does not acknowledge, because mail scanners open links too.

        Args:
            token: The last part of the link.
        """
        claim = await self._claim(token)
        if isinstance(claim, AckPage):
            return claim
        if claim.digest:
            return await self._listed.look(claim)
        async with self._context.store.reading() as connection:
            alert = await alerts.find(connection, claim.alert)
            told = await messages_to(connection, claim.alert, claim.person)
        if alert is None:
            return self._unknown()
        return self._answer(claim, alert, _shown(alert)) if _theirs(alert, told) else self._moved(alert, told[0])

    async def bad_link(self, token: str) -> AckPage | None:
        """Return the page that says why a link is not accepted; None for a link that slad has written.

        Call it before the body of a request is read.

        Args:
            token: The last part of the link.
        """
        claim = await self._claim(token)
        return claim if isinstance(claim, AckPage) else None

    async def act(self, token: str, asked: LinkOrder = ACKNOWLEDGE) -> AckPage:
        """Do what the form on the page of an acknowledgement link asks for; return the page with the result.

        The link is for one alert, or for the alerts of a digest (a mail that collects several messages). If one message
        about a critical fix named several contracts, the alerts of all these contracts are acknowledged. If nothing
        could be acknowledged, the page says why:

        - The token is forged, cut off or expired.
        - The alert no longer exists, or belongs to another contract now.
        - The alert was acknowledged or closed before.

        The form may also ask to take over an alert of a clock that somebody else has acknowledged, to pass it to
        another person, or to snooze it. If another clock of the incident is due before the end of the snooze, the page
        asks for a confirmation.

        Args:
            token: The last part of the link.
            asked: What the reader wants to do, from the form. A digest can only be acknowledged.
        """
        claim = await self._claim(token)
        if isinstance(claim, AckPage):
            return claim
        if claim.digest:
            return await self._listed.act(claim)
        async with self._context.store.reading() as connection:
            alert = await alerts.find(connection, claim.alert)
            told = await messages_to(connection, claim.alert, claim.person)
        if alert is None:
            return self._unknown()
        if not _theirs(alert, told):
            return self._moved(alert, told[0])
        by = AckBy.person(claim.person, LINK)
        if not isinstance(asked, AckOrder):
            return await self._ordered(token, claim, alert, asked, by)
        done = await self._acknowledger.acknowledge(claim.alert, by, contract=alert.contract, together=True)
        if done is None:  # it is gone or has moved on just now
            return await self.look(token)
        return self._answer(
            claim, done.alert, AckPageKind.THANKS if done.answer is AckAnswer.DONE else _shown(done.alert)
        )

    async def _ordered(
        self, token: str, claim: Claim, alert: Alert, asked: TakeOrder | PassOrder | SnoozeOrder, by: AckBy
    ) -> AckPage:
        now = self._context.time_source.now()
        until: datetime | None = None
        match asked:
            case TakeOrder():
                shown, done = AckPageKind.THANKS, await self._orders.take(alert.id, by, alert.contract)
            case PassOrder(to):
                shown, done = AckPageKind.PASSED, await self._orders.pass_to(alert.id, to, by, alert.contract)
            case SnoozeOrder(span, past_deadline):
                shown, until = AckPageKind.SNOOZED, now + span
                done = await self._orders.snooze(alert.id, until, by, alert.contract, past_deadline=past_deadline)
            case _:
                assert_never(asked)
        if done is None:  # it is gone or has moved on just now
            return await self.look(token)
        if isinstance(done, OrderRefused):
            return self._refused(claim, done, asked, until)
        if done.answer is AckAnswer.CLOSED:
            return self._answer(claim, done.alert, AckPageKind.CLOSED)
        page = self._answer(claim, done.alert, shown)
        if shown is AckPageKind.PASSED:
            return replace(page, who=name_of(self._context.catalogue(), done.alert, done.alert.passed_to))
        return replace(page, at=until, expires_at=None) if shown is AckPageKind.SNOOZED else page

    def _refused(
        self, claim: Claim, refused: OrderRefused, asked: TakeOrder | PassOrder | SnoozeOrder, until: datetime | None
    ) -> AckPage:
        due = refused.deadline
        if due is None or not isinstance(asked, SnoozeOrder):
            return self._answer(claim, refused.alert, AckPageKind.NOT_DONE)
        page = self._answer(claim, refused.alert, AckPageKind.CONFIRM_SNOOZE)
        metric = metric_in_words(self._context.catalogue(), due.plan, due.metric, page.language)
        return replace(page, who=metric, at=due.due_at, until=until, choices=AckChoices(spans=(asked.span,)))

    async def _claim(self, token: str) -> Claim | AckPage:
        links = self._context.render_config.links
        await links.secret.read(self._context.store, self._context.time_source.now())
        found = links.read(token, self._context.time_source.now())
        match found:
            case BadLink.MALFORMED:
                return AckPage(shown=AckPageKind.BAD, link=links.board())
            case BadLink.INCOMPLETE:
                return AckPage(shown=AckPageKind.INCOMPLETE, link=links.board())
            case BadLink.FOREIGN:
                return AckPage(shown=AckPageKind.FOREIGN, link=links.board())
            case BadLink.EXPIRED:
                return AckPage(shown=AckPageKind.EXPIRED, link=links.board())
            case Claim():
                return found

    def _unknown(self) -> AckPage:
        return AckPage(shown=AckPageKind.UNKNOWN, link=self._context.render_config.links.board())

    def _moved(self, alert: Alert, last: DeliveryRow) -> AckPage:
        """The page for somebody whose contract the alert has left: what it is called by now is another contract's."""
        config = self._context.render_config
        catalogue = self._context.catalogue()
        contract = contract_of(catalogue, last.contract)
        person = catalogue.rulebook.person(contract, last.person)
        return AckPage(
            shown=AckPageKind.CLOSED,
            language=person.language if person is not None else "",
            what=last.subject,
            at=alert.opened_at,  # under its present contract
            zone=contract.zone,
            link=config.links.board(),
        )

    def _answer(self, claim: Claim, alert: Alert, shown: AckPageKind) -> AckPage:
        catalogue, links = self._context.catalogue(), self._context.render_config.links
        contract = contract_of(catalogue, alert.contract)
        person = catalogue.rulebook.person(contract, claim.person)
        who = alert.acknowledged_by if shown is AckPageKind.ALREADY else claim.person
        return AckPage(
            shown=shown,
            language=person.language if person is not None else "",
            what=subject_of(catalogue, alert, person.language if person is not None else ""),
            who=name_of(catalogue, alert, who),
            at=_when(alert, shown),
            zone=contract.zone,
            choices=self._choices(claim, alert) if shown in _WITH_CHOICES else None,
            expires_at=alert.expires_at if shown in (AckPageKind.THANKS, AckPageKind.ALREADY) else None,
            idle=alert.expires_because is ExpiryReason.IDLE,
            link=links.incident(alert.incident) if alert.incident else links.board(),
        )

    def _choices(self, claim: Claim, alert: Alert) -> AckChoices | None:
        """What else can be done with an alert of a clock; a critical fix has no due instant, and is not passed."""
        if alert.kind is not AlertKind.CLOCK:
            return None
        there = people_to_pass_to(self._context.catalogue(), alert, self._context.time_source.now())
        return AckChoices(
            take=alert.state is AlertState.ACKNOWLEDGED and alert.acknowledged_by != claim.person,
            people=tuple((person.id, person.name) for person in there if person.id != claim.person),
            spans=SPANS,
        )


def _theirs(alert: Alert, told: Sequence[DeliveryRow]) -> bool:
    """Whether the person has been told of the alert under the contract that it is under now."""
    return not told or any(row.contract == alert.contract for row in told)


def _shown(alert: Alert) -> AckPageKind:
    match alert.state:
        case AlertState.OPEN:
            return AckPageKind.ASK
        case AlertState.ACKNOWLEDGED:
            return AckPageKind.ALREADY
        case AlertState.CLOSED:
            return AckPageKind.CLOSED


def _when(alert: Alert, shown: AckPageKind) -> datetime | None:
    return alert.closed_at if shown is AckPageKind.CLOSED else alert.acknowledged_at
