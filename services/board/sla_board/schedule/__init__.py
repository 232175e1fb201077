"""Scheduled reports: when each is due, which is next, and the durable record of it."""
