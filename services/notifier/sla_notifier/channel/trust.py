"""The certificate authorities that the channels trust."""

from __future__ import annotations

import ssl
from functools import cache


@cache
def trusting(ca_file: str = "") -> ssl.SSLContext:
    """Return a TLS context that trusts this machine's certificate authorities and those in `ca_file`.

    The context for each file is made only once in a process, because reading the machine's authorities takes long.

    Args:
        ca_file: A PEM file. "" means no file.

    Raises:
        OSError: The file cannot be read.
    """
    context = ssl.create_default_context()
    if ca_file:
        context.load_verify_locations(cafile=ca_file)
    return context
