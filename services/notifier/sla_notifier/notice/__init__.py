"""Notices of critical fixes as they are known here: the newest revision of each, and who was told of it."""
