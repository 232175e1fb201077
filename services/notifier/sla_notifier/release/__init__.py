"""Sending or cancelling messages that have waited for the end of quiet hours."""
