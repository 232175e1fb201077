"""Sending: the loop around claim, channel and record."""
