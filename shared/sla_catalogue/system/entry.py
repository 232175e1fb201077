"""The YAML of a new source of a ticketing system. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from sla_catalogue.system.known import System

SECRETS = "secrets"
"""The folder of secrets, beside the files of the catalogue."""
SOURCE_ID = r"[a-z0-9][a-z0-9._-]{0,59}"
"""What the id of a connected source may look like: it becomes a part of an address and the name of a file."""


def webhook_address(public_url: str, source: str) -> str:
    """Return the URL to which the deliveries of a source are sent.

    Args:
        public_url: The URL at which slad is reached from outside.
        source: The source's id.
    """
    return f"{public_url.rstrip('/')}/v1/webhooks/{source}"


def secret_file_line(name: str) -> str:
    """Return the line of `authentication` that names the file of a secret, such as `secret_file: secrets/line`.

    Args:
        name: The name of the file.
    """
    return f"secret_file: {SECRETS}/{name}"


def source_lines(system: System, source: str, secret: str, keys: Sequence[str] = ()) -> list[str]:
    """Return the lines of YAML of a source, as an entry of `sources` without indentation.

    Keys that the user has to fill in are written as comments (`System.hints`).

    Args:
        system: The ticketing system.
        source: The source's id.
        secret: The line that names where the secret is, such as `secret_file: secrets/line`.
        keys: Further lines, each a key of the source, such as `customer: {constant: Acme}`. A key given here is not
            written as a comment too.
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
