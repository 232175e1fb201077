"""HTTP in: authenticate, normalise, remember, promise."""
