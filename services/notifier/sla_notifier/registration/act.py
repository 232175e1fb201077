"""The acts of confirming and ending registrations, for the audit log."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from sla_notifier import tables
from sla_notifier.registration.store import RegistrationChange
from sla_platform.audit import store as audit
from sla_platform.audit.act import Act, ActName, ActorKind, AuditActor, Command, state_digest


async def record(
    connection: AsyncConnection, name: ActName, changed: Sequence[RegistrationChange], by: Command | None, now: datetime
) -> None:
    """Write each changed registration for notices of critical fixes to the audit log.

    Call this last in the transaction of the change. Persons are recorded by id, never by address.

    Args:
        name: The kind of act, such as a confirmation.
        changed: The registrations before and after.
        by: Who ordered the change. None means the registered person, who opened the link in a mail.
        now: When the change happened.
    """
    acts = [
        Act(
            name=name,
            command=by or Command(AuditActor(ActorKind.PERSON, one.after["person"])),
            object=one.after["id"],
            contract=one.after["contract"],
            before=state_digest(one.before),
            after=state_digest(one.after),
            details={"product": one.after["product"]},
        )
        for one in changed
    ]
    if acts:
        await audit.append(connection, tables.audit, acts, now)
