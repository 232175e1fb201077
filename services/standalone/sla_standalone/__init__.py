"""Composition root and the command line slad."""
