"""Acknowledging an alert, by the signed link of a message or by the API: its escalation stops."""
