"""News of contracts themselves (booked hours, allowances): people are notified once of each."""
