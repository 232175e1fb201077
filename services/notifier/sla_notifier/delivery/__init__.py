"""The life of one message to one person by one channel: a row from `queued` to a final state, with its attempts."""
