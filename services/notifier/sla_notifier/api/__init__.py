"""HTTP: alerts, deliveries, endpoints, and the page behind acknowledgement links. No logic."""
