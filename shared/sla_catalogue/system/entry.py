"""The YAML of a new source of a ticketing system. Pure."""

from __future__ import annotations

from sla_catalogue.system.known import System


def source_lines(system: System, source: str, secret: str) -> list[str]:
    """Return the lines of YAML of a source, as an entry of `sources` without indentation.

    Args:
        system: The ticketing system.
        source: The source's id.
        secret: The line that names where the secret is, such as `secret_file: secrets/line`.
    """
    proof = ", ".join(part for part in (system.authentication, secret) if part)
    inner = [
        f"dialect: {system.dialect.value}",
        *([f"preset: {system.preset}"] if system.preset else []),
        f"authentication: {{{proof}}}",
        *system.lines,
        *(f"# {hint}" for hint in system.hints),
    ]
    return [f"{source}:", *(f"  {line}".rstrip() for line in inner)]
