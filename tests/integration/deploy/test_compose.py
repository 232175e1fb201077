"""The compose file, the proxy in front of it and the image fit each other and slad."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from tests.integration.deploy.conftest import ROOT
from tests.integration.deploy.routes import services

from sla_notifier.send.pace import Pace
from sla_platform.settings import Settings
from sla_standalone.serve import DRAIN_SECONDS

DEPLOY = ROOT / "deploy"
SERVICES = {"ingest", "timer", "notifier", "board"}
KNOWN = {f"SLAD_{name}".upper() for name in Settings.model_fields}
_LOCATION = re.compile(r"^\s*location (?:(?P<exact>=) )?(?P<path>\S+) \{(?P<body>[^}]*)\}", re.MULTILINE)
_PIN = re.compile(r"^(?P<name>[a-z0-9-]+)==(?P<version>\S+)", re.MULTILINE)


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    written: dict[str, Any] = YAML(typ="safe").load((DEPLOY / "compose.yaml").read_text())
    return written


@pytest.fixture(scope="module")
def dockerfile() -> str:
    return (DEPLOY / "Dockerfile").read_text()


def test_it_is_valid_by_the_compose_specification() -> None:
    checker = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
    said = subprocess.run([*checker, DEPLOY / "compose.yaml"], capture_output=True, text=True, check=False, timeout=60)
    assert said.returncode == 0, said.stdout + said.stderr


def test_each_service_runs_its_command_without_rights(compose: dict[str, Any]) -> None:
    for name in SERVICES | {"migrate"}:
        service = compose["services"][name]
        assert service["command"] == [name]
        assert service["image"] == f"slad:{_version()}"
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert service["user"] == "10001:10001"


def test_each_service_waits_for_the_schema_and_gets_time_to_drain(compose: dict[str, Any]) -> None:
    for name in SERVICES:
        service = compose["services"][name]
        assert service["depends_on"] == {"migrate": {"condition": "service_completed_successfully"}}
        assert float(service["stop_grace_period"].removesuffix("s")) > DRAIN_SECONDS + Pace().drain_seconds + 15
        assert "/readyz" in service["healthcheck"]["test"][-1]


def test_settings_are_settings_of_slad(compose: dict[str, Any], dockerfile: str) -> None:
    for name in SERVICES | {"migrate"}:
        assert compose["services"][name]["environment"].keys() <= KNOWN
    assert set(re.findall(r"\b(SLAD_\w+)=", dockerfile)) <= KNOWN
    example = dict(re.findall(r"^(\w+)=(.*)$", (DEPLOY / "slad.env.example").read_text(), re.MULTILINE))
    ours = {name for name in example if name.startswith("SLAD_")}
    assert ours - KNOWN == {"SLAD_CATALOGUE_DIR"}
    asked = set(re.findall(r"\$\{(\w+):?[?-]", (DEPLOY / "compose.yaml").read_text()))
    assert asked - example.keys() == {"SLAD_PORT_OUTSIDE"}, "the example names what the file asks for"


def test_production_has_no_default_for_what_only_the_operator_knows() -> None:
    text = (DEPLOY / "compose.yaml").read_text()
    defaults = dict(re.findall(r"\$\{(\w+):?-([^}]*)\}", text))
    assert defaults == {"SLAD_HEARTBEAT_URL": "", "SLAD_PORT_OUTSIDE": "8321"}
    demanded = dict(re.findall(r"\$\{(\w+):\?([^}]*)\}", text))
    assert demanded.keys() >= {"SLAD_CATALOGUE_DIR", "SLAD_PUBLIC_URL", "SLAD_LINK_SECRET", "POSTGRES_PASSWORD"}
    assert all(f"set {name}" in said for name, said in demanded.items())
    example = dict(re.findall(r"^(\w+)=(.*)$", (DEPLOY / "slad.env.example").read_text(), re.MULTILINE))
    assert set(example.values()) == {""}
    assert demanded.keys() <= example.keys()


def test_the_database_compresses_its_log_fast(compose: dict[str, Any]) -> None:
    assert "wal_compression=lz4" in compose["services"]["postgres"]["command"]


def test_topics_are_made_by_slad_alone(compose: dict[str, Any]) -> None:
    assert compose["services"]["kafka"]["environment"]["KAFKA_AUTO_CREATE_TOPICS_ENABLE"] == "false"


async def test_the_proxy_leads_every_path_to_the_service_that_has_it() -> None:
    text = (DEPLOY / "nginx" / "slad.conf").read_text()
    locations = [(found["path"], bool(found["exact"]), found["body"]) for found in _LOCATION.finditer(text)]
    for service in await services():
        for path in service.public:
            assert f"proxy_pass ${service.name};" in _location(locations, path), f"{path} of {service.name}"
        for path in service.inside:
            assert "return 404;" in _location(locations, path), f"{path} must not be seen from outside"


def test_the_proxy_refuses_what_slad_would_hang_up_on() -> None:
    text = (DEPLOY / "nginx" / "slad.conf").read_text()
    assert Settings.model_fields["max_body_bytes"].default == 1024 * 1024
    assert "client_max_body_size 1m;" in text


def test_the_proxy_logs_no_path() -> None:
    """Links to acknowledge hold signed tokens."""
    text = (DEPLOY / "nginx" / "slad.conf").read_text()
    (form,) = re.findall(r"log_format without_links '([^']*)'", text)
    assert not {"$request", "$request_uri", "$uri", "$args", "$http_referer"} & set(re.findall(r"\$\w+", form))
    assert "access_log /dev/stdout without_links;" in text


def _location(locations: list[tuple[str, bool, str]], path: str) -> str:
    """The body of the location nginx picks: an exact one, else the longest prefix."""
    exact = [body for own, whole, body in locations if whole and own == path]
    prefixes = sorted((own, body) for own, whole, body in locations if not whole and path.startswith(own))
    return exact[0] if exact else max(prefixes, key=lambda found: len(found[0]))[1]


# The image.


def test_the_image_is_of_this_release(dockerfile: str) -> None:
    assert f'org.opencontainers.image.version="{_version()}"' in dockerfile


def test_the_image_runs_as_a_number_and_not_as_root(dockerfile: str) -> None:
    final = dockerfile.rpartition("\nFROM ")[2]
    assert re.findall(r"^USER (.*)$", final, re.MULTILINE) == ["10001:10001"]
    assert final.index("USER") < final.index("ENTRYPOINT")


def test_the_image_keeps_the_board_closed(dockerfile: str) -> None:
    assert "SLAD_BOARD_OPEN=false" in dockerfile.rpartition("\nFROM ")[2]


def test_the_image_copies_only_what_is_sent_to_its_build(dockerfile: str) -> None:
    sent = {
        line.removeprefix("!") for line in (DEPLOY / "Dockerfile.dockerignore").read_text().split() if line[0] == "!"
    }
    copied = {
        word
        for line in re.findall(r"^COPY (?!--from)(.*)$", dockerfile, re.MULTILINE)
        for word in line.split()[:-1]
    }  # fmt: skip
    assert copied == sent
    assert all((ROOT / name).exists() for name in sent)


def test_the_image_holds_the_tested_versions() -> None:
    tested, shipped = _pins(ROOT / "requirements.lock"), _pins(DEPLOY / "requirements.lock")
    assert len(shipped) > 40
    drifted = {name: found for name, found in shipped.items() if not found <= tested.get(name, set())}
    assert drifted == {}, f"write deploy/requirements.lock anew, see docs/operations.md: {drifted}"


def test_the_image_holds_what_slad_needs_and_no_tools() -> None:
    shipped = _pins(DEPLOY / "requirements.lock").keys()
    with (ROOT / "pyproject.toml").open("rb") as file:
        project = tomllib.load(file)["project"]
    extras = project["optional-dependencies"]
    needed = {_name(one) for one in [*project["dependencies"], *extras["kafka"], *extras["postgres"]]}
    assert needed <= shipped
    assert not {"pytest", "mypy", "ruff", "playwright", "pandas"} & shipped


def _version() -> str:
    with (ROOT / "pyproject.toml").open("rb") as file:
        return str(tomllib.load(file)["project"]["version"])


def _name(requirement: str) -> str:
    return re.split(r"[\[<>=!~;, ]", requirement, maxsplit=1)[0].lower().replace("_", "-").replace(".", "-")


def _pins(file: Path) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for pin in _PIN.finditer(file.read_text()):
        found.setdefault(pin["name"], set()).add(pin["version"])
    return found
