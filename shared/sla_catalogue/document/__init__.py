"""The shapes a catalogue file may have, section by section, as pydantic models; nothing is decided here."""
