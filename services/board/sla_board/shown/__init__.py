"""What people see, as values: which clocks, in which order, in which words. No HTML here."""
