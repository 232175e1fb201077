"""What falls due, as a calendar that people subscribe to."""
