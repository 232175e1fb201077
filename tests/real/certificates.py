"""A throw-away certificate authority: real TLS on loopback with verification left on."""

from __future__ import annotations

import ssl
from pathlib import Path

import trustme
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)


class Certificates:
    """One authority and one server certificate for localhost; `ca_file` is what clients trust.

    `client_file` and `client_key_file` are the certificate of a client by the same authority.
    """

    def __init__(self, folder: Path) -> None:
        authority = trustme.CA()
        self.ca_file = folder / "ca.pem"
        authority.cert_pem.write_to_path(str(self.ca_file))
        self._server = authority.issue_cert("localhost", "127.0.0.1")
        client = authority.issue_cert("slad@house.example", common_name="slad")
        self.client_file, self.client_key_file = folder / "client.pem", folder / "client.key"
        client.cert_chain_pems[0].write_to_path(str(self.client_file))
        client.private_key_pem.write_to_path(str(self.client_key_file))

    def java_keystore(self, folder: Path) -> Path:
        """The server's key and certificate as Java reads PEM: the key in PKCS #8, everything in one file."""
        key = load_pem_private_key(self._server.private_key_pem.bytes(), None)
        written = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        file = folder / "keystore.pem"
        file.write_bytes(written + b"".join(pem.bytes() for pem in self._server.cert_chain_pems))
        return file

    def server_context(self) -> ssl.SSLContext:
        """For a server that is called localhost or 127.0.0.1."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._server.configure_cert(context)
        return context

    def client_context(self) -> ssl.SSLContext:
        """For a client that trusts this authority alone."""
        return ssl.create_default_context(cafile=str(self.ca_file))
