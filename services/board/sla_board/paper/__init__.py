"""Support plans as PDF: the page in its print style, laid out by WeasyPrint in a process of its own."""
