"""Incidents, open and ended: the list of them, its filter and counts, and what can be exported of it."""
