"""The history of the database: Alembic revisions, the same files for PostgreSQL and SQLite.

A revision spells out its columns with the frozen types of `column.py`, never with today's tables.
"""
