"""Which of the customer's people want no messages about their incidents."""
