"""TLS and logins against a real broker: everything slad does over them, and every refusal told in plain words."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization as pem
from pydantic import SecretStr
from structlog.testing import capture_logs
from tests.conformance.bus_rig import Recorder, Rig, background, event
from tests.real.certificates import Certificates
from tests.real.ledger import Ledger, Part

from sla_platform.bus.kafka import ensure_topics
from sla_platform.errors import BadSettings, BusUnavailable
from sla_platform.local import BRIEF, KafkaBroker, Unavailable
from sla_platform.local.ports import free_ports
from sla_platform.settings import Settings
from sla_platform.store.engine import Store

PASSWORD = "hush-hush-4711"
WRONG = "wrong-wrong-0815"


@dataclass(frozen=True, slots=True)
class Secured:
    """One broker with a listener for each way to be spoken to; `ports` by protocol."""

    ports: dict[str, int]
    certificates: Certificates

    def settings(self, protocol: str = "SASL_SSL", port: str = "", **changes: object) -> Settings:
        """As somebody who may come in."""
        given: dict[str, object] = {
            "bus_url": f"kafka://127.0.0.1:{self.ports[port or protocol]}",
            "kafka_security_protocol": protocol,
            "partitions": 2,
        }
        if protocol.endswith("SSL"):
            given["kafka_ca_file"] = str(self.certificates.ca_file)
        if protocol == "SSL":
            given["kafka_certificate_file"] = str(self.certificates.client_file)
            given["kafka_key_file"] = str(self.certificates.client_key_file)
        if protocol.startswith("SASL"):
            given["kafka_sasl_mechanism"] = "SCRAM-SHA-512"
            given["kafka_user"] = "slad"
            given["kafka_password"] = SecretStr(PASSWORD)
        return Settings(**given | changes)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def secured(ledger: Ledger, certificates: Certificates, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    """A broker for this file: plain, TLS with a client's certificate, TLS with a login, and a login without TLS."""
    folder = tmp_path_factory.mktemp("secured")
    names = ("SSL", "SASL_SSL", "SASL_PLAINTEXT")
    plain, *ports = free_ports(1 + len(names))
    login = "org.apache.kafka.common.security"
    users = f'{login}.plain.PlainLoginModule required user_slad="{PASSWORD}";'
    settings = {
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": str(certificates.java_keystore(folder)),
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": str(certificates.ca_file),
        "listener.name.ssl.ssl.client.auth": "required",
    }
    for listener, mechanisms in (
        ("sasl_ssl", "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512"),
        ("sasl_plaintext", "SCRAM-SHA-512"),
    ):
        settings[f"listener.name.{listener}.sasl.enabled.mechanisms"] = mechanisms
        settings[f"listener.name.{listener}.plain.sasl.jaas.config"] = users
        for scram in ("scram-sha-256", "scram-sha-512"):
            settings[f"listener.name.{listener}.{scram}.sasl.jaas.config"] = f"{login}.scram.ScramLoginModule required;"
    listeners = dict(zip(names, ports, strict=True))
    broker = KafkaBroker(
        folder / "kafka", plain, settings=settings, jvm=BRIEF, listeners=listeners, users={"slad": PASSWORD}
    )
    try:
        broker.start()
    except Unavailable as error:
        ledger.absent(Part.KAFKA, error.reason)
    ledger.found(Part.KAFKA, broker.version)
    yield Secured({"PLAINTEXT": plain, **listeners}, certificates)
    broker.discard()


@pytest.fixture
async def rigs(tmp_path: Path) -> AsyncIterator[list[Rig]]:
    """Opened here, closed at the end."""
    opened: list[Rig] = []
    yield opened
    for rig in opened:
        await rig.store.close()


WAYS = [
    pytest.param("SASL_SSL", {"kafka_sasl_mechanism": "SCRAM-SHA-512"}, id="TLS and SCRAM-SHA-512"),
    pytest.param("SASL_SSL", {"kafka_sasl_mechanism": "SCRAM-SHA-256"}, id="TLS and SCRAM-SHA-256"),
    pytest.param("SASL_SSL", {"kafka_sasl_mechanism": "PLAIN"}, id="TLS and PLAIN"),
    pytest.param("SASL_PLAINTEXT", {}, id="SCRAM-SHA-512 without TLS"),
    pytest.param("SSL", {}, id="TLS and a client's certificate"),
]


@pytest.mark.parametrize(("protocol", "changes"), WAYS)
async def test_topics_are_made_and_events_go_through_the_relay_to_a_reader(
    secured: Secured, rigs: list[Rig], tmp_path: Path, unique: str, protocol: str, changes: dict[str, object]
) -> None:
    settings = secured.settings(protocol, bus_prefix=unique, **changes)
    rig = Rig(Store(f"sqlite:///{tmp_path}/slad.db"), settings, "kafka")
    rigs.append(rig)
    await rig.set_up()
    recorder, feeds = Recorder(), rig.feeds()
    async with rig.relays(feeds), rig.reading(recorder, feeds=feeds):
        await rig.append([event(f"github:{number}", 0) for number in range(20)], feeds)
        await recorder.until_seen(f"github:{number}/0" for number in range(20))
        await recorder.until(lambda seen: all(seen.through(p) for p in rig.partitions))


REFUSALS = [
    pytest.param(
        "SASL_SSL", "SASL_SSL", {"kafka_password": SecretStr(WRONG)},
        "refuses the login of 'slad' by SCRAM-SHA-512: look at SLAD_KAFKA_USER and SLAD_KAFKA_PASSWORD",
        id="a wrong password",
    ),
    pytest.param(
        "SASL_SSL", "SASL_SSL", {"kafka_password": SecretStr(WRONG), "kafka_sasl_mechanism": "PLAIN"},
        "refuses the login of 'slad' by PLAIN: look at SLAD_KAFKA_USER and SLAD_KAFKA_PASSWORD",
        id="a wrong password by PLAIN",
    ),
    pytest.param(
        "SASL_SSL", "SASL_SSL", {"kafka_user": "nobody"},
        "refuses the login of 'nobody' by SCRAM-SHA-512",
        id="an unknown user",
    ),
    pytest.param(
        "SASL_SSL", "SASL_SSL", {"kafka_ca_file": ""},
        "shows a certificate that is not trusted here",
        id="an untrusted certificate",
    ),
    pytest.param(
        "SASL_PLAINTEXT", "SASL_PLAINTEXT", {"kafka_sasl_mechanism": "PLAIN"},
        "does not take logins by PLAIN: look at SLAD_KAFKA_SASL_MECHANISM",
        id="a mechanism that is off",
    ),
    pytest.param(
        "SSL", "SSL", {"kafka_certificate_file": "", "kafka_key_file": ""},
        "refuses our certificate",
        id="no certificate where one is asked for",
    ),
    pytest.param(
        "SASL_SSL", "PLAINTEXT", {},
        "look at SLAD_KAFKA_SECURITY_PROTOCOL and the port|SLAD_KAFKA_SECURITY_PROTOCOL=SASL_SSL on this port",
        id="TLS to a port without",
    ),
    pytest.param(
        "PLAINTEXT", "SASL_SSL", {},
        "SLAD_KAFKA_SECURITY_PROTOCOL=PLAINTEXT on this port",
        id="no TLS to a port with",
    ),
    pytest.param(
        "PLAINTEXT", "SASL_PLAINTEXT", {},
        "SLAD_KAFKA_SECURITY_PROTOCOL=PLAINTEXT on this port",
        id="no login where one is asked for",
    ),
    pytest.param(
        "SASL_PLAINTEXT", "PLAINTEXT", {},
        "expects no login there: look at SLAD_KAFKA_SECURITY_PROTOCOL=SASL_PLAINTEXT",
        id="a login where none is asked for",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("protocol", "port", "changes", "said"), REFUSALS)
async def test_migrate_says_why_the_broker_will_not_have_us(
    secured: Secured,
    caplog: pytest.LogCaptureFixture,
    protocol: str,
    port: str,
    changes: dict[str, object],
    said: str,
) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(BusUnavailable, match=said) as refused:
        await ensure_topics(secured.settings(protocol, port, **changes))
    told = f"{refused.value!r} {refused.value.__cause__!r} {caplog.text}"
    assert f"127.0.0.1:{secured.ports[port]}" in str(refused.value)
    assert PASSWORD not in told
    assert WRONG not in told


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"kafka_password": SecretStr(WRONG)}, "refuses the login of 'slad'"),
        ({"kafka_ca_file": ""}, "shows a certificate that is not trusted here"),
    ],
    ids=["a wrong password", "an untrusted certificate"],
)
async def test_relay_and_reader_say_why_and_go_on_trying(
    secured: Secured,
    rigs: list[Rig],
    tmp_path: Path,
    unique: str,
    changes: dict[str, object],
    said: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A refusal may be mended at the broker: what is accepted waits in the log, and nobody falls over."""
    caplog.set_level(logging.DEBUG)
    right = Rig(Store(f"sqlite:///{tmp_path}/slad.db"), secured.settings(bus_prefix=unique), "kafka")
    wrong = Rig(right.store, secured.settings(bus_prefix=unique, **changes), "kafka")
    rigs.append(right)
    await right.set_up()
    feeds, recorder = wrong.feeds(), Recorder()
    await wrong.append([event("github:1", 0)], feeds)
    with capture_logs() as lines:
        async with wrong.relays(feeds), background(wrong.source(feeds, "timer").run(recorder)):
            await _until(lambda: {"relay.retry", "bus.session_ended"} <= {line["event"] for line in lines})
    for line in lines:
        if line["event"] in ("relay.retry", "bus.session_ended"):
            assert said in line["error"]
    assert PASSWORD not in caplog.text + str(lines)
    assert WRONG not in caplog.text + str(lines)
    feeds = right.feeds()
    async with right.relays(feeds), right.reading(recorder, feeds=feeds):
        await recorder.until_seen(["github:1/0"])


async def test_a_login_is_in_no_log_however_much_is_logged(
    secured: Secured, unique: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The client library writes whole requests at level DEBUG, and PLAIN sends the password in one."""
    caplog.set_level(logging.DEBUG)
    await ensure_topics(secured.settings(bus_prefix=unique, kafka_sasl_mechanism="PLAIN"))
    assert "Request to 127.0.0.1" in caplog.text, "nothing was logged: this proves nothing"
    assert PASSWORD not in caplog.text


# Files, for which no broker is needed.


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"kafka_ca_file": "/nowhere/ca.pem"}, "SLAD_KAFKA_CA_FILE: No such file or directory"),
        ({"kafka_ca_file": __file__}, "SLAD_KAFKA_CA_FILE: no usable PEM"),
        (
            {"kafka_certificate_file": "/nowhere/c.pem", "kafka_key_file": "/nowhere/c.key"},
            "SLAD_KAFKA_CERTIFICATE_FILE",
        ),
        ({"kafka_certificate_file": __file__, "kafka_key_file": __file__}, "no usable PEM"),
    ],
)
async def test_files_that_cannot_be_used_are_said_before_anything_starts(
    tmp_path: Path, changes: dict[str, object], said: str
) -> None:
    settings = Settings(bus_url="kafka://127.0.0.1:1", kafka_security_protocol="SSL", **changes)  # type: ignore[arg-type]
    store = Store(f"sqlite:///{tmp_path}/slad.db")
    with pytest.raises(BadSettings, match=said):
        Rig(store, settings, "kafka").feeds()
    with pytest.raises(BadSettings, match=said):
        await ensure_topics(settings)
    await store.close()


async def test_an_encrypted_key_is_refused_instead_of_asked_for(certificates: Certificates, tmp_path: Path) -> None:
    key = pem.load_pem_private_key(certificates.client_key_file.read_bytes(), None)
    encrypted = tmp_path / "encrypted.key"
    encrypted.write_bytes(
        key.private_bytes(pem.Encoding.PEM, pem.PrivateFormat.PKCS8, pem.BestAvailableEncryption(b"secret"))
    )
    settings = Settings(
        bus_url="kafka://127.0.0.1:1",
        kafka_security_protocol="SSL",
        kafka_certificate_file=str(certificates.client_file),
        kafka_key_file=str(encrypted),
    )
    with pytest.raises(BadSettings, match="the key is encrypted"):
        await ensure_topics(settings)


async def _until(condition: Callable[[], bool], seconds: float = 40.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)
