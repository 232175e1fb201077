"""Facts in: what the timer says of clocks and what ingest says of critical fixes, applied once each."""
