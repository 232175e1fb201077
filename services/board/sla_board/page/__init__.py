"""The pages as HTML: templates, static files, and the headers that keep a ticket's text from being run as script."""
