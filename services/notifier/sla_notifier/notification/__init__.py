"""From requests to delivery rows: route, join, suppress, follow, gather, render, enqueue (see `pipeline`)."""
