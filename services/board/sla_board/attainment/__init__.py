"""Attainment as the board shows it: counts from its tables, figures of the objectives, links to their lists."""
