"""The shapes a catalogue file may have, section by section: pydantic at the edge, nothing decided here."""
