"""What every service's HTTP side shares: problem+json answers, health endpoints, API keys."""
