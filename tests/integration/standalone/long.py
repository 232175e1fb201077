"""A catalogue whose every name is as long as its column, in characters of one to four bytes each."""

from __future__ import annotations

from pathlib import Path

from sla_domain import bounds

_ODD = "ż😀\u0301日\u202e𝒏"


def odd(length: int, first: str = "") -> str:
    """So many characters, of scripts and planes that count differently in bytes, UTF-16 units and characters."""
    return (first + _ODD * length)[: length - 1] + "x"


CONTRACT = odd(bounds.CONTRACT, "c")
CUSTOMER = odd(bounds.CUSTOMER, "Cu")
PLAN = odd(bounds.PLAN, "g")
PRIORITY = odd(bounds.PRIORITY, "P1")
METRIC = odd(bounds.METRIC, "m")
PERSON = odd(bounds.PERSON, "p")
CHANNEL = odd(bounds.CHANNEL, "ch")
SOURCE = odd(bounds.SOURCE, "s")
KEY = "k" * bounds.KEY
SECRET = "a github secret"

_TEXT = f"""\
settings: {{local: true, default_contract: anybody}}
coverages:
  always: {{hours: 24x7}}
plans:
  "{PLAN}":
    priorities: [{{id: "{PRIORITY}"}}, {{id: P2}}]
    rules: {{default: P2}}
    metrics: {{"{METRIC}": {{like: first_response}}, spare: {{like: resolution}}}}  # spare: no row gives it a time
    targets:
      - {{metric: first_response, coverage: always, by_priority: {{"{PRIORITY}": 15m, P2: 30m}}}}
      - {{metric: "{METRIC}", coverage: always, by_priority: {{"{PRIORITY}": 10m, P2: 20m}}}}
    escalation: on-call
    windows: [{{id: standby, longest: 2 days}}]
    allowances: [{{id: visits, unit: visits, per: month, amount: 4, optional: true}}]
escalations:
  on-call: {{levels: [{{after: 0m, tell: on_call}}]}}
channels:
  "{CHANNEL}": {{kind: webhook, url: "http://127.0.0.1:9/x", secret: whsec_c2xhZCB0ZXN0cyBzaWduIHdpdGggdGhpcyBzZWNyZXQ=,
    private_addresses: true}}
people:
  "{PERSON}": {{name: Somebody, webhook: "{CHANNEL}"}}
rotas:
  desk: {{zone: UTC, people: ["{PERSON}"]}}
contracts:
  anybody:
    plan: "{PLAN}"
    zone: UTC
    valid: {{from: 2020-01-01}}
    allowances: {{visits: {{}}}}
    roles: {{on_call: ["{PERSON}"]}}
  "{CONTRACT}":
    customers: ["{CUSTOMER}", Acme]
    plan: "{PLAN}"
    zone: Asia/Taipei
    roles: {{on_call: ["{PERSON}"]}}
    environment: [{{product: shop, versions: ["4.2"]}}]
sources:
  "{SOURCE}": {{dialect: github, authentication: {{secret: "{SECRET}"}}}}
keys:
  {KEY}: {{key: the-longest-key-000001, scopes: [read, ack]}}
  admin: {{key: the-admins-key-00001, scopes: [admin]}}
  sender: {{key: the-senders-key-0001, scopes: [ingest], contract: "{CONTRACT}"}}
"""


def written(folder: Path) -> Path:
    """The catalogue's file."""
    file = folder / "catalogue.yaml"
    file.write_text(_TEXT, encoding="utf-8")
    return file
