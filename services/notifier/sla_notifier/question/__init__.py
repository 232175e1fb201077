"""Questions to the customer's people whether a lower priority is agreed (clause E9), by mail and link."""
