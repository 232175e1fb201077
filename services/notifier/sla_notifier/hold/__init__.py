"""Warnings and notices that wait for the end of the receiver's quiet hours, while enough counted time is left."""
