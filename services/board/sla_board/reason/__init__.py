"""The reasons of breaches, as people say them: who said what and when, kept for good (`reason`, `store`)."""
