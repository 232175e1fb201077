"""What others publish is named by its digest, so that a moved tag changes nothing; the licence is the one declared."""

from __future__ import annotations

import re
import tomllib

from tests.integration.deploy.conftest import ROOT

_DIGEST = re.compile(r"[\w./-]+:[\w.-]+@sha256:[0-9a-f]{64}")
_ACTION = re.compile(r"uses:\s*(\S+)(.*)")


def test_actions_are_named_by_commit_with_their_version() -> None:
    found = 0
    for file in (ROOT / ".github" / "workflows").iterdir():
        for action, rest in _ACTION.findall(file.read_text()):
            found += 1
            assert re.fullmatch(r"[\w-]+/[\w/-]+@[0-9a-f]{40}", action), f"{file.name}: {action}"
            assert re.fullmatch(r" # v\d+\.\d+\.\d+", rest), f"{file.name}: {action} says not which version it is"
    assert found >= 2


def test_images_are_named_by_digest() -> None:
    dockerfile = (ROOT / "deploy" / "Dockerfile").read_text()
    arguments = dict(re.findall(r"^ARG (\w+)=(\S+)$", dockerfile, re.MULTILINE))
    bases = re.findall(r"^FROM (\S+)", dockerfile, re.MULTILINE)
    images = [re.sub(r"\$\{(\w+)\}", lambda name: arguments[name[1]], base) for base in bases]
    for file in (ROOT / "deploy" / "compose.yaml", *(ROOT / ".github" / "workflows").iterdir()):
        images += re.findall(r"^\s*(?:- )?(?:image|container): (\S+)", file.read_text(), re.MULTILINE)
    others = [image for image in images if not image.startswith("slad:")]
    assert len(others) >= 6
    assert [image for image in others if not _DIGEST.fullmatch(image)] == []


def test_the_licence_is_the_one_that_is_declared() -> None:
    with (ROOT / "pyproject.toml").open("rb") as file:
        project = tomllib.load(file)["project"]
    assert (project["license"], project["license-files"]) == ("Apache-2.0", ["LICENSE"])
    text = (ROOT / "LICENSE").read_text()
    assert "Apache License\n                           Version 2.0, January 2004" in text
    assert all(re.search(rf"^   {number}\. [A-Z]", text, re.MULTILINE) for number in range(1, 10))
    assert "END OF TERMS AND CONDITIONS" in text
    assert 'org.opencontainers.image.licenses="Apache-2.0"' in (ROOT / "deploy" / "Dockerfile").read_text()
