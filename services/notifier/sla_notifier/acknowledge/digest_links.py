"""The link of a digest: it acknowledges every alert the digest lists, in the episode it lists, and no other.

What a digest lists is fixed when it leaves: the deliveries that point to it. An alert that was closed and opened anew
since then has a message of its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import chain

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_notifier import tables
from sla_notifier.acknowledge.acknowledge import AckBy, Acknowledger
from sla_notifier.acknowledge.named import name_of, subject_of
from sla_notifier.acknowledge.page import AckPage, AckPageKind, ListedAlert
from sla_notifier.alert.acknowledging import AckAnswer
from sla_notifier.alert.alert import Alert, AlertState, ExpiryReason, alert_of
from sla_notifier.context import NotifierContext
from sla_notifier.delivery.identity import delivery_id
from sla_notifier.delivery.row import DeliveryRow, row_of
from sla_notifier.link import Claim, Links
from sla_notifier.notification.digest import ACKNOWLEDGEABLE, grouped_by_incident, line_of
from sla_notifier.notification.directory import contract_of

DIGEST = "digest"  # by what means it was acknowledged
_d, _a = tables.delivery.c, tables.alert


class DigestAckLinks:
    """The web pages behind the acknowledgement link in a digest, a mail that collects several messages.

    `look` returns the page and changes nothing. `act` acknowledges. Both receive a Claim, the verified content of the
    link's token; the Claim names the digest and the person.
    """

    def __init__(self, context: NotifierContext, acknowledger: Acknowledger) -> None:
        self._context = context
        self._acknowledger = acknowledger

    async def look(self, claim: Claim) -> AckPage:
        """Return the page that lists the alerts of a digest; change nothing.

        A digest is a mail that collects several messages. If an alert is open, the page has a button to acknowledge. If
        the digest no longer exists, the page says so. Opening the link does not acknowledge, because mail scanners open
        links too.

        Args:
            claim: The verified content of the link's token, which names the digest and the person.
        """
        return await self._answer(claim, None)

    async def act(self, claim: Claim) -> AckPage:
        """Acknowledge the open alerts of a digest; return the page that lists them.

        A digest is a mail that collects several messages. The page says how many alerts were acknowledged. An alert
        that was closed and opened again since the digest was sent is not acknowledged.

        Args:
            claim: The verified content of the link's token, which names the digest and the person.
        """
        async with self._context.store.reading() as connection:
            episodes = _asking(await deliveries_in_digest(connection, claim.digest))
        by = AckBy.person(claim.person, DIGEST)
        done = await self._acknowledger.acknowledge_listed(episodes, by) if episodes else []
        return await self._answer(claim, sum(each.answer is AckAnswer.DONE for each in done))

    async def _answer(self, claim: Claim, done: int | None) -> AckPage:
        """`done`: how many have just been acknowledged; None when nobody has pressed."""
        catalogue, links = self._context.catalogue(), self._context.render_config.links
        async with self._context.store.reading() as connection:
            rows = await deliveries_in_digest(connection, claim.digest)
            episodes = _asking(rows)
            alerts = await _alerts(connection, episodes)
        places = {one.row.alert: place for place, one in enumerate(chain(*grouped_by_incident(rows)))}
        alerts.sort(key=lambda alert: places[alert.id])  # as in the message, the most urgent first
        if not rows:
            return AckPage(shown=AckPageKind.UNKNOWN, link=links.board())
        known = (catalogue.rulebook.person(contract_of(catalogue, row.contract), claim.person) for row in rows)
        person = next((each for each in known if each is not None), None)
        language = person.language if person is not None else ""
        asked = [self._listed(alert, episodes[alert.id], claim, language) for alert in alerts]
        labels = self._context.render_config.texts.words(language)
        others = [
            ListedAlert(line_of(heap, labels), "told", "", _incident_link(links, heap[0].row))
            for heap in grouped_by_incident([row for row in rows if row.kind not in ACKNOWLEDGEABLE])
        ]
        still = sum(each.stands == "open" for each in asked)
        first = min((each for each in alerts if each.expires_at), key=_expiry, default=None) if done else None
        shown = AckPageKind.THANKS_ALL if done else AckPageKind.ASK_ALL if still else AckPageKind.NOTHING_LEFT
        return AckPage(
            shown=shown,
            language=language,
            who=person.name if person is not None else claim.person,
            link=links.board(),
            listed=(*asked, *others),
            count=done or still,
            zone="UTC" if first is None else contract_of(catalogue, first.contract).zone,
            expires_at=None if first is None else first.expires_at,
            idle=first is not None and first.expires_because is ExpiryReason.IDLE,
        )

    def _listed(self, alert: Alert, episode: int, claim: Claim, language: str) -> ListedAlert:
        catalogue, links = self._context.catalogue(), self._context.render_config.links
        stands = "again" if alert.episode != episode else alert.state.value
        return ListedAlert(
            subject_of(catalogue, alert, language),
            stands,
            name_of(catalogue, alert, alert.acknowledged_by),
            links.acknowledge(alert.id, claim.person, self._context.time_source.now())
            if stands == AlertState.OPEN
            else "",
        )


def _expiry(alert: Alert) -> datetime:
    assert alert.expires_at is not None
    return alert.expires_at


def _incident_link(links: Links, row: DeliveryRow) -> str:
    return links.incident(row.incident) if row.incident else ""  # a notice is on no ticket


async def deliveries_in_digest(connection: AsyncConnection, digest: str) -> list[DeliveryRow]:
    """Return the deliveries (messages to one person) that a digest collects, the oldest first.

    A digest is a mail that collects several messages. If the digest failed and a digest to the person's next address
    replaced it, the deliveries in the new digest are returned. The list is empty if there is no digest with this id.

    Args:
        digest: The id of the digest's own delivery.
    """
    found = (await connection.execute(select(tables.delivery).where(_d.id == digest))).mappings().first()
    if found is None:
        return []
    row = row_of(dict(found))
    names = [digest, *(delivery_id(row.occasion, row.person, address) for address in row.then)]
    carried = select(tables.delivery).where(_d.carried_by.in_(names)).order_by(_d.created_at, _d.id)
    return [row_of(dict(each)) for each in (await connection.execute(carried)).mappings()]


def _asking(rows: Iterable[DeliveryRow]) -> dict[str, int]:
    """The alerts among it that ask for an answer, each with the episode that was told of."""
    episodes: dict[str, int] = {}
    for row in rows:
        if row.kind in ACKNOWLEDGEABLE and row.alert:
            episodes[row.alert] = max(row.episode, episodes.get(row.alert, row.episode))
    return episodes


async def _alerts(connection: AsyncConnection, ids: Iterable[str]) -> list[Alert]:
    wanted = sorted(ids)
    if not wanted:
        return []
    found = select(_a).where(_a.c.id.in_(wanted))
    return [alert_of(dict(row)) for row in (await connection.execute(found)).mappings()]
