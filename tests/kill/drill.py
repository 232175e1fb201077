"""The drill's catalogue: one plan around the clock with targets of seconds, many small contracts with a pager each.

Many addresses, so that the hundred facts after an outage stay messages of their own instead of becoming digests.
A drill may be stretched: every target takes so many times as long, so that its instants fall into a long outage.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from tests.oracle.tenth_walker import TENTHS, Allowed, Plan

CONTRACTS = 48
SOURCE = "drill"
INGEST_KEY = "drill-ingest-key-0123456789"
READ_KEY = "drill-read-key-0123456789ab"
PAGER_SECRET = "whsec_ZHJpbGwtcGFnZXItc2VjcmV0LTAxMjM0NTY3ODlhYmM="
LINK_SECRET = "drill-link-secret-0123456789"
LEVEL_TWO_SECONDS = 4

# Seconds allowed per priority; no two equal, so that every change of priority is another target.
RESPONSE = {"P1": 2.0, "P2": 4.0, "P3": 6.0, "P4": 8.0}
RESOLUTION = {"P1": 5.0, "P2": 7.0, "P3": 10.0, "P4": 13.0}
RESPONSE_WARNINGS = (50,)
RESOLUTION_WARNINGS = (50, 80)


@cache
def plan(stretch: int = 1) -> Plan:
    """What the oracle needs to know."""
    return {
        "first_response": {p: _allowed(s * stretch, RESPONSE_WARNINGS) for p, s in RESPONSE.items()},
        "resolution": {p: _allowed(s * stretch, RESOLUTION_WARNINGS) for p, s in RESOLUTION.items()},
    }


def customer(number: int) -> str:
    return f"customer-{number % CONTRACTS:02}"


def write_catalogue(folder: Path, sink_url: str, stretch: int = 1) -> Path:
    """Write the catalogue (JSON is YAML too) and return its folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "drill.yaml").write_text(json.dumps(_catalogue(sink_url, stretch), indent=1))
    return folder


def settings(catalogue: Path) -> Mapping[str, str]:
    """What a drill changes: short leases, so that a message lost with its sender is sent again soon; no rate limit."""
    return {
        "SLAD_CATALOGUE": str(catalogue),
        "SLAD_LINK_SECRET": LINK_SECRET,
        "SLAD_WEBHOOK_ALLOW": '["127.0.0.0/8"]',
        "SLAD_RATE_PER_MINUTE": "1000000",
        "SLAD_DELIVERY_LEASE_SECONDS": "4",
        "SLAD_PARTITIONS": "6",
        "SLAD_LOG_LEVEL": "WARNING",
    }


def _allowed(seconds: float, percents: tuple[int, ...]) -> Allowed:
    tenths = round(seconds * TENTHS)
    assert all(tenths * percent % 100 == 0 for percent in percents), "thresholds must lie on the oracle's grid"
    return Allowed(tenths, {f"warn-{percent}": tenths * percent // 100 for percent in percents})


def _catalogue(sink_url: str, stretch: int) -> dict[str, Any]:
    numbers = range(CONTRACTS)
    return {
        "settings": {"local": True, "default_contract": "contract-00"},
        "coverages": {"always": {"hours": "24x7"}},
        "plans": {"drill": _plan(stretch)},
        "escalations": {
            "chain": {
                "levels": [
                    {"after": "0m", "tell": ["on_call"]},
                    {"after": f"{LEVEL_TWO_SECONDS}s", "tell": ["lead"]},
                ]
            }
        },
        "people": {
            f"{role}-{n:02}": {"name": f"{role} {n}", "webhook": f"{role}-{n:02}"}
            for role in ("pager", "lead")
            for n in numbers
        },
        "channels": {
            f"{role}-{n:02}": {
                "kind": "webhook",
                "url": f"{sink_url}/{role}/{n:02}",
                "secret": PAGER_SECRET,
                "private_addresses": True,
            }
            for role in ("pager", "lead")
            for n in numbers
        },
        "contracts": {
            f"contract-{n:02}": {
                "plan": "drill",
                "zone": "UTC",
                "customers": [customer(n)],
                "roles": {"on_call": [f"pager-{n:02}"], "lead": [f"lead-{n:02}"]},
            }
            for n in numbers
        },
        "sources": {SOURCE: {"dialect": "cloudevents", "authentication": {"kind": "bearer", "secret": INGEST_KEY}}},
        "keys": {
            "ingest": {"key": INGEST_KEY, "scopes": ["ingest"]},
            "read": {"key": READ_KEY, "scopes": ["read"]},
        },
    }


def _plan(stretch: int) -> dict[str, Any]:
    return {
        "priorities": [{"id": priority, "title": priority} for priority in RESPONSE],
        "rules": {"default": "P4"},
        "targets": [
            _target("first_response", RESPONSE, RESPONSE_WARNINGS, stretch),
            _target("resolution", RESOLUTION, RESOLUTION_WARNINGS, stretch),
        ],
        "escalation": "chain",
        "roles": ["on_call", "lead"],
    }


def _target(metric: str, seconds: Mapping[str, float], warnings: tuple[int, ...], stretch: int) -> dict[str, Any]:
    return {
        "metric": metric,
        "coverage": "always",
        "by_priority": {priority: f"{span * stretch:g}s" for priority, span in seconds.items()},
        "warn": [f"{percent}%" for percent in warnings],
    }
