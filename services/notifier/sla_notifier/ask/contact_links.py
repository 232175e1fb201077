"""Following the links by which a contact receives no more messages, or receives them again.

GET shows a page with a button, POST acts, so that mail scanners do nothing. The POST of the first is also what mail
programs send by themselves at one click (RFC 8058).
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from sla_notifier import tables
from sla_notifier.acknowledge.link_subject import read_link_subject
from sla_notifier.acknowledge.page import AckPage, AckPageKind
from sla_notifier.context import NotifierContext
from sla_notifier.delivery.fact import delivery_fact
from sla_notifier.link import LinkPurpose
from sla_notifier.notification.directory import contract_of, title_of
from sla_notifier.opt_out import store
from sla_notifier.opt_out.store import Contact
from sla_platform.audit import store as audit
from sla_platform.audit.act import Act, ActName, ActorKind, AuditActor, Command, state_digest
from sla_platform.store import log as logs
from sla_platform.store.instant import store_now


class ContactLinks:
    """The pages behind the links by which a customer's contact opts out of messages about incidents, or in again.

    `look` is called for GET, `act` for POST.
    """

    def __init__(self, context: NotifierContext) -> None:
        self._context = context

    async def look(self, purpose: LinkPurpose, token: str) -> AckPage:
        """Return the page for a link to opt out of messages or in again; change nothing.

        Args:
            purpose: Whether the link opts out or in.
            token: The last part of the link.
        """
        contact = await self._contact(purpose, token)
        if isinstance(contact, AckPage):
            return contact
        async with self._context.store.reading() as connection:
            out = await store.has_opted_out(connection, contact)
        if purpose is LinkPurpose.OPT_OUT:
            return self._page(AckPageKind.OPTED_OUT_BEFORE if out else AckPageKind.OPT_OUT_ASK, contact)
        return self._page(AckPageKind.OPT_IN_ASK if out else AckPageKind.OPTED_IN, contact)

    async def act(self, purpose: LinkPurpose, token: str) -> AckPage:
        """Opt the person of a link out of messages or in again; return the page with the result.

        After an opt-out the person's queued messages are cancelled. Their rows are kept.

        Args:
            purpose: Whether the link opts out or in.
            token: The last part of the link.
        """
        contact = await self._contact(purpose, token)
        if isinstance(contact, AckPage):
            return contact
        out = purpose is LinkPurpose.OPT_OUT
        async with self._context.store.transaction() as connection:
            now = await store_now(connection, self._context.time_source)
            if await store.change(connection, contact, out, now):
                ended = await store.cancel_waiting(connection, contact, now) if out else []
                await logs.append(connection, tables.log, [delivery_fact(row, now) for row in ended])
                await _record(connection, contact, out, now)
        self._context.signal()
        return self._page(AckPageKind.OPTED_OUT if out else AckPageKind.OPTED_IN, contact)

    async def _contact(self, purpose: LinkPurpose, token: str) -> Contact | AckPage:
        subject = await read_link_subject(self._context, purpose, token)
        if isinstance(subject, AckPage):
            return subject
        contract, _, person = subject.partition("\n")
        return contract, person

    def _page(self, shown: AckPageKind, contact: Contact) -> AckPage:
        catalogue, links = self._context.catalogue(), self._context.render_config.links
        contract, id_ = contact
        person = catalogue.rulebook.person(contract_of(catalogue, contract), id_)
        back = shown in (AckPageKind.OPTED_OUT, AckPageKind.OPTED_OUT_BEFORE)
        return AckPage(
            shown=shown,
            language=person.language if person is not None else "",
            what=title_of(catalogue, contract),
            link=links.opt_in(contract, id_, self._context.time_source.now()) if back else "",
        )


async def _record(connection: AsyncConnection, contact: Contact, out: bool, now: datetime) -> None:
    contract, person = contact
    act = Act(
        name=ActName.CONTACT_OPTED_OUT if out else ActName.CONTACT_OPTED_IN,
        command=Command(AuditActor(ActorKind.PERSON, person)),
        object=person,
        contract=contract,
        before=state_digest({"out": not out}),
        after=state_digest({"out": out}),
    )
    await audit.append(connection, tables.audit, [act], now)
