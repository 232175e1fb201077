"""Escalation: due steps of alerts that are not acknowledged become pages of the next level."""
