"""Deliveries: one message to one person by one channel, from `queued` to a final state, with its attempts."""
