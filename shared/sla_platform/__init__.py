"""What services stand on: events on the wire, bus, store, settings, telemetry, time."""
