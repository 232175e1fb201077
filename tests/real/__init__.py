"""The real counterparts the tests talk to, and the account of which ones a run has used."""
