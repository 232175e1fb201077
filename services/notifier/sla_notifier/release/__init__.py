"""What waited for the end of quiet hours is sent, waits on, or is cancelled."""
