"""Following an acknowledgement link: GET shows what it is about and a button, POST records the answer."""

from __future__ import annotations

from datetime import datetime

from sla_notifier.acknowledge.acknowledge import AckBy, Acknowledger
from sla_notifier.acknowledge.digest_links import DigestAckLinks
from sla_notifier.acknowledge.named import name_of, subject_of
from sla_notifier.acknowledge.page import AckPage, AckPageKind
from sla_notifier.alert import store as alerts
from sla_notifier.alert.acknowledging import AckAnswer
from sla_notifier.alert.alert import Alert, AlertState
from sla_notifier.context import NotifierContext
from sla_notifier.link import BadLink, Claim
from sla_notifier.notification.directory import contract_of

LINK = "link"


class AckLinks:
    """Answers `/ack/{token}`, the acknowledgement link of a message: `look` shows a page, `act` acknowledges.

    `acknowledger`: does it. The links in digests (mails that collect several messages) are answered too.
    """

    def __init__(self, context: NotifierContext, acknowledger: Acknowledger) -> None:
        self._context = context
        self._acknowledger = acknowledger
        self._listed = DigestAckLinks(context, acknowledger)

    async def look(self, token: str) -> AckPage:
        """Return the page for a link: what the alert is about, and a button; nothing is acknowledged.

        Opening a link must change nothing, because mail scanners follow links. A token that is not accepted, or whose
        alert is gone, has a page that says so.
        """
        claim = await self._claim(token)
        if isinstance(claim, AckPage):
            return claim
        if claim.digest:
            return await self._listed.look(claim)
        async with self._context.store.reading() as connection:
            alert = await alerts.find(connection, claim.alert)
        return self._unknown() if alert is None else self._answer(claim, alert, _shown(alert))

    async def act(self, token: str) -> AckPage:
        """Acknowledge the alert or the digest of a link and return the page that says what was done.

        A token that is not accepted, an alert that is gone, and one acknowledged or closed before have pages that say
        so.
        """
        claim = await self._claim(token)
        if isinstance(claim, AckPage):
            return claim
        if claim.digest:
            return await self._listed.act(claim)
        done = await self._acknowledger.acknowledge(claim.alert, AckBy.person(claim.person, LINK))
        if done is None:
            return self._unknown()
        return self._answer(
            claim, done.alert, AckPageKind.THANKS if done.answer is AckAnswer.DONE else _shown(done.alert)
        )

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

    def _answer(self, claim: Claim, alert: Alert, shown: AckPageKind) -> AckPage:
        catalogue, links = self._context.catalogue(), self._context.render_config.links
        contract = contract_of(catalogue, alert.contract)
        person = contract.people.get(claim.person)
        who = alert.acknowledged_by if shown is AckPageKind.ALREADY else claim.person
        return AckPage(
            shown=shown,
            language=person.language if person is not None else "en",
            what=subject_of(alert),
            who=name_of(catalogue, alert, who),
            at=_when(alert, shown),
            zone=contract.zone,
            link=links.incident(alert.incident) if alert.incident else links.board(),
        )


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
