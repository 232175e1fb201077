"""Time passes and nobody answers: due steps become pages of the next level."""
