"""HTTP: alerts, deliveries, endpoints, who is on call, and the page behind acknowledgement links. No logic."""
