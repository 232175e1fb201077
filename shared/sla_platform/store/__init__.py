"""The SQL store: one port, an adapter for SQLite and one for PostgreSQL, the event log and the inbox of every service."""
