"""News of contracts themselves: booked hours and allowances, told once each."""
