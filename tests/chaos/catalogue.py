"""The catalogue of a chaos run: the drill's plan of seconds, pagers by webhook, leads by mail, and who else is needed.

A warning and a first page go to the contract's pager, the next level to its lead, who has a mailbox. Odd tickets fall
to a contract of their own, and so does the hot one, so that what they do to others can be told from what they get.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.kill import drill

MAIL_DOMAIN = "chaos.example"
ODD, HOT = "odd", "hot"
SIGNED = "signed"  # the source of which strangers know no secret
NOTIFY_KEY = "chaos-notify-key-0123456789"
FIXED = {"contract-03", "contract-17"}  # who run the product that critical fixes are about
PRODUCT = "shop"
REPORTED = "contract-01"  # which has a report that is due in the month to come: a leap may not bring it


def write_catalogue(folder: Path, sink_url: str) -> Path:
    """Write it (JSON is YAML too) and return its folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "chaos.yaml").write_text(json.dumps(_catalogue(sink_url), indent=1))
    return folder


def settings(catalogue: Path, smtp_port: int) -> dict[str, str]:
    """No digests, so that each message can be followed by itself."""
    return {
        **drill.settings(catalogue),
        "SLAD_SMTP_URL": f"smtp+plain://127.0.0.1:{smtp_port}",
        "SLAD_MAIL_FROM": f"slad <slad@{MAIL_DOMAIN}>",
        "SLAD_DIGEST_OVER": "100000",
    }


def _catalogue(sink_url: str) -> dict[str, Any]:
    made: dict[str, Any] = drill._catalogue(sink_url, 1)
    for name, person in made["people"].items():
        if name.startswith("lead-"):
            del person["webhook"]
            person["email"] = f"{name}@{MAIL_DOMAIN}"
    for contract in FIXED:
        made["contracts"][contract]["environment"] = [{"product": PRODUCT, "versions": ["4.2"]}]
    reported = made["contracts"][REPORTED]
    reported["objectives"] = [{"id": "in-time", "percent": "90%", "tell": ["lead"]}]
    after = {"working_days": 1, "at": "09:00"}
    reported["reports"] = [
        {"id": "monthly", "kind": "service_report", "period": "month", "after": after, "to": ["lead"]}
    ]
    for name in (ODD, HOT):
        made["people"][name] = {"name": name, "webhook": name}
        made["channels"][name] = {**made["channels"]["pager-00"], "url": f"{sink_url}/{name}"}
        made["contracts"][name] = {
            "plan": "drill", "zone": "UTC", "customers": [name], "roles": {"on_call": [name], "lead": [name]},
        }  # fmt: skip
    made["settings"]["default_contract"] = ODD
    made["sources"][SIGNED] = {"dialect": "github", "authentication": {"secret": "nobody outside knows this one"}}
    made["keys"]["notify"] = {"key": NOTIFY_KEY, "scopes": ["notify"]}
    return made
