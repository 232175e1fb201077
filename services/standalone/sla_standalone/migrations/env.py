"""Alembic's entry: runs on the connection that `sla_standalone.migrate` hands over, inside its transaction."""

from __future__ import annotations

from alembic import context

from sla_standalone.migrations.compare import options
from sla_standalone.migrations.tables import METADATA

_connection = context.config.attributes["connection"]
context.configure(connection=_connection, target_metadata=list(METADATA), **options(_connection.dialect.name))
with context.begin_transaction():
    context.run_migrations()
