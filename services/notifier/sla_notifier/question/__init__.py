"""Questions to the customer's people: whether a lower priority is agreed (clause E9), asked by mail, answered by link."""
