"""How Kafka is spoken to: what fits together, what is refused at the start, and what is never shown."""

from __future__ import annotations

import json

import pytest
from pydantic import SecretStr, ValidationError

from sla_platform.settings import Settings

LOGIN = {"kafka_sasl_mechanism": "SCRAM-SHA-512", "kafka_user": "slad", "kafka_password": SecretStr("hush")}
PAIR = {"kafka_certificate_file": "slad.pem", "kafka_key_file": "slad.key"}


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"kafka_security_protocol": "SSL"},
        {"kafka_security_protocol": "SSL", "kafka_ca_file": "ca.pem", **PAIR},
        {"kafka_security_protocol": "SASL_PLAINTEXT", **LOGIN},
        {"kafka_security_protocol": "SASL_SSL", "kafka_ca_file": "ca.pem", **LOGIN, **PAIR},
    ],
)
def test_what_fits_together_is_taken(given: dict[str, object]) -> None:
    assert Settings(**given).kafka_security_protocol == given.get("kafka_security_protocol", "PLAINTEXT")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "setting", "said"),
    [
        ({"kafka_security_protocol": "TLS"}, "kafka_security_protocol", "use one of PLAINTEXT, SSL"),
        ({"kafka_ca_file": "ca.pem"}, "kafka_ca_file", "serves TLS alone"),
        ({"kafka_security_protocol": "SASL_PLAINTEXT", **LOGIN, **PAIR}, "kafka_key_file", "serves TLS alone"),
        ({"kafka_security_protocol": "SSL", "kafka_key_file": "k"}, "kafka_key_file", "set both or none"),
        ({"kafka_security_protocol": "SSL", "kafka_certificate_file": "c"}, "kafka_key_file", "set both or none"),
        ({"kafka_security_protocol": "SSL", **LOGIN}, "kafka_user", "serves a login alone"),
        ({**LOGIN}, "kafka_password", "serves a login alone"),
        ({"kafka_security_protocol": "SASL_SSL"}, "kafka_sasl_mechanism", "is missing"),
        ({"kafka_security_protocol": "SASL_SSL", **LOGIN, "kafka_user": ""}, "kafka_user", "is missing"),
        (
            {"kafka_security_protocol": "SASL_SSL", **LOGIN, "kafka_password": SecretStr("")},
            "kafka_password",
            "is missing",
        ),
        (
            {"kafka_security_protocol": "SASL_SSL", **LOGIN, "kafka_sasl_mechanism": "GSSAPI"},
            "kafka_sasl_mechanism",
            "use one of PLAIN, SCRAM-SHA-256, SCRAM-SHA-512",
        ),
        ({"bus_url": "kafka://slad:hush@broker:9092"}, "bus_url", "SLAD_KAFKA_USER and SLAD_KAFKA_PASSWORD"),
    ],
)
def test_what_makes_no_sense_is_refused_by_its_name(given: dict[str, object], setting: str, said: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Settings(**given)  # type: ignore[arg-type]
    told = {str(item["loc"][0]): item["msg"] for item in refused.value.errors()}
    assert said in told[setting]
    assert "hush" not in str(refused.value)


def test_a_mistake_in_the_protocol_is_told_once() -> None:
    with pytest.raises(ValidationError) as refused:
        Settings(kafka_security_protocol="TLS", kafka_ca_file="ca.pem", **LOGIN)  # type: ignore[arg-type]
    assert [item["loc"] for item in refused.value.errors()] == [("kafka_security_protocol",)]


def test_the_password_is_never_shown() -> None:
    settings = Settings(kafka_security_protocol="SASL_SSL", **LOGIN)  # type: ignore[arg-type]
    assert "hush" not in json.dumps(settings.shown()) + repr(settings) + str(settings)
    assert settings.shown()["kafka_user"] == "slad"
