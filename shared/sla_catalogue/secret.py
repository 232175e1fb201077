"""A secret value that is never shown: neither in a repr, an error, a log nor the stored catalogue."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret value, such as a password, and its origin. `repr` does not show the value."""

    origin: str
    """Where the value is from: `env GITHUB_SECRET`, `file /run/…` or `catalogue`."""
    value: str | None = field(repr=False, default=None)
    """The value. None in a catalogue rebuilt from its stored text."""

    @property
    def available(self) -> bool:
        """Return whether the secret value is known and not empty."""
        return bool(self.value)

    def reveal(self) -> str:
        """Return the secret value.

        Raises:
            LookupError: The value is not known, or empty.
        """
        if not self.value:
            raise LookupError(f"the secret from {self.origin} is not available here: load the catalogue's files")
        return self.value

    def __str__(self) -> str:
        return f"<secret from {self.origin}>"
