"""Recorded contracts at the keyboard: applied, shown, imported, exported and ended in a running service."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import httpx2
import pytest
from tests.golden.cli.test_service import INGEST, patiently
from tests.unit.cli.invoke import Said, slad
from tests.unit.cli.logs import event

from sla_catalogue.tree import Plain, read_tree
from sla_platform.timesource import SystemTime
from sla_standalone.cli.contract.service import ContractService, KnownContract, Misfit, WantedContract

ADMIN = "demo-admin-key"
TEXT = """\
contracts:
  {id}:
    title: "Contract of ${{WHO}}"
    customers: [{id} GmbH]
    plan: silver
    zone: Europe/Warsaw
    country: PL
    roles: {{on_call: [anna]}}
    targets: [{{metric: first_response, coverage: office, time: {time}}}]
"""


@pytest.fixture(autouse=True)
def called(service: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLAD_URL", service)
    monkeypatch.setenv("SLAD_KEY", ADMIN)
    monkeypatch.setenv("WHO", "one & all: #1")


def written(folder: Path, id_: str, time: str = "4h") -> Path:
    file = folder / f"{id_}.yaml"
    file.write_text(TEXT.format(id=id_, time=time))
    return file


def sections(text: str) -> dict[str, Plain]:
    data = read_tree(text, "export").data
    assert isinstance(data, dict)
    assert isinstance(data["contracts"], dict)
    return data["contracts"]


def applied(*arguments: object) -> Said:
    return slad("contract", "apply", *arguments, "--reason", "signed", "--json")


def test_files_become_contracts_and_changes_become_versions(tmp_path: Path) -> None:
    file = written(tmp_path, "files")
    first = applied(file)
    assert first.status == 0, first.err
    assert first.json["contracts"] == [{"contract": "files", "done": "created"}]
    assert applied(file).json["contracts"] == [{"contract": "files", "done": "unchanged"}]
    assert applied(written(tmp_path, "files", "3h")).json["contracts"] == [{"contract": "files", "done": "changed"}]
    shown = slad("contract", "show", "files")
    assert shown.status == 0
    assert "Contract of one & all: #1" in shown.out
    known = slad("contract", "show", "files", "--json").json
    assert [(one["revision"], one["reason"]) for one in known["changes"]] == [(1, "signed"), (2, "signed")]
    listed = slad("contract", "list", "--q", "FILES gmbh", "--json").json
    assert [(one["contract"], one["managed"]) for one in listed] == [("files", "api")]


def test_one_contract_that_does_not_fit_keeps_the_others_out(tmp_path: Path) -> None:
    bad = written(tmp_path, "bad", "4 hours or so")
    said = applied(written(tmp_path, "good"), bad)
    assert said.status == 1
    assert [one["done"] for one in said.json["contracts"]] == ["not written", "refused"]
    assert [(one["contract"], one["pointer"]) for one in said.json["errors"]] == [("bad", "/contract/targets/0/time")]
    assert slad("contract", "list", "--q", "good gmbh", "--json").json == []


def test_a_dry_run_says_which_open_clocks_would_move(service: str, catalogue: Path, tmp_path: Path) -> None:
    assert applied(written(tmp_path, "drill", "400h")).status == 0
    payload = tmp_path / "opened.json"
    at = SystemTime().now().isoformat()
    payload.write_text(json.dumps(event("drill-1", "opened", at, customer="drill GmbH", priority="P1")))
    options = (
        "--to",
        f"{service}/v1/events",
        "--as",
        "cloudevents",
        "--secret",
        INGEST,
        "-H",
        "Content-Type: application/cloudevents+json",
    )
    sent = slad("send", payload, *options)
    assert sent.status == 0, sent.err
    dry = (written(tmp_path, "drill", "300h"), "--dry-run", "--catalogue", catalogue)
    patiently(lambda: slad("explain", "desk:drill-1", "--url", service))
    said = applied(*dry)
    assert said.json["contracts"] == [{"contract": "drill", "done": "would change"}]
    (move,) = said.json["open_clocks"]["moves"]
    assert (move["metric"], move["turn"], move["contract"]) == ("first_response", "moves", "drill")
    assert move["new"]["due_at"] < move["old"]["due_at"]
    assert slad("contract", "show", "drill", "--json").json["revision"] == 1, "nothing was written"


HEADER = ["id", "customers", "plan", "zone", "country", "valid_from", "role:on_call", "title"]


def table(path: Path, *rows: list[str]) -> Path:
    with path.open("w", newline="") as stream:
        csv.writer(stream).writerows([HEADER, *rows])
    return path


def row(id_: str, zone: str = "Europe/Warsaw", **cells: str) -> list[str]:
    known = {"id": id_, "customers": f"{id_}; {id_} AG", "plan": "silver", "zone": zone, "country": "PL"}
    return [({"role:on_call": "anna", "title": f"Customer {id_}"} | known | cells).get(name, "") for name in HEADER]


def test_one_bad_line_in_ten_keeps_all_out_or_alone_stays_out(tmp_path: Path) -> None:
    rows = [row(f"ten{number}") for number in range(10)]
    rows[3] = row("ten3", zone="Europe/Warszawa")
    file = table(tmp_path / "ten.csv", *rows)
    said = slad("contract", "import", file, "--reason", "moved here")
    assert said.status == 1
    assert f"{file}:5: zone: " in said.err
    assert slad("contract", "list", "--q", "customer ten", "--json").json == []
    said = slad("contract", "import", file, "--reason", "moved here", "--continue", "--json")
    assert (said.status, said.json["done"]) == (1, {"created": 9, "do not fit": 1})
    rejects = tmp_path / "ten.csv.rejects"
    assert said.json["rejects"] == str(rejects)
    with rejects.open(newline="") as stream:
        (left,) = csv.DictReader(stream)
    assert left["id"] == "ten3"
    assert left["error"].startswith("zone: ")
    rejects.write_text(rejects.read_text().replace("Warszawa", "Warsaw"))
    again = slad("contract", "import", rejects, "--reason", "moved here", "--json")
    assert (again.status, again.json["done"]) == (0, {"created": 1})
    rows[3] = row("ten3")
    again = slad("contract", "import", table(file, *rows), "--reason", "moved here", "--json")
    assert (again.status, again.json["done"]) == (0, {"unchanged": 10})


def test_a_line_refused_only_when_it_is_written_stops_the_import_which_says_how_far_it_came(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody takes a customer between the check and the writing; then the service cannot be reached at all."""
    rows = [row(f"half{number}") for number in range(4)]
    file = table(tmp_path / "half.csv", *rows)
    real = ContractService.write

    def meanwhile(
        self: ContractService, wanted: WantedContract, known: KnownContract | None, *, dry_run: bool
    ) -> tuple[Misfit, ...]:
        if wanted.id == "half2" and not dry_run:
            return (Misfit("/contract/customers", "taken meanwhile"),)
        return real(self, wanted, known, dry_run=dry_run)

    def lost(
        self: ContractService, wanted: WantedContract, known: KnownContract | None, *, dry_run: bool
    ) -> tuple[Misfit, ...]:
        if wanted.id == "half3" and not dry_run:
            raise httpx2.ConnectError("gone")
        return real(self, wanted, known, dry_run=dry_run)

    monkeypatch.setattr(ContractService, "write", meanwhile)
    said = slad("contract", "import", file, "--reason", "moved here", "--json")
    assert (said.status, said.json["done"]) == (1, {"created": 2, "do not fit": 1, "not tried": 1})
    assert (said.json["written"], said.json["not_tried"]) == (["half0", "half1"], ["half3"])
    assert "written half0, half1; not tried half3" in said.err
    monkeypatch.setattr(ContractService, "write", lost)
    said = slad("contract", "import", file, "--reason", "moved here")
    assert said.status == 2
    assert "written half2; not tried half3" in said.err
    monkeypatch.setattr(ContractService, "write", real)
    said = slad("contract", "import", file, "--reason", "moved here", "--json")
    assert (said.status, said.json["done"]) == (0, {"unchanged": 3, "created": 1})


def test_a_table_keeps_what_it_has_no_column_for(tmp_path: Path) -> None:
    applied(written(tmp_path, "kept", "5h"))
    file = table(tmp_path / "kept.csv", row("kept", title="Another title"))
    said = slad("contract", "import", file, "--reason", "renamed", "--json")
    assert (said.status, said.json["done"]) == (0, {"changed": 1}), said.err
    section = sections(slad("contract", "export", "kept").out)["kept"]
    assert isinstance(section, dict)
    assert section["title"] == "Another title"
    assert section["customers"] == ["kept", "kept AG"]
    assert section["targets"] == [{"metric": "first_response", "coverage": "office", "time": "5h"}]


def test_lines_that_contradict_each_other_are_named(tmp_path: Path) -> None:
    twin = row("twin2", customers="TWIN1 AG")
    file = table(tmp_path / "twins.csv", row("twin1"), twin, row("twin1"), row(""), row("twin.v3"))
    said = slad("contract", "import", file, "--reason", "moved here", "--json")
    assert said.status == 1
    places = [(one["line"], each["column"]) for one in said.json["errors"] for each in one["errors"]]
    assert places == [(3, "customers"), (4, "id"), (5, "id"), (6, "id")]


@pytest.mark.parametrize("header", ["id,plam", "id,plan,plan", "plan,zone", ""])
def test_columns_that_nobody_knows_are_refused(tmp_path: Path, header: str) -> None:
    file = tmp_path / "bad.csv"
    file.write_text(f"{header}\nacme,gold,gold\n")
    said = slad("contract", "import", file, "--reason", "moved here")
    assert (said.status, said.out) == (2, "")


def test_what_is_exported_can_be_applied_and_stands_in_a_catalogue(
    tmp_path: Path, catalogue: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WHO", "${WHO} and $${WHO}")  # as it is, no reference
    assert applied(written(tmp_path, "outward")).status == 0
    out = tmp_path / "exported.yaml"
    out.write_text(slad("contract", "export", "outward").out)
    monkeypatch.delenv("WHO")
    again = applied(out)
    assert again.json["contracts"] == [{"contract": "outward", "done": "unchanged"}]
    beside = tmp_path / "catalogue"
    beside.mkdir()
    for file in (*catalogue.glob("*.yaml"), out):
        (beside / file.name).write_text(file.read_text())
    shown = slad("contract", "show", "outward", "--catalogue", beside, "--json")
    assert shown.status == 0, shown.err
    assert shown.json["title"] == slad("contract", "show", "outward", "--json").json["in_force"]["contract"]["title"]


def test_a_contract_is_ended_and_one_of_a_file_is_not(tmp_path: Path) -> None:
    applied(written(tmp_path, "ends"))
    said = slad("contract", "end", "ends", "--on", "2036-01-01", "--reason", "cancelled")
    assert (said.status, said.out) == (0, "ends ends on 2036-01-01\n")
    section = sections(slad("contract", "export", "ends").out)["ends"]
    assert isinstance(section, dict)
    assert section["valid"] == {"to": "2036-01-01"}
    of_file = slad("contract", "end", "acme", "--on", "2036-01-01", "--reason", "cancelled")
    assert of_file.status == 1
    assert "managed by files" in of_file.err
    assert slad("contract", "end", "nobody", "--on", "2036-01-01", "--reason", "x").status == 1
