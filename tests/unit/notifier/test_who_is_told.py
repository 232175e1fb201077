"""Contract × instant × level → who, for the shipped plans of four vendors and the example catalogue; and two laws."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla_catalogue import Catalogue, load_catalogue
from sla_catalogue.builtin import builtin_texts
from sla_domain.contract import Contract, ContractId, Side
from sla_notifier.notification.directory import chain_of, resolve_level

EXAMPLE = Path(__file__).resolve().parents[3] / "examples" / "catalogue"

# Packages of HPE that the shipped contracts do not show, and a night shift around a change of the clock.
OWN = """\
settings: {default_contract: hpe-flexcare-pl}
contracts:
  tam:
    &package
    customers: [T]
    plan: hpe-flexcare-tam
    base_plan: hpe-enterprise-standard
    zone: Europe/Warsaw
    country: PL
    people:
      one: {name: One, email: one@hpe.example}
      pool: {name: Pool, email: pool@hpe.example}
      boss: {name: Boss, email: boss@hpe.example}
      client: {name: Client, email: client@customer.example}
    roles: {tam: [one], specialist_group: [pool], manager: [boss], contact: [client]}
    leaves_unspecified: [first_response]
  esm:
    <<: *package
    customers: [E]
    plan: hpe-flexcare-esm
    roles: {esm: [one], specialist_group: [pool], manager: [boss], contact: [client]}
  suites:
    <<: *package
    customers: [S]
    plan: hpe-flexcare-suites
    roles: {suite_team: [pool], manager: [boss], contact: [client]}
  base:
    <<: *package
    customers: [B]
    plan: hpe-enterprise-standard
    base_plan: null
    roles: {on_call: [pool], manager: [boss], contact: [client]}
  newyork:
    <<: *package
    customers: [N]
    plan: hpe-enterprise-standard
    base_plan: null
    zone: America/New_York
    country: US
    coverages: {night: {hours: {mon-sun: "22:00-06:00"}}}
    roles:
      on_call: [{person: pool, coverage: night}, {person: one, coverage: night, outside: true}]
      manager: [boss]
"""


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    """All four vendors in one catalogue, with their example contracts."""
    folder = tmp_path_factory.mktemp("shipped")
    for each in builtin_texts():
        folder.joinpath(Path(each.name).name).write_text(each.text, encoding="utf-8")
    folder.joinpath("own.yaml").write_text(OWN, encoding="utf-8")
    text = folder.joinpath("hpe.yaml").read_text("utf-8")
    folder.joinpath("hpe.yaml").write_text(text.replace("    default: true\n", ""), encoding="utf-8")
    return load_catalogue(folder, environment={})


@pytest.fixture(scope="module")
def example() -> Catalogue:
    return load_catalogue(EXAMPLE, environment={})


def told(catalogue: Catalogue, id_: str, at: str, fold: int = 0) -> list[str]:
    """Who is told at each level; `at` is the contract's own time."""
    contract = catalogue.rulebook.contracts[ContractId(id_)]
    instant = datetime.fromisoformat(at).replace(tzinfo=ZoneInfo(contract.zone), fold=fold).astimezone(UTC)
    return [
        " ".join(meant.person.id for meant in resolve_level(catalogue, contract, each_level.tell, instant).people)
        for each_level in chain_of(catalogue, None, contract).levels
    ]


def base_levels(catalogue: Catalogue, contract: Contract) -> list[tuple[str, ...]]:
    """Whom the levels tell of an incident on a product out of scope: the base plan's escalation is in force (H4)."""
    base = catalogue.rulebook.plans.get(contract.base_plan) if contract.base_plan is not None else None
    return [] if base is None else [level.tell for level in catalogue.escalations[base.escalation or ""].levels]


DAY, NIGHT, WEEKEND = "2026-11-18T11:00", "2026-11-18T00:30", "2026-11-21T00:30"

HPE = [
    # H5: the NASE in service hours of the contract's country, the specialist group at all others.
    ("hpe-flexcare-pl", DAY, ["nowak", "kierownik"]),
    ("hpe-flexcare-pl", NIGHT, ["grupa", "kierownik"]),
    ("hpe-flexcare-pl", WEEKEND, ["grupa", "kierownik"]),
    ("hpe-flexcare-pl", "2026-11-11T11:00", ["grupa", "kierownik"]),  # Independence Day
    ("hpe-flexcare-pl", "2026-11-18T07:59:59", ["grupa", "kierownik"]),
    ("hpe-flexcare-pl", "2026-11-18T08:00", ["nowak", "kierownik"]),
    ("hpe-flexcare-pl", "2026-11-18T16:59:59", ["nowak", "kierownik"]),
    ("hpe-flexcare-pl", "2026-11-18T17:00", ["grupa", "kierownik"]),
    ("hpe-flexcare-pl", "2026-10-26T08:00", ["nowak", "kierownik"]),  # the first hour after clocks went back
    ("hpe-flexcare-pl", "2026-10-26T07:59:59", ["grupa", "kierownik"]),
    ("hpe-flexcare-pl", "2026-03-30T08:00", ["nowak", "kierownik"]),  # and forward
    # The AGSM serves in service hours; at night the pool of specialists is there.
    ("hpe-flexcare-tw", DAY, ["chen", "chen lin"]),
    ("hpe-flexcare-tw", NIGHT, ["zhuanjia", "lin"]),
    ("hpe-flexcare-tw", "2026-10-09T11:00", ["zhuanjia", "lin"]),  # observed National Day
    ("hpe-flexcare-tw", "2026-11-11T11:00", ["chen", "chen lin"]),  # no holiday there
    # The TAM is told of every incident, and owns the technical escalation.
    ("tam", DAY, ["one", "one boss"]),
    ("tam", NIGHT, ["pool one", "one boss"]),
    ("esm", DAY, ["one", "one boss"]),
    ("esm", WEEKEND, ["pool", "boss"]),
    ("suites", WEEKEND, ["pool", "boss"]),
    ("base", WEEKEND, ["pool", "boss"]),
]

OTHERS = [
    ("infor-xtreme", DAY, ["bianchi", "conti"]),
    ("infor-xtreme", NIGHT, ["bianchi", "conti"]),
    ("infor-premium", WEEKEND, ["bianchi", "conti"]),
    ("infor-elite", DAY, ["bianchi", "russo conti"]),
    ("infor-elite", NIGHT, ["bianchi", "conti"]),  # never the CSM alone at 00:30
    ("infor-elite", "2026-12-08T11:00", ["bianchi", "conti"]),  # a holiday in Italy
    ("infor-elite", "2026-11-18T09:00", ["bianchi", "russo conti"]),
    ("infor-elite", "2026-11-18T18:00", ["bianchi", "conti"]),
    ("infor-premium-with-numbers", WEEKEND, ["bianchi", "conti"]),
    ("bpmonline-basic", DAY, ["dezhurny", "petrova", "director"]),
    ("bpmonline-business", WEEKEND, ["dezhurny", "petrova", "director"]),
    ("bpmonline-premium", DAY, ["dezhurny", "petrova smena", "director"]),
    ("bpmonline-premium", NIGHT, ["dezhurny", "smena", "director"]),
    ("bpmonline-premium", "2026-11-04T11:00", ["dezhurny", "smena", "director"]),  # Unity Day
    ("express-8x5", DAY, ["smirnov", "volkova"]),
    ("express-24x7", NIGHT, ["smirnov", "volkova"]),
    ("express-premium", DAY, ["dezhurny smirnov", "volkova smena"]),
    ("express-premium", "2026-11-18T10:00", ["dezhurny smirnov", "volkova smena"]),
    ("express-premium", "2026-11-18T09:59:59", ["dezhurny", "smena"]),
    ("express-premium", NIGHT, ["dezhurny", "smena"]),
    ("express-premium", "2026-11-04T11:00", ["dezhurny", "smena"]),
]


@pytest.mark.parametrize(("contract", "at", "people"), HPE + OTHERS)
def test_who_is_told_by_the_plans_of_four_vendors(
    shipped: Catalogue, contract: str, at: str, people: list[str]
) -> None:
    assert told(shipped, contract, at) == people


@pytest.mark.parametrize(
    ("id_", "at", "people"),
    [
        ("hpe-flexcare-pl", DAY, ["grupa", "kierownik"]),
        ("hpe-flexcare-tw", NIGHT, ["zhuanjia", "lin"]),
        # These give nobody the role of the base contract: whoever holds a role and is on duty is told.
        ("tam", DAY, ["one boss", "boss"]),
        ("esm", NIGHT, ["pool boss", "boss"]),
        ("suites", WEEKEND, ["pool boss", "boss"]),
    ],
)
def test_h4_out_of_scope_somebody_is_told_by_the_base_plans_escalation(
    shipped: Catalogue, id_: str, at: str, people: list[str]
) -> None:
    contract = shipped.rulebook.contracts[ContractId(id_)]
    instant = datetime.fromisoformat(at).replace(tzinfo=ZoneInfo(contract.zone)).astimezone(UTC)
    found = [resolve_level(shipped, contract, names, instant).people for names in base_levels(shipped, contract)]
    assert [" ".join(meant.person.id for meant in level) for level in found] == people
    assert all(meant.person.side is Side.SUPPORT for level in found for meant in level)
    why = {phrase.name for meant in found[0] for phrase in meant.why}
    assert ("nobody_of_level" in why) is (id_ in ("tam", "esm", "suites"))
    assert "nobody_named" not in why, "the contract does name people"


@pytest.mark.parametrize(
    ("at", "fold", "person"),
    [
        ("2026-11-01T01:30", 0, "pool"),  # the hour that comes twice lies in the night shift, both times
        ("2026-11-01T01:30", 1, "pool"),
        ("2026-11-01T05:59:59", 0, "pool"),
        ("2026-11-01T06:00", 0, "one"),
        ("2026-03-08T03:00", 0, "pool"),  # after the hour that does not exist
        ("2026-03-08T06:00", 0, "one"),
        ("2026-11-26T22:00", 0, "pool"),  # Thanksgiving: this shift knows no holidays
    ],
)
def test_shifts_hand_over_by_the_clock_on_the_wall(shipped: Catalogue, at: str, fold: int, person: str) -> None:
    assert told(shipped, "newyork", at, fold)[0] == person


@pytest.mark.parametrize(
    ("contract", "at", "people"),
    [
        ("acme", DAY, ["anna", "piotr", "maria"]),
        ("acme", WEEKEND, ["anna", "piotr", "maria"]),
        ("hudson", DAY, ["grace", "piotr", "maria"]),
        ("hudson", NIGHT, ["anna", "piotr", "maria"]),
        ("hudson", "2026-11-26T11:00", ["anna", "piotr", "maria"]),  # Thanksgiving
        ("polaris", NIGHT, ["anna grace", "piotr", "maria"]),
        ("house", WEEKEND, ["grace", "piotr", "maria"]),
    ],
)
def test_who_is_told_by_the_example(example: Catalogue, contract: str, at: str, people: list[str]) -> None:
    assert told(example, contract, at) == people


def _contracts(catalogue: Catalogue) -> list[Contract]:
    return list(catalogue.rulebook.contracts.values())


@given(seconds=st.integers(0, 3 * 365 * 86_400), before=st.booleans())
def test_at_every_instant_every_level_reaches_somebody_and_never_the_customer(
    shipped: Catalogue, example: Catalogue, seconds: int, before: bool
) -> None:
    """Also when all have heard of it before: then somebody is told, or the level waits for an instant that comes."""
    at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    for catalogue in (shipped, example):
        for contract in _contracts(catalogue):
            chain = chain_of(catalogue, None, contract)
            assert chain.policy, f"{contract.id} has an escalation"
            heard = frozenset(contract.people) if before else frozenset()
            tells = [each_level.tell for each_level in chain.levels] + base_levels(catalogue, contract)
            for names in tells:
                level = resolve_level(catalogue, contract, names, at, heard)
                assert level.people or (before and level.until is not None and level.until > at)
                assert all(meant.person.side is Side.SUPPORT for meant in level.people)
                if level.until is not None:
                    assert resolve_level(catalogue, contract, names, level.until, heard).people


def test_the_customers_own_people_are_known_by_their_role_or_by_name(shipped: Catalogue, example: Catalogue) -> None:
    theirs = {
        (str(contract.id), person.id)
        for catalogue in (shipped, example)
        for contract in _contracts(catalogue)
        for person in contract.people.values()
        if person.side is Side.CUSTOMER
    }
    assert theirs == {
        *((contract, "client") for contract in ("tam", "esm", "suites", "base")),
        *((f"bpmonline-{plan}", "client") for plan in ("basic", "business", "premium")),
        ("acme", "jan"),
        ("polaris", "ada"),
    }
