"""What is seen from outside: structured logs without secrets, and the metrics registry."""
