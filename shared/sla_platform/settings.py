"""Every setting of a process, frozen and checked at start. Environment variables `SLAD_*`, or a `.env` given by name.

The profile follows from two URLs: `SLAD_STORE_URL` (sqlite or postgresql) and `SLAD_BUS_URL` (embedded or kafka).
Nothing is read at import; `main` builds one object and passes it down.
"""

from __future__ import annotations

import re
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Self

from pydantic import Field, SecretStr, ValidationInfo, field_validator, model_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

PROTOCOLS = ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")
MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")
LEAST_RETENTION_DAYS = 30
_CREDENTIALS = re.compile(r"(?<=://).*@", re.DOTALL)  # to the last @: a password may hold one that is not escaped
_HOST_NAME = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,251}[A-Za-z0-9_])?|\[[0-9A-Fa-f:.]+\]", re.ASCII)


class _Environment(EnvSettingsSource):
    """The variables SLAD_…; those of spaces alone are left out, as `env_ignore_empty` leaves out empty ones."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        value, key, is_complex = super().get_field_value(field, field_name)
        return (None if isinstance(value, str) and not value.strip() else value), key, is_complex


class Settings(BaseSettings):
    """The settings of one process, read from the environment variables `SLAD_*`, checked and immutable.

    The defaults are the embedded profile: one process, SQLite, one port on the loopback interface. A variable that is
    empty, or holds only spaces, is ignored. docs/operations.md explains all settings.
    """

    model_config = SettingsConfigDict(
        env_prefix="SLAD_",
        frozen=True,
        extra="ignore",
        secrets_dir=None,
        hide_input_in_errors=True,
        use_attribute_docstrings=True,
        env_ignore_empty=True,  # `SLAD_X=${X:-}` of a compose file means the default
    )

    # where
    store_url: str = "sqlite:///var/slad.db"
    bus_url: str = "embedded:"
    bus_prefix: str = "slad"
    """The beginning of the names of Kafka's topics."""
    partitions: int = Field(default=12, ge=1, le=1000)
    """Number of partitions of a topic, fixed when the topics are created."""
    kafka_replication: int = Field(default=1, ge=1, le=10)
    """Number of copies of new topics. From 3 on, two copies acknowledge."""
    kafka_retention_hours: int = Field(default=72, ge=1)
    """For how many hours new topics keep events. It must be longer than any outage of a consumer."""
    kafka_security_protocol: str = "PLAINTEXT"
    kafka_ca_file: str = ""
    """PEM file of the certificate authorities. "" means the authorities that this machine trusts."""
    kafka_certificate_file: str = ""
    """PEM file of slad's own certificate, for brokers that ask for one."""
    kafka_key_file: str = ""
    """PEM file of the key, not encrypted."""
    kafka_sasl_mechanism: str = ""
    kafka_user: str = ""
    kafka_password: SecretStr = SecretStr("")
    watermark_ms: float = Field(default=100.0, ge=5.0, le=5000.0)
    """Milliseconds between two watermarks. Timers fire at most about this much later."""
    retention_days: int = 400
    """For how many days finished incidents are kept. The default is thirteen months, so that a year can be reported. 0
    means for ever."""
    catalogue: Path = Path("examples/catalogue")
    host: str = "127.0.0.1"
    port: int = Field(default=8321, ge=0, le=65535)
    public_url: str = ""
    """The URL by which people reach this instance. Links in pages and mails start with it."""
    instance: str = Field(default="", max_length=120)
    """This process's name, for static group membership. "" means host and port."""

    # the HTTP server
    max_connections: int = Field(default=4096, ge=16)
    """The greatest number of connections. It is lower if the limit on open files is lower."""
    max_connections_per_address: int = Field(default=256, ge=4)
    """The greatest number of connections of one IPv4 address or IPv6 /64. It does not apply to a proxy."""
    trusted_proxies: tuple[str, ...] = ()
    """Networks (CIDR) of proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed."""
    head_seconds: float = Field(default=10.0, gt=0)
    """Seconds in which the whole head of a request must arrive."""
    body_seconds: float = Field(default=30.0, gt=0)
    """Seconds in which the whole body of a request must arrive."""
    idle_seconds: float = Field(default=30.0, gt=0)
    """For how long a kept connection may wait for its next request."""
    allowed_hosts: tuple[str, ...] = ()
    """Names by which slad is reached besides that of `public_url`."""

    # ingest
    max_body_bytes: int = 1_048_576
    max_depth: int = 64
    """The greatest depth of nested JSON."""
    rate_per_minute: int = Field(default=12_000, ge=1)
    """Events per source or key and minute; each event of a batch counts. More get status 429."""
    group_commit_ms: float = 2.0
    """For how long a delivery waits, to be committed together with others."""

    # timer
    tick_ms: float = Field(default=25.0, ge=1.0, le=5000.0)
    claim_limit: int = 500
    """The greatest number of timers that one statement fires."""
    sweep_seconds: float = 5.0
    """Seconds between searches for timers left behind."""
    provisional_after_seconds: float = 600.0
    """For how long timers wait for late events."""
    future_tolerance_seconds: float = 300.0
    """How far an event may lie ahead of the clock. An event further ahead gets the time of its receipt."""

    # notifier
    smtp_url: str = ""
    """URL of the mail server: `smtp://user:password@host:587` (STARTTLS required), `smtps://…`, or `smtp+plain://…`
    (local only)."""
    mail_from: str = "slad <slad@localhost>"
    mail_reply_to: str = ""
    """Where answers by people to slad's mails go, such as the mailbox of the service desk. Empty means `mail_from`."""
    link_secret: SecretStr = SecretStr("")
    """The secret that signs links to acknowledge. If empty, a secret is made once and kept in the store."""
    webhook_allow: tuple[str, ...] = ()
    """Networks (CIDR) that outbound webhooks may reach although they are private."""
    delivery_lease_seconds: float = 60.0
    """The time after which a message is sent again if the process that was sending it died."""
    heartbeat_url: str = ""
    """URL of an outside watchdog, which gets a GET a minute and raises the alarm if it misses one."""
    digest_over: int = Field(default=5, ge=1)
    """The greatest number of mails in a burst to one address. More mails are sent as digests."""

    # seen from outside
    board_open: bool = True
    """Whether the board can be read without a key. Only sensible on the loopback interface."""
    streams: int = Field(default=1000, ge=4)
    """How many pages may be followed live at once."""
    streams_per_key: int = Field(default=100, ge=1)
    """How many pages one key may follow live at once."""
    streams_per_contract: int = Field(default=200, ge=1)
    """How many pages all keys of one contract may follow live at once."""
    streams_per_address: int = Field(default=100, ge=1)
    """How many pages one address without a key may follow live at once."""
    stream_pages: int = Field(default=200, ge=5)
    """How many different pages may be followed live at once. One caller may follow a fifth of them at most."""
    log_format: str = Field(default="auto", pattern="^(auto|json|console)$")
    log_level: str = "INFO"
    time: str = "system"
    """Which clock is used."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Return the sources of the settings in order of precedence: arguments, then environment variables.

        Called by pydantic.
        """
        return init_settings, _Environment(settings_cls)

    @field_validator("store_url")
    @classmethod
    def _known_store(cls, url: str) -> str:
        if url.startswith(("sqlite:", "postgresql:", "postgresql+asyncpg:", "sqlite+aiosqlite:")):
            return url
        raise ValueError("use sqlite:///path/to/file.db or postgresql://user@host/database")

    @field_validator("bus_url")
    @classmethod
    def _known_bus(cls, url: str) -> str:
        if "@" in url:
            raise ValueError("a login does not belong here: set SLAD_KAFKA_USER and SLAD_KAFKA_PASSWORD")
        if url == "embedded:" or url.startswith("kafka://"):
            return url
        raise ValueError("use embedded: or kafka://host:port[,host:port]")

    @field_validator("trusted_proxies")
    @classmethod
    def _are_networks(cls, written: tuple[str, ...]) -> tuple[str, ...]:
        for entry in written:
            try:
                ip_network(entry)
            except ValueError as error:
                raise ValueError(f"{entry!r} is no address or network such as 10.1.0.0/16: {error}") from None
        return written

    @field_validator("allowed_hosts")
    @classmethod
    def _are_host_names(cls, written: tuple[str, ...]) -> tuple[str, ...]:
        for name in written:
            if not _HOST_NAME.fullmatch(name):
                raise ValueError(f"{name!r} is no plain host name such as sla.example; ports and schemes do not count")
        return written

    @field_validator("kafka_security_protocol")
    @classmethod
    def _known_protocol(cls, protocol: str) -> str:
        if protocol not in PROTOCOLS:
            raise ValueError(f"use one of {', '.join(PROTOCOLS)}")
        return protocol

    @field_validator("kafka_ca_file", "kafka_certificate_file", "kafka_key_file")
    @classmethod
    def _files_serve_tls(cls, file: str, info: ValidationInfo) -> str:
        protocol = str(info.data.get("kafka_security_protocol", "SSL"))  # a refused one is reported once
        if file and not protocol.endswith("SSL"):
            raise ValueError(f"serves TLS alone, and SLAD_KAFKA_SECURITY_PROTOCOL is {protocol}: use SSL or SASL_SSL")
        if info.field_name == "kafka_key_file" and bool(file) != bool(info.data.get("kafka_certificate_file", file)):
            raise ValueError("goes together with SLAD_KAFKA_CERTIFICATE_FILE: set both or none")
        return file

    @field_validator("kafka_sasl_mechanism", "kafka_user", "kafka_password")
    @classmethod
    def _login_serves_sasl(cls, given: str | SecretStr, info: ValidationInfo) -> str | SecretStr:
        protocol = str(info.data.get("kafka_security_protocol", ""))
        if not protocol:
            return given
        present = bool(given.get_secret_value() if isinstance(given, SecretStr) else given)
        if present and not protocol.startswith("SASL_"):
            raise ValueError(f"serves a login alone, and SLAD_KAFKA_SECURITY_PROTOCOL is {protocol}: use SASL_SSL")
        if not present and protocol.startswith("SASL_"):
            raise ValueError(f"is missing: SLAD_KAFKA_SECURITY_PROTOCOL={protocol} asks for a login")
        if info.field_name == "kafka_sasl_mechanism" and present and given not in MECHANISMS:
            raise ValueError(f"use one of {', '.join(MECHANISMS)}")
        return given

    @field_validator("retention_days")
    @classmethod
    def _remembers_long_enough(cls, days: int, info: ValidationInfo) -> int:
        """Check that forgotten events cannot be delivered again by a sender or bus that still holds a copy."""
        if days != 0 and days < LEAST_RETENTION_DAYS:
            raise ValueError(f"use 0 (keep for ever) or at least {LEAST_RETENTION_DAYS}: redeliveries must be known")
        hours = info.data.get("kafka_retention_hours", 0)
        if 0 < days * 24 <= hours:
            raise ValueError(f"must be longer than SLAD_KAFKA_RETENTION_HOURS={hours}: what Kafka holds may come again")
        return days

    @model_validator(mode="after")
    def _profile_defaults(self) -> Self:
        if not self.public_url:
            object.__setattr__(self, "public_url", f"http://{self.host}:{self.port}")
        return self

    @property
    def embedded(self) -> bool:
        """Return whether slad runs without Kafka (`SLAD_BUS_URL=embedded:`).

        Services then read each other's logs in the database.
        """
        return self.bus_url == "embedded:"

    def shown(self) -> dict[str, object]:
        """Return the settings as name -> value for people to read, without secrets and passwords."""
        values: dict[str, object] = self.model_dump(mode="json")
        for name in ("store_url", "bus_url", "smtp_url"):
            values[name] = _CREDENTIALS.sub("[hidden]@", str(values[name]))
        if self.heartbeat_url:
            values["heartbeat_url"] = "[hidden]"
        if not self.link_secret.get_secret_value():
            values["link_secret"] = "made and kept in the store"  # noqa: S105 - words in its place
        return values

    @property
    def kafka_servers(self) -> str:
        """Return the Kafka brokers that `SLAD_BUS_URL` names, as `host:port[,host:port]`.

        The embedded profile has no Kafka, and the result is then meaningless.
        """
        return self.bus_url.removeprefix("kafka://")
