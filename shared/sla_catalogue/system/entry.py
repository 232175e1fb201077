"""The YAML of a new source of a ticketing system. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from sla_catalogue.system.known import System


def source_lines(system: System, source: str, secret: str, keys: Sequence[str] = ()) -> list[str]:
    """Return the lines of YAML of a source, as an entry of `sources` without indentation.

    Args:
        system: The ticketing system.
        source: The source's id.
        secret: The line that names where the secret is, such as `secret_file: secrets/line`.
        keys: Further lines, each a key of the source, such as `customer: {constant: Acme}`. They take the place of the
            hints on the same keys.
    """
    proof = ", ".join(part for part in (system.authentication, secret) if part)
    said = {line.partition(":")[0] for line in keys}
    inner = [
        f"dialect: {system.dialect.value}",
        *([f"preset: {system.preset}"] if system.preset else []),
        f"authentication: {{{proof}}}",
        *system.lines,
        *keys,
        *(f"# {hint}" for hint in system.hints if hint.partition(":")[0] not in said),
    ]
    return [f"{source}:", *(f"  {line}".rstrip() for line in inner)]
