"""The manifests are what Kubernetes takes, and give slad what it needs: probes, time to drain, no rights."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
from prometheus_client import CollectorRegistry
from ruamel.yaml import YAML
from tests.integration.deploy.conftest import ROOT
from tests.integration.deploy.routes import services

from sla_notifier.send.pace import Pace
from sla_platform.settings import Settings
from sla_standalone.holder import CatalogueHolder
from sla_standalone.serve import DRAIN_SECONDS

HOME = ROOT / "deploy" / "kustomize"
OVERLAYS = ("embedded", "production", "ha")
OLDEST = "1.30"  # of Kubernetes: `sleep` before a container stops
NEWEST = "1.37"
GOODBYES_SECONDS = 15  # consumer, producers and lease at the end; each is bounded in sla_platform.bus


def documents(text: str) -> list[dict[str, Any]]:
    return [found for found in YAML(typ="safe").load_all(text) if found]


def kustomizations() -> list[Path]:
    return sorted(HOME.rglob("kustomization.yaml"))


def manifests() -> list[Path]:
    """Files that are whole resources; patches are not."""
    return [
        file.parent / name
        for file in kustomizations()
        for name in documents(file.read_text())[0].get("resources", ())
        if name.endswith(".yaml")
    ]


@pytest.fixture(scope="module", params=OVERLAYS)
def built(request: pytest.FixtureRequest) -> list[dict[str, Any]]:
    """An overlay as kubectl would apply it."""
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        pytest.skip("kubectl is not on the path: the files are checked one by one all the same")
    folder = HOME / "overlays" / request.param
    said = subprocess.run([kubectl, "kustomize", folder], capture_output=True, text=True, check=False, timeout=60)
    assert said.returncode == 0, said.stderr
    return documents(said.stdout)


def pods(built: list[dict[str, Any]]) -> list[tuple[str, dict[str, Any]]]:
    """Kind and name of each workload with its pod template's spec."""
    return [
        (f"{one['kind']}/{one['metadata']['name']}", one["spec"]["template"]["spec"])
        for one in built
        if one["kind"] in ("Deployment", "StatefulSet", "Job")
    ]


# Each file by itself: needs no kubectl.


def test_whatever_a_kustomization_names_is_there() -> None:
    assert {file.parent.name for file in kustomizations()} == {"base", "pod", *OVERLAYS}
    for file in kustomizations():
        (written,) = documents(file.read_text())
        named = [*written.get("resources", ()), *written.get("components", ())]
        named += [patch["path"] for patch in written.get("patches", ())]
        for name in named:
            place = file.parent / name
            assert place.exists(), f"{file} names {name}"
            assert place.is_file() or (place / "kustomization.yaml").is_file()


def test_no_file_is_forgotten() -> None:
    named = {file.resolve() for file in manifests()} | {file.resolve() for file in kustomizations()}
    for file in kustomizations():
        (written,) = documents(file.read_text())
        named |= {(file.parent / patch["path"]).resolve() for patch in written.get("patches", ())}
    assert {file.resolve() for file in HOME.rglob("*.yaml")} == named


@pytest.mark.parametrize("file", manifests(), ids=lambda file: str(file.relative_to(HOME)))
def test_each_manifest_is_valid_by_itself(file: Path) -> None:
    for one in documents(file.read_text()):
        for version in (OLDEST, NEWEST):
            kubernetes_validate.validate(one, version, strict=True)


# As built.


def test_every_overlay_is_valid(built: list[dict[str, Any]]) -> None:
    assert len(built) > 4
    for one in built:
        for version in (OLDEST, NEWEST):
            kubernetes_validate.validate(one, version, strict=True)


def test_every_pod_runs_without_rights(built: list[dict[str, Any]]) -> None:
    for name, pod in pods(built):
        assert pod["securityContext"]["runAsNonRoot"] is True, name
        assert pod["securityContext"]["runAsUser"] == 10001
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert pod["serviceAccountName"] == "slad"
        assert pod["automountServiceAccountToken"] is False
        (container,) = pod["containers"]
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]},
        }  # fmt: skip
        assert container["image"].endswith(":0.1.0"), "the image's name and tag are set by the overlay"


def test_every_service_has_its_probes_and_time_to_drain(built: list[dict[str, Any]]) -> None:
    longest = DRAIN_SECONDS + Pace().drain_seconds + GOODBYES_SECONDS
    for name, pod in pods(built):
        if name.startswith("Job/"):
            continue
        (container,) = pod["containers"]
        assert container["livenessProbe"]["httpGet"] == {"path": "/livez", "port": "http"}, name
        assert container["readinessProbe"]["httpGet"] == {"path": "/readyz", "port": "http"}
        assert container["ports"] == [{"name": "http", "containerPort": 8321}]
        before = container.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
        assert pod["terminationGracePeriodSeconds"] > longest + before


def test_settings_are_settings_of_slad(built: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    known = {f"SLAD_{name}".upper() for name in Settings.model_fields}
    (settings,) = [one for one in built if one["kind"] == "ConfigMap"]
    assert settings["data"].keys() <= known
    for name, value in settings["data"].items():
        monkeypatch.setenv(name, value)
    Settings()
    for _, pod in pods(built):
        (container,) = pod["containers"]
        assert {"configMapRef": {"name": settings["metadata"]["name"]}} in container["envFrom"]
        assert {entry["name"] for entry in container.get("env", ())} <= known


def test_commands_are_commands_of_slad(built: list[dict[str, Any]]) -> None:
    told = {name.split("/")[1].removeprefix("slad-"): pod["containers"][0]["args"] for name, pod in pods(built)}
    if told.keys() == {"slad"}:
        assert told == {"slad": ["run"]}
    else:
        assert told == {name: [name] for name in ("migrate", "ingest", "timer", "notifier", "board")}


def test_selectors_find_their_pods_and_nobody_elses(built: list[dict[str, Any]]) -> None:
    labels = {
        one["metadata"]["name"]: one["spec"]["template"]["metadata"]["labels"]
        for one in built
        if one["kind"] in ("Deployment", "StatefulSet", "Job")
    }
    for one in built:
        if one["kind"] in ("Service", "PodDisruptionBudget"):
            asked = one["spec"]["selector"].get("matchLabels", one["spec"]["selector"])
            found = {name for name, own in labels.items() if asked.items() <= own.items()}
            assert found == {one["metadata"]["name"]}, f"{one['kind']} {one['metadata']['name']} selects {found}"


async def test_the_ingress_leads_every_path_to_the_service_that_has_it(built: list[dict[str, Any]]) -> None:
    (ingress,) = [one for one in built if one["kind"] == "Ingress"]
    (rule,) = ingress["spec"]["rules"]
    paths = {
        (path["path"], path["pathType"]): path["backend"]["service"]["name"].removeprefix("slad-")
        for path in rule["http"]["paths"]
    }
    names = {one["metadata"]["name"].removeprefix("slad-") for one in built if one["kind"] == "Service"}
    assert set(paths.values()) <= names
    for service in await services():
        for path in service.public:
            assert _backend(paths, path) in (service.name, "slad"), f"{path} of {service.name}"
        for path in service.inside:
            assert _backend(paths, path) is None, f"{path} must not be seen from outside"


def _backend(paths: dict[tuple[str, str], str], path: str) -> str | None:
    """What an ingress controller picks: an exact path, else the longest prefix by whole elements."""
    if (path, "Exact") in paths:
        return paths[path, "Exact"]
    elements = path.strip("/").split("/")
    for length in range(len(elements), 0, -1):
        found = paths.get(("/" + "/".join(elements[:length]), "Prefix"))
        if found is not None:
            return found
    return None


def test_high_availability_lets_one_leave_at_a_time() -> None:
    budgets = documents((HOME / "overlays" / "ha" / "disruption.yaml").read_text())
    (overlay,) = documents((HOME / "overlays" / "ha" / "kustomization.yaml").read_text())
    assert {budget["metadata"]["name"] for budget in budgets} == {one["name"] for one in overlay["replicas"]}
    assert all(budget["spec"]["maxUnavailable"] == 1 for budget in budgets)
    assert all(one["count"] >= 2 for one in overlay["replicas"])


def test_a_mounted_catalogue_is_read_once_and_again_when_it_is_swapped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A ConfigMap is mounted as links through `..data` into a hidden folder, and changed by pointing `..data` anew."""
    monkeypatch.setenv("PAGER_URL", "https://pager.example/")
    monkeypatch.setenv("DESK_SECRET", "a-secret-of-the-desk")
    mounted = tmp_path / "catalogue"
    mounted.mkdir()
    example = (ROOT / "tests" / "integration" / "deploy" / "catalogue.yaml").read_text()
    _mount(mounted, "..2026_11_22", example)
    (mounted / "catalogue.yaml").symlink_to("..data/catalogue.yaml")
    holder = CatalogueHolder(mounted, CollectorRegistry())
    before = holder.current.version
    assert holder.refresh() == ()
    _mount(mounted, "..2026_11_23", example.replace("title: Plain", "title: Plainer"))
    assert holder.refresh() == ()
    assert holder.current.version != before


def _mount(mounted: Path, name: str, text: str) -> None:
    (mounted / name).mkdir()
    (mounted / name / "catalogue.yaml").write_text(text)
    fresh = mounted / "..data_tmp"
    fresh.symlink_to(name)
    fresh.replace(mounted / "..data")
