"""API keys that are made by `slad key`: kept hashed in one table, which every process copies and checks against."""
