"""Messages in words: each language in `templates/<language>/`, one layout for text and one for HTML."""
