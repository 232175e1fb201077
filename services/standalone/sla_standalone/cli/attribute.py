"""The attributes of an incident as options of a command."""

from __future__ import annotations

from collections.abc import Iterable

from sla_standalone.cli.output import stop


def attributes_of(product: str, type_: str, pairs: Iterable[str]) -> dict[str, str]:
    """Return the attributes of an incident given as options of a command: name -> value. Empty values are left out.

    A value of `--attribute` that is not of the form NAME=VALUE ends the command.

    Args:
        product: The product. "" means none.
        type_: The request type. "" means none.
        pairs: The values of the option `--attribute`, such as `channel=email`.
    """
    attributes = {"product": product, "type": type_}
    for pair in pairs:
        name, separator, value = pair.partition("=")
        if not separator or not name:
            stop(f"--attribute {pair!r}: write NAME=VALUE")
        attributes[name] = value
    return {name: value for name, value in attributes.items() if value}
