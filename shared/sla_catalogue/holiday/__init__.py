"""Days off as dated rows with a source: generated, from feeds, by hand. Never asked of a package at query time."""
