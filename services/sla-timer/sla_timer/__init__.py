"""Events to clocks: fold, count, warn and breach on time."""
