"""HTML out of what is shown: templates, static files, and the headers that keep a hostile title a title."""
