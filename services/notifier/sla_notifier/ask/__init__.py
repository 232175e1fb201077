"""Asking the customer's people: following the link of a question, reminding of it, ending it."""
