"""The board: projections of events, the live board, incident pages, plans, attainment and reports."""
