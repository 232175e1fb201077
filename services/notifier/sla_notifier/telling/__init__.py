"""From "this must be told" to delivery rows: route, suppress, render, gather, enqueue (see pipeline)."""
