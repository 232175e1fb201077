"""A PostgreSQL server somebody else runs, named by SLAD_TEST_DATABASE_URL."""

from __future__ import annotations

import asyncio

from sqlalchemy import make_url

from sla_platform.local.databases import create_database, drop_database, server_version


class NamedServer:
    """Offers what tests need of a shared server: databases, but no power over the process."""

    def __init__(self, url: str) -> None:
        self._url = make_url(url).set(drivername="postgresql+asyncpg")
        self.version = asyncio.run(server_version(self.url()))

    def url(self, database: str | None = None) -> str:
        """URL of one of its databases; of the named one by default."""
        chosen = self._url.set(database=database) if database else self._url
        return chosen.render_as_string(hide_password=False)

    def start(self) -> NamedServer:
        """It runs already."""
        return self

    async def create_database(self, name: str, template: str = "template1") -> str:
        """A new database as a copy of `template`; returns its URL."""
        return await create_database(self.url(), name, template)

    async def drop_database(self, name: str) -> None:
        """Drop a database and end the connections to it."""
        await drop_database(self.url(), name)
