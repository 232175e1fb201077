"""The published description of the topics: `docs/asyncapi.json`, built from the types on the wire."""
