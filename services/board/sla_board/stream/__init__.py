"""Pushing pages to browsers: each different page is rendered once per change, however many browsers show it."""
