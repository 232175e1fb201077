"""Days off as dated rows with a source: generated, from feeds, by hand. No package is asked at query time."""
