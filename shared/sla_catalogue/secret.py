"""A secret value that can be used but not seen: neither in a repr, an error, a log nor the stored catalogue."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Secret:
    """`origin` says where the value came from (`env GITHUB_SECRET`, `file /run/…`, `catalogue`); that is no secret.

    A catalogue rebuilt from its stored text has no secrets: `available` is False there.
    """

    origin: str
    value: str | None = field(repr=False, default=None)

    @property
    def available(self) -> bool:
        """Return whether the value is known."""
        return bool(self.value)

    def reveal(self) -> str:
        """Return the value itself. Raises LookupError when this catalogue was rebuilt without its secrets."""
        if not self.value:
            raise LookupError(f"the secret from {self.origin} is not available here: load the catalogue's files")
        return self.value

    def __str__(self) -> str:
        return f"<secret from {self.origin}>"
