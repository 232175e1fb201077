"""Following an acknowledgement link: GET shows what it is about and a button, POST records the answer."""

from __future__ import annotations

from datetime import datetime

from sla_notifier.acknowledge.acknowledge import Acknowledger
from sla_notifier.acknowledge.listed import ListedAnswers
from sla_notifier.acknowledge.named import name_of, subject_of
from sla_notifier.acknowledge.page import Answer, Shown
from sla_notifier.alert import store as alerts
from sla_notifier.alert.alert import Alert, AlertState
from sla_notifier.alert.decide import AckAnswer
from sla_notifier.desk import Desk
from sla_notifier.link import BadLink, Claim
from sla_notifier.telling.directory import contract_of

LINK = "link"


class LinkAnswers:
    """The use case behind `/ack/{token}`."""

    def __init__(self, desk: Desk, acknowledger: Acknowledger) -> None:
        self._desk = desk
        self._acknowledger = acknowledger
        self._listed = ListedAnswers(desk, acknowledger)

    async def look(self, token: str) -> Answer:
        """What the link is about; changes nothing, because mail scanners follow links."""
        claim = await self._claim(token)
        if isinstance(claim, Answer):
            return claim
        if claim.digest:
            return await self._listed.look(claim)
        async with self._desk.store.reading() as connection:
            alert = await alerts.find(connection, claim.alert)
        return self._unknown() if alert is None else self._answer(claim, alert, _shown(alert))

    async def act(self, token: str) -> Answer:
        """Record the answer. A second one, and one after the end, are answered kindly."""
        claim = await self._claim(token)
        if isinstance(claim, Answer):
            return claim
        if claim.digest:
            return await self._listed.act(claim)
        done = await self._acknowledger.acknowledge(claim.alert, claim.person, LINK)
        if done is None:
            return self._unknown()
        return self._answer(claim, done.alert, Shown.THANKS if done.answer is AckAnswer.DONE else _shown(done.alert))

    async def _claim(self, token: str) -> Claim | Answer:
        links = self._desk.manner.links
        await links.secret.read(self._desk.store, self._desk.time.now())
        found = links.read(token, self._desk.time.now())
        match found:
            case BadLink.MALFORMED:
                return Answer(shown=Shown.BAD, link=links.board())
            case BadLink.INCOMPLETE:
                return Answer(shown=Shown.INCOMPLETE, link=links.board())
            case BadLink.FOREIGN:
                return Answer(shown=Shown.FOREIGN, link=links.board())
            case BadLink.EXPIRED:
                return Answer(shown=Shown.EXPIRED, link=links.board())
            case Claim():
                return found

    def _unknown(self) -> Answer:
        return Answer(shown=Shown.UNKNOWN, link=self._desk.manner.links.board())

    def _answer(self, claim: Claim, alert: Alert, shown: Shown) -> Answer:
        catalogue, links = self._desk.catalogue(), self._desk.manner.links
        contract = contract_of(catalogue, alert.contract)
        person = contract.people.get(claim.person)
        who = alert.acknowledged_by if shown is Shown.ALREADY else claim.person
        return Answer(
            shown=shown,
            language=person.language if person is not None else "en",
            what=subject_of(alert),
            who=name_of(catalogue, alert, who),
            at=_when(alert, shown),
            zone=contract.zone,
            link=links.incident(alert.incident) if alert.incident else links.board(),
        )


def _shown(alert: Alert) -> Shown:
    match alert.state:
        case AlertState.OPEN:
            return Shown.ASK
        case AlertState.ACKNOWLEDGED:
            return Shown.ALREADY
        case AlertState.CLOSED:
            return Shown.CLOSED


def _when(alert: Alert, shown: Shown) -> datetime | None:
    return alert.closed_at if shown is Shown.CLOSED else alert.acknowledged_at
