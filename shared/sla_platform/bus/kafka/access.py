"""How clients connect to the brokers: address, TLS and login, for every client alike, and in plain words why one is
refused.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from dataclasses import dataclass, field
from typing import Any

from aiokafka import errors as kafka
from aiokafka.conn import create_conn
from aiokafka.protocol.metadata import MetadataRequest

from sla_platform.errors import BadSettings
from sla_platform.settings import Settings

_KNOCK_SECONDS = 5.0
_LISTEN_SECONDS = 2.0
_CLIENT = "slad-knock"


@dataclass(frozen=True, slots=True)
class KafkaAccess:
    """How a client connects to the Kafka brokers: address, TLS and login."""

    servers: str
    """Addresses as `host:port[,host:port]`."""
    protocol: str = "PLAINTEXT"
    """Protocol such as `SASL_SSL`."""
    context: ssl.SSLContext | None = field(default=None, repr=False)
    """The TLS context. None without TLS."""
    mechanism: str = ""
    """The mechanism of the login, such as `SCRAM-SHA-256`. "" without a login."""
    user: str = ""
    """The user of the login. "" without a login."""
    password: str = field(default="", repr=False)
    """The password of the login. "" without a login."""

    @classmethod
    def of(cls, settings: Settings) -> KafkaAccess:
        """Return how to connect to the brokers, from the settings `SLAD_BUS_URL` and `SLAD_KAFKA_…`.

        If there is a login, log lines of aiokafka that would show the password are suppressed from now on.

        Raises:
            BadSettings: The certificate files cannot be used.
        """
        protocol = settings.kafka_security_protocol
        if protocol.startswith("SASL_"):
            logging.getLogger("aiokafka.conn").addFilter(_NO_PROOFS)
        return cls(
            settings.kafka_servers,
            protocol,
            _context(settings) if protocol.endswith("SSL") else None,
            settings.kafka_sasl_mechanism,
            settings.kafka_user,
            settings.kafka_password.get_secret_value(),
        )

    def options(self) -> dict[str, Any]:
        """Return the keyword arguments for a producer, consumer or admin client of aiokafka."""
        return {"bootstrap_servers": self.servers, **self._security()}

    def _security(self) -> dict[str, Any]:
        given: dict[str, Any] = {"security_protocol": self.protocol, "ssl_context": self.context}
        if self.mechanism:
            given |= {
                "sasl_mechanism": self.mechanism,
                "sasl_plain_username": self.user,
                "sasl_plain_password": self.password,
            }
        return given

    async def why(self, error: BaseException) -> str:
        """Return a sentence on why a client failed, and which setting to check.

        To find out, this method connects to each broker, for some seconds. The sentence is about the first broker that
        refuses. If none refuses, the sentence says that Kafka cannot be reached, and quotes the error.

        Args:
            error: The error of the client.
        """
        servers = [server.strip() for server in self.servers.split(",")]
        answers = await asyncio.gather(*(self._knock(server) for server in servers))
        for server, found in zip(servers, answers, strict=True):
            if found is not None and (cause := self._words(found)) is not None:
                return f"Kafka at {server} {cause}"
        return f"Kafka at {self.servers} cannot be reached: {error!r}"

    async def _knock(self, server: str) -> Exception | None:
        """Connect, log in, and ask the first question that a stranger is not answered; returns how that failed."""
        host, _, port = server.rpartition(":")
        patience = int(_KNOCK_SECONDS * 1000)
        try:
            async with asyncio.timeout(_KNOCK_SECONDS):
                connection = await create_conn(
                    host, int(port), client_id=_CLIENT, request_timeout_ms=patience, **self._security()
                )
                try:
                    await connection.send(MetadataRequest([]))
                finally:
                    connection.close()
        except (kafka.KafkaError, OSError, EOFError, ValueError) as found:
            closed = type(found) is kafka.KafkaConnectionError and self.context is not None
            return await self._parting_word(host, int(port)) or found if closed else found
        return None

    async def _parting_word(self, host: str, port: int) -> Exception | None:
        """Return TLS's own error when the broker hangs up after the handshake; the client library hides it."""
        try:
            async with asyncio.timeout(_LISTEN_SECONDS):
                reader, writer = await asyncio.open_connection(host, port, ssl=self.context)
                try:
                    await reader.read(1)
                finally:
                    writer.close()
        except OSError as found:
            return found if isinstance(found, ssl.SSLError) else None
        return None

    def _words(self, found: BaseException) -> str | None:
        """None for what is no refusal, such as a broker that is away."""
        match found:
            case kafka.SaslAuthenticationFailed():
                return (
                    f"refuses the login of {self.user!r} by {self.mechanism}: "
                    "look at SLAD_KAFKA_USER and SLAD_KAFKA_PASSWORD, and at what the broker knows of this user"
                )
            case kafka.UnsupportedSaslMechanismError():
                return f"does not take logins by {self.mechanism}: look at SLAD_KAFKA_SASL_MECHANISM"
            case kafka.IllegalSaslStateError():
                return f"expects no login there: look at SLAD_KAFKA_SECURITY_PROTOCOL={self.protocol} and the port"
            case ssl.SSLCertVerificationError():
                return (
                    f"shows a certificate that is not trusted here ({found.verify_message}): SLAD_KAFKA_CA_FILE must "
                    "name the authority that signed it, and SLAD_BUS_URL the host it was made for"
                )
            case ssl.SSLError() if "CERTIFICATE" in (found.reason or ""):
                return (
                    f"refuses our certificate ({found.reason}): "
                    "look at SLAD_KAFKA_CERTIFICATE_FILE and SLAD_KAFKA_KEY_FILE"
                )
            case ssl.SSLError():
                return (
                    f"does not speak TLS as we do ({found.reason}): look at SLAD_KAFKA_SECURITY_PROTOCOL and the port"
                )
            case ConnectionRefusedError():
                return None
            case kafka.KafkaConnectionError() | EOFError() | ConnectionError():
                return (
                    f"closes the connection without a word: it may expect something else than "
                    f"SLAD_KAFKA_SECURITY_PROTOCOL={self.protocol} on this port"
                )
            case _:
                return None


def _context(settings: Settings) -> ssl.SSLContext:
    """Verifies certificates and host names; there is no switch against it."""
    name = "SLAD_KAFKA_CA_FILE"
    try:
        context = ssl.create_default_context(cafile=settings.kafka_ca_file or None)
        if settings.kafka_certificate_file:
            name = "SLAD_KAFKA_CERTIFICATE_FILE and SLAD_KAFKA_KEY_FILE"
            context.load_cert_chain(settings.kafka_certificate_file, settings.kafka_key_file, _no_password)
    except (OSError, ValueError) as error:  # ssl.SSLError among them
        raise BadSettings(f"{name}: {_in_words(error)}") from error
    return context


def _no_password() -> str:
    """Called for an encrypted key only; without it OpenSSL would ask on the terminal."""
    raise ValueError("the key is encrypted; give slad one that is not, readable by it alone")


def _in_words(error: Exception) -> str:
    if isinstance(error, ssl.SSLError):
        return f"no usable PEM ({error.reason or error})"
    return f"{error.strerror}: {error.filename}" if isinstance(error, OSError) and error.strerror else str(error)


class _NoProofs(logging.Filter):
    """At level DEBUG aiokafka logs every request as it is sent, a login with its password too."""

    def filter(self, record: logging.LogRecord) -> bool:
        given = record.args if isinstance(record.args, tuple) else ()
        return not any(type(argument).__name__.startswith("SaslAuthenticate") for argument in given)


_NO_PROOFS = _NoProofs()
