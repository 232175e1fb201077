"""Overrides of rotas that are made over the API, behind those of the catalogue's files (decision 40)."""
