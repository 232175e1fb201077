"""The SQL store: a port with an adapter each for SQLite and PostgreSQL, the event log and every service's inbox."""
