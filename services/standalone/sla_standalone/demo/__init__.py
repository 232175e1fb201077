"""`slad demo`: live incidents on an accelerated clock, with a local mailbox and pager, in one process."""
