"""What people read: the words of each language in `templates/<language>/`, one layout for text and one for HTML."""
