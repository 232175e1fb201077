"""From "this must be told" to delivery rows: route, suppress, gather, render, enqueue (see pipeline)."""
