"""The key of acknowledgement links: made once for an installation, kept in the store, shared by every instance."""

from __future__ import annotations

import secrets
from datetime import datetime

from sqlalchemy import select

from sla_notifier import tables
from sla_platform.errors import Retryable
from sla_platform.store.dialect import insert_new
from sla_platform.store.engine import Store

LINKS = "links"
_s = tables.secret.c


class LinkSecretNotRead(Retryable):
    """The key that signs links has not been read from the database yet; try again shortly."""


class LinkSecret:
    """The key that signs the links in messages; await `read` once before you use `value`.

    Args:
        given: The key of SLAD_LINK_SECRET. b"" means a random key, stored in the database.
    """

    def __init__(self, given: bytes = b"") -> None:
        self._value = given

    def __repr__(self) -> str:
        return "LinkSecret([hidden])"

    @property
    def value(self) -> bytes:
        """Return the key that signs links.

        Raises:
            LinkSecretNotRead: No key was given and `read` has not succeeded.
        """
        if not self._value:
            raise LinkSecretNotRead
        return self._value

    async def read(self, store: Store, now: datetime) -> None:
        """Read the key that signs links from the database, for the property `value`.

        A key that is known already is not read again. If the database has no key, a random key is stored first. All
        processes that share a database get the same key.

        Args:
            now: The instant stored with a new key.

        Raises:
            StoreBusy: The database fails.
        """
        if self._value:
            return
        made = {"name": LINKS, "value": secrets.token_urlsafe(32), "made_at": now}
        async with store.transaction() as connection:
            await connection.execute(insert_new(connection, tables.secret), [made])
            found = (await connection.execute(select(_s.value).where(_s.name == LINKS))).scalar_one()
        self._value = found.encode()  # after the commit: what was rolled back is not the key
