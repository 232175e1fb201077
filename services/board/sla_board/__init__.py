"""Shows: projections, the live board, the incident page."""
