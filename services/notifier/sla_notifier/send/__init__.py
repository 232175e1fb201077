"""What is due goes out: the loop around claim, channel and record."""
