"""Ingest: authenticates deliveries, translates them to events, stores these, and answers with due instants."""
