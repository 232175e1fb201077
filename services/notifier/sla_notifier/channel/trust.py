"""The certificate authorities that the channels trust."""

from __future__ import annotations

import ssl
from functools import cache


@cache
def trusting(ca_file: str = "") -> ssl.SSLContext:
    """Return the TLS context that trusts this machine's authorities and those in `ca_file`, a PEM file ("": none).

    The same context is returned for the same file, since reading the machine's authorities takes long. Raises OSError
    when the file cannot be read.
    """
    context = ssl.create_default_context()
    if ca_file:
        context.load_verify_locations(cafile=ca_file)
    return context
