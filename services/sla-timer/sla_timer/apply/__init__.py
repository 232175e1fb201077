"""Applying: a micro-batch of incident events becomes incidents, clocks, timers and facts, in one transaction."""
