"""Rehearse what people would be told: the real services on a fresh database, a steered clock, and nothing sent."""
