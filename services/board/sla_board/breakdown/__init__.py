"""Whose time it was, and the pauses of clocks: computed from an incident's events beside the consumer, and stored.

Read in this order: `compute` (events → rows), `stored` (their JSON), `worker` (which incidents, when).
"""
