"""Alerts: one escalation under way, for one clock, or for one critical fix and one contract."""
