"""Facts to people: route, escalate, render, send, record."""
