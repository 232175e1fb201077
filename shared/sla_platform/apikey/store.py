"""Making, listing and revoking keys: the row and its act in the audit log in one transaction."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import structlog
from sqlalchemy import RowMapping, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_platform.apikey import tables
from sla_platform.apikey.key import SECRET_BYTES, MadeKey, key_hash, key_text
from sla_platform.audit import store as audit
from sla_platform.audit.act import Act, ActName, Command, change_act
from sla_platform.store.engine import Store
from sla_platform.store.instant import store_now
from sla_platform.timesource import TimeSource

_log = structlog.get_logger(__name__)


class NoSuchKey(LookupError):
    """Raised when no API key has the given number, or when the key is revoked already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedKey:
    """The properties of an API key that is to be made."""

    name: str
    scopes: Collection[str]
    """What the key shall allow, such as `read`."""
    contract: str | None = None
    """The only contract whose data the key shall open. None means all contracts."""
    expires: date | None = None
    """The first day (UTC) on which the key is no longer valid. None if it does not expire."""


async def make_key(
    store: Store,
    time_source: TimeSource,
    wanted: WantedKey,
    command: Command,
    secret: Callable[[], str] = lambda: secrets.token_urlsafe(SECRET_BYTES),
) -> tuple[MadeKey, str]:
    """Make a new API key, and return it with the text that callers will send.

    The text is stored nowhere; only its hash is stored. The audit log records the act.

    Args:
        command: Who orders the key, and why.
        secret: Function that returns the random part of the text. Tests replace it.

    Raises:
        StoreBusy: The database fails or is busy.
    """
    async with store.transaction() as connection:
        now = await store_now(connection, time_source)
        number = await audit.next_place(connection, tables.audit)
        text = key_text(number, secret())
        made = MadeKey(
            number=number,
            name=wanted.name,
            sha256=key_hash(text),
            scopes=frozenset(wanted.scopes),
            contract=wanted.contract,
            expires=wanted.expires,
            made_at=now,
            made_by=str(command.actor),
        )
        await connection.execute(tables.key.insert(), [_columns(made) | {"changed": number}])
        await audit.append(connection, tables.audit, [_act(ActName.KEY_MADE, None, made, command)], now)
    return made, text


async def revoke_key(store: Store, time_source: TimeSource, number: int, command: Command) -> MadeKey:
    """Revoke the API key with this number, and return the revoked key.

    A revocation cannot be undone. The audit log records the act.

    Args:
        command: Who orders the revocation, and why.

    Raises:
        NoSuchKey: There is no such key, or the key is revoked already.
        StoreBusy: The database fails or is busy.
    """
    async with store.transaction() as connection:
        now = await store_now(connection, time_source)
        place = await audit.next_place(connection, tables.audit)
        found = (await connection.execute(select(tables.key).where(tables.key.c.number == number))).mappings().first()
        if found is None or found["revoked_at"] is not None:
            raise NoSuchKey(number)
        before = _of(found)
        after = replace(before, revoked_at=now, revoked_by=str(command.actor))
        values = {"revoked_at": now, "revoked_by": after.revoked_by, "changed": place}
        await connection.execute(update(tables.key).where(tables.key.c.number == number).values(**values))
        await audit.append(connection, tables.audit, [_act(ActName.KEY_REVOKED, before, after, command)], now)
    return after


async def list_keys(connection: AsyncConnection) -> list[MadeKey]:
    """Return all API keys that were ever made, in the order in which they were made.

    Revoked and expired keys are included.
    """
    statement = select(tables.key).order_by(tables.key.c.number)
    return [_of(row) for row in (await connection.execute(statement)).mappings()]


async def changed_since(connection: AsyncConnection, place: int) -> tuple[list[MadeKey], int]:
    """Return the API keys made or revoked since an earlier call, and the `place` to pass to the next call.

    Rows are numbered in the order of their commits, so no change is missed. If nothing changed, the same `place` is
    returned. A key whose row cannot be read is logged and left out, so that no request is accepted with it.

    Args:
        place: The `place` that the earlier call returned: a row number of the audit log (`platform_audit`). 0 returns
            all keys.
    """
    changed = tables.key.c.changed
    statement = select(tables.key).where(changed > place).order_by(changed)
    try:
        rows = (await connection.execute(statement)).mappings().all()
        return [_of(row) for row in rows], max((row["changed"] for row in rows), default=place)
    except (ValueError, TypeError, LookupError):
        return await _one_by_one(connection, place)


async def _one_by_one(connection: AsyncConnection, place: int) -> tuple[list[MadeKey], int]:
    key = tables.key.c
    found: list[MadeKey] = []
    numbers = select(key.number, key.changed).where(key.changed > place).order_by(key.changed)
    for number, changed in (await connection.execute(numbers)).all():
        try:
            row = (await connection.execute(select(tables.key).where(key.number == number))).mappings().one()
            found.append(_of(row))
        except (ValueError, TypeError, LookupError) as error:
            _log.error("keys.unreadable", key=number, error=str(error)[:500])
        place = max(place, changed)
    return found, place


def _act(name: ActName, before: MadeKey | None, after: MadeKey, command: Command) -> Act:
    details = {"scopes": sorted(after.scopes), "expires": after.expires}
    return change_act(name, before, after, command, details=details, contract=after.contract or "")


def _columns(key: MadeKey) -> dict[str, Any]:
    values = {name: getattr(key, name) for name in MadeKey.__dataclass_fields__}
    return values | {"scopes": " ".join(sorted(key.scopes))}


def _of(row: RowMapping) -> MadeKey:
    values = {name: row[name] for name in MadeKey.__dataclass_fields__}
    return MadeKey(**values | {"scopes": frozenset(row["scopes"].split())})
