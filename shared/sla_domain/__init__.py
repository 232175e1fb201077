"""Pure SLA rules: calendars, plans, the incident fold, clocks and their explanation. Standard library only."""
