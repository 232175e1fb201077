"""Telemetry: structured logs without secrets, and the metrics registry."""
