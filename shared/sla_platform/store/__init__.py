"""The SQL store: one engine, two dialects, the event log and the inbox every service has."""
