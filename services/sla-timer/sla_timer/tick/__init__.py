"""Firing: due timer rows become facts, in one statement per batch, exactly once and never early."""
