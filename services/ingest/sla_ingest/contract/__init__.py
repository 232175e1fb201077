"""Contracts as records: taken in, checked, versioned and published; ingest owns them. Read `owner` first."""
