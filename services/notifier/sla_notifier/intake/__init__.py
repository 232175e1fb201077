"""Intake: the timer's facts about clocks and the notices of critical fixes, each applied once."""
