"""The support plan of a contract as a page: what was promised, by whom and when (clause H8, docs/clauses.md)."""
