"""Pictures of every message and page in every language, to be looked at: `python -m tests.pictures FOLDER`."""
