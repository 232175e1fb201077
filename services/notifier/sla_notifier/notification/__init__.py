"""From requests to delivery rows: route, suppress, follow, gather, render, enqueue (see `pipeline`)."""
