"""Pushing pages to browsers: each different page is rendered once per change, whoever and however many watch it."""
