"""The content of the pages as values: which clocks, in which order, in which words. No HTML here."""
