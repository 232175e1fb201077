"""A throw-away certificate authority: real TLS on loopback with verification left on."""

from __future__ import annotations

import ssl
from pathlib import Path

import trustme


class Certificates:
    """One authority and one server certificate for localhost; `ca_file` is what clients trust."""

    def __init__(self, folder: Path) -> None:
        authority = trustme.CA()
        self.ca_file = folder / "ca.pem"
        authority.cert_pem.write_to_path(str(self.ca_file))
        self._server = authority.issue_cert("localhost", "127.0.0.1")

    def server_context(self) -> ssl.SSLContext:
        """For a server that is called localhost or 127.0.0.1."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._server.configure_cert(context)
        return context

    def client_context(self) -> ssl.SSLContext:
        """For a client that trusts this authority alone."""
        return ssl.create_default_context(cafile=str(self.ca_file))
