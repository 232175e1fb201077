"""YAML catalogue to validated domain objects; built-in plans; holidays."""
