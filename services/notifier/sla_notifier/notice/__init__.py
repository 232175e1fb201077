"""Notices of critical fixes in the notifier: the newest revision of each, and who was notified of it."""
