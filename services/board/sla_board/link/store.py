"""Making, revoking, listing and finding links: a row and its act in the audit log in one transaction."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_board import tables
from sla_board.link.link import PlanLink
from sla_board.link.token import new_token, token_hash
from sla_platform.audit import store as audit
from sla_platform.audit.act import ActName, Command, change_act
from sla_platform.store.engine import Store
from sla_platform.store.instant import store_now
from sla_platform.timesource import TimeSource

MOST_OPEN = 100
"""Links of one contract that open its plan at the same time."""
MOST_LISTED = 1_000
ID_BYTES = 8
_link = tables.plan_link.c


class TooManyLinks(Exception):
    """Raised when a contract has `MOST_OPEN` (100) open links already."""


class NoSuchLink(LookupError):
    """Raised when a contract has no link with the given id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedLink:
    """The requested properties of a new link to a support plan."""

    contract: str
    language: str
    """The language of the page."""
    valid_for: timedelta
    """How long the link opens the plan, in wall time from the making of the link."""


class PlanLinks:
    """Creates, revokes and finds links to support plans, which are stored in the board's tables.

    With such a link, a customer reads a support plan without an API key. Every method may raise StoreBusy.

    Args:
        token: Returns the token (secret part of the address) of a new link. Another function than the default is for
            tests.
    """

    def __init__(self, store: Store, time_source: TimeSource, token: Callable[[], str] = new_token) -> None:
        self._store = store
        self._time_source = time_source
        self._token = token

    async def make(self, wanted: WantedLink, command: Command) -> tuple[PlanLink, str]:
        """Create and store a link that shows a contract's support plan to anybody with the link's address.

        Returns the link and its token, the secret part of the address. The store keeps only a hash of the token.

        Args:
            wanted: The contract, language and validity of the link.
            command: Who creates the link and why, for the audit log.

        Raises:
            TooManyLinks: The contract has 100 open links already.
        """
        async with self._store.transaction() as connection:
            await audit.next_place(connection, tables.audit)  # one after the other, so that the count holds
            now = await store_now(connection, self._time_source)
            counted = select(func.count()).where(_link.contract == wanted.contract, _is_open(now))
            if (await connection.execute(counted)).scalar_one() >= MOST_OPEN:
                raise TooManyLinks(wanted.contract)
            token = self._token()
            made = PlanLink(
                id=secrets.token_hex(ID_BYTES),
                contract=wanted.contract,
                language=wanted.language,
                reason=command.reason,
                made_at=now,
                made_by=str(command.actor),
                expires_at=now + wanted.valid_for,
            )
            await connection.execute(tables.plan_link.insert(), [_columns(made) | {"sha256": token_hash(token)}])
            await _record(connection, ActName.PLAN_LINK_MADE, None, made, command, now)
        return made, token

    async def revoke(self, contract: str, id_: str, command: Command) -> PlanLink:
        """Revoke the link `id_` of a contract, and return the link. A revoked link cannot be opened again.

        A link that was revoked before is returned unchanged.

        Args:
            command: Who revokes the link and why, for the audit log.

        Raises:
            NoSuchLink: The contract has no link with this id.
        """
        async with self._store.transaction() as connection:
            now = await store_now(connection, self._time_source)
            after = {"revoked_at": now, "revoked_by": str(command.actor)}
            mine = (_link.id == id_, _link.contract == contract)
            done = await connection.execute(
                update(tables.plan_link).where(*mine, _link.revoked_at.is_(None)).values(**after)
            )
            row = (await connection.execute(select(tables.plan_link).where(*mine))).mappings().first()
            if row is None:
                raise NoSuchLink(id_)
            revoked = _of(row)
            if done.rowcount:
                before = replace(revoked, revoked_at=None, revoked_by="")
                await _record(connection, ActName.PLAN_LINK_REVOKED, before, revoked, command, now)
        return revoked

    async def of_contract(self, contract: str, *, every: bool) -> list[PlanLink]:
        """Return the links to the support plan of a contract, newest first; at most 1,000 (MOST_LISTED).

        Args:
            every: True for all links. False for open links (neither expired nor revoked).
        """
        condition = _link.contract == contract
        statement = select(tables.plan_link).where(condition).order_by(_link.made_at.desc(), _link.id)
        if not every:
            statement = statement.where(_is_open(self._time_source.now()))
        async with self._store.reading() as connection:
            return [_of(row) for row in (await connection.execute(statement.limit(MOST_LISTED))).mappings()]

    async def find(self, token: str) -> PlanLink | None:
        """Return the link with this token (the secret part of its address); None if there is no such link.

        Expired and revoked links are returned too. The store is read at each call, so that every instance refuses a
        revoked link at once.
        """
        statement = select(tables.plan_link).where(_link.sha256 == token_hash(token))
        async with self._store.reading() as connection:
            row = (await connection.execute(statement)).mappings().first()
        return None if row is None else _of(row)


def _is_open(now: datetime) -> ColumnElement[bool]:
    return _link.revoked_at.is_(None) & (_link.expires_at > now)


def ended_before(horizon: datetime) -> ColumnElement[bool]:
    """Return the SQL condition for links that expired, or were revoked, before `horizon`."""
    return or_(_link.expires_at < horizon, _link.revoked_at < horizon)


async def _record(
    connection: AsyncConnection,
    name: ActName,
    before: PlanLink | None,
    after: PlanLink,
    command: Command,
    now: datetime,
) -> None:
    details = {"language": after.language, "expires_at": after.expires_at}
    act = change_act(name, before, after, command, details=details, contract=after.contract)
    await audit.append(connection, tables.audit, [act], now)


def _columns(link: PlanLink) -> dict[str, Any]:
    return {name: getattr(link, name) for name in PlanLink.__dataclass_fields__}


def _of(row: RowMapping) -> PlanLink:
    return PlanLink(**{name: row[name] for name in PlanLink.__dataclass_fields__})
