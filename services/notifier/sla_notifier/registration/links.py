"""Following the links of a registration: GET shows a page with a button, POST acts, so that mail scanners do nothing.

The POST of a link to unsubscribe is also what mail programs send by themselves at one click (RFC 8058).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sla_notifier.acknowledge.link_subject import read_link_subject
from sla_notifier.acknowledge.page import AckPage, AckPageKind, ListedAlert
from sla_notifier.context import NotifierContext
from sla_notifier.link import LinkPurpose
from sla_notifier.notice.registered import CONFIRMED
from sla_notifier.registration import store
from sla_notifier.registration.act import record
from sla_platform.audit.act import ActName
from sla_platform.store.instant import store_now

LINK = "link"


class RegistrationLinks:
    """The pages behind links in mails that confirm or end registrations for notices of critical fixes.

    `look` is for GET, `act` for POST.
    """

    def __init__(self, context: NotifierContext) -> None:
        self._context = context

    async def look(self, purpose: LinkPurpose, token: str) -> AckPage:
        """Return the page for a link that confirms or ends registrations; change nothing.

        The page shows the registrations for notices of critical fixes, and a button to confirm or end them. If the
        token is refused, or there is nothing to confirm or end, the page says so.

        Args:
            purpose: Whether the link confirms or ends.
            token: The last part of the link.
        """
        subject = await read_link_subject(self._context, purpose, token)
        if isinstance(subject, AckPage):
            return subject
        rows = await self._rows(purpose, subject)
        return self._confirming(rows) if purpose is LinkPurpose.CONFIRM else self._ending(rows, subject)

    async def act(self, purpose: LinkPurpose, token: str) -> AckPage:
        """Confirm or end the registrations of a link; return the page with the result.

        If nothing was changed, the page says why: the token is forged, damaged or expired, or there is nothing to
        confirm or end.

        Args:
            purpose: Whether the link confirms or ends.
            token: The last part of the link.
        """
        subject = await read_link_subject(self._context, purpose, token)
        if isinstance(subject, AckPage):
            return subject
        async with self._context.store.transaction() as connection:
            now = await store_now(connection, self._context.time_source)
            if purpose is LinkPurpose.CONFIRM:
                done = await store.confirm(connection, subject, now)
                await record(connection, ActName.REGISTRATION_CONFIRMED, done, None, now)
            else:
                done = await store.end(connection, subject, LINK, now)
                await record(connection, ActName.REGISTRATION_ENDED, done, None, now)
        rows = await self._rows(purpose, subject)
        if purpose is LinkPurpose.CONFIRM:
            return self._page(AckPageKind.REGISTERED, rows) if done else self._confirming(rows)
        return self._page(AckPageKind.ENDED, rows) if done else self._ending(rows, subject)

    async def _rows(self, purpose: LinkPurpose, subject: str) -> Sequence[Any]:
        async with self._context.store.reading() as connection:
            if purpose is LinkPurpose.CONFIRM:
                return await store.find_by_request(connection, subject)
            return await store.find_by_subject(connection, subject)

    def _confirming(self, rows: Sequence[Any]) -> AckPage:
        states = {row.state for row in rows}
        if store.PENDING in states:
            return self._page(AckPageKind.REGISTER_ASK, rows)
        confirmed = CONFIRMED in states
        return self._page(AckPageKind.REGISTERED_BEFORE if confirmed else AckPageKind.REGISTRATION_GONE, rows)

    def _ending(self, rows: Sequence[Any], subject: str) -> AckPage:
        standing = [row for row in rows if row.state == CONFIRMED]
        if standing:
            return self._page(AckPageKind.END_ASK, standing, alone=len(standing) > 1)
        return self._page(AckPageKind.ENDED_BEFORE if rows else AckPageKind.REGISTRATION_GONE, rows)

    def _page(self, shown: AckPageKind, rows: Iterable[Any], *, alone: bool = False) -> AckPage:
        """`alone`: each of the registrations has a link that ends it alone."""
        links, now = self._context.render_config.links, self._context.time_source.now()
        rows = list(rows)
        return AckPage(
            shown=shown,
            language=rows[0].language if rows else "",
            listed=tuple(
                ListedAlert(row.product, row.state, "", links.unsubscribe(row.id, now) if alone else "") for row in rows
            ),
        )
