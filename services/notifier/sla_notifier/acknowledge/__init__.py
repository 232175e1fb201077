"""Somebody acts: by the signed link of a message, or by the API; the escalation stops and the name is on record."""
