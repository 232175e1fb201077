"""The reasons of breaches, as people state them: who, what and when; never deleted (`reason`, `store`)."""
