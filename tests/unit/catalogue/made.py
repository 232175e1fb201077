"""A small sound catalogue, and a way to break it in one place."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from sla_catalogue import Catalogue, FileProblem, FindingLevel, check_files, load_catalogue

SOUND = """\
coverages:
  office: {hours: {mon-fri: "09:00-17:00"}, holidays: contract}
plans:
  gold:
    priorities: [{id: P1}, {id: P2}]
    targets:
      - {metric: first_response, coverage: office, by_priority: {P1: 1h, P2: 4h}}
    escalation: none
contracts:
  acme:
    customers: [Acme]
    plan: gold
    zone: Europe/Warsaw
    country: PL
    people: {anna: {name: Anna, email: anna@example.com}}
    roles: {on_call: [anna]}
"""


def written(tmp_path: Path, text: str, name: str = "catalogue.yaml") -> Path:
    file = tmp_path / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def changed(old: str, new: str, text: str = SOUND) -> str:
    """The sound catalogue with one thing written otherwise."""
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times"
    return text.replace(old, new)


def problems(tmp_path: Path, text: str, environment: Mapping[str, str] | None = None) -> list[FileProblem]:
    return check_files(written(tmp_path, text), environment=environment or {})


def codes(tmp_path: Path, text: str, environment: Mapping[str, str] | None = None) -> list[str]:
    return [problem.code for problem in problems(tmp_path, text, environment)]


def errors(tmp_path: Path, text: str) -> list[str]:
    return [problem.code for problem in problems(tmp_path, text) if problem.severity is FindingLevel.ERROR]


def loaded(tmp_path: Path, text: str, environment: Mapping[str, str] | None = None) -> Catalogue:
    return load_catalogue(written(tmp_path, text), environment=environment or {})
