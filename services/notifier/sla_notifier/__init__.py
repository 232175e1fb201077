"""The notifier: turns facts into notifications to people, escalates them, and sends them."""
