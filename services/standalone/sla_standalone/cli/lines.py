"""The lines to paste that `slad run` prints: an incident of this catalogue's own customer, under its own keys."""

from __future__ import annotations

import json
from datetime import datetime

from sla_catalogue import ApiKey, Catalogue, KeyScope
from sla_catalogue.published import PUBLISHED
from sla_domain.contract import Contract

OWN_KEY = "$SLAD_KEY"
_SOURCE = "welcome"  # a source that no catalogue names: CloudEvents under an API key make their own


def lines_to_paste(catalogue: Catalogue, url: str, now: datetime) -> list[str]:
    """Return shell lines that open an incident, read it and respond to it; `now` makes the ids new at each start.

    Where the keys are not those of the example catalogue, the lines read the key from the variable SLAD_KEY, and a line
    before them names it. If no key may post events, the only line says so.
    """
    writer, reader = _key(catalogue, KeyScope.INGEST), _key(catalogue, KeyScope.READ)
    if writer is None:
        return ["# No key of the catalogue may post events: add one under `keys:` with the scope ingest."]
    number = int(now.timestamp())
    incident, at = f"INC-{number}", f"{url}/v1/events"
    posting = f"curl -s {at} -H {_bearer(writer)} -H 'Content-Type: application/cloudevents+json' \\\n  -d "
    lines = [
        posting + _event(f"{number}-1", "opened", incident, _opening(catalogue)),
        f"curl -s {url}/v1/incidents/{_SOURCE}:{incident}" + ("" if reader is None else f" -H {_bearer(reader)}"),
        posting + _event(f"{number}-2", "responded", incident, {"actor": "staff"}),
    ]
    own = [key for key in (writer, reader) if key is not None and _known_word(key) is None]
    if own:
        names = " and ".join(dict.fromkeys(f"{key.id}" for key in own))
        scopes = "ingest and read" if len(own) > 1 else "ingest"
        lines.insert(0, f"export SLAD_KEY=…  # a key with the scopes {scopes}; the catalogue has {names}")
    return lines


def _key(catalogue: Catalogue, scope: KeyScope) -> ApiKey | None:
    """One that may do it for every contract, the example's first, then the one that may do least."""
    fitting = [key for key in catalogue.keys.values() if key.allows(scope) and key.contract is None]
    return min(fitting, key=lambda key: (_known_word(key) is None, len(key.scopes), key.id), default=None)


def _known_word(key: ApiKey) -> str | None:
    return next((word for word in PUBLISHED if key.fits(word)), None)


def _bearer(key: ApiKey) -> str:
    word = _known_word(key)
    return f"'Authorization: Bearer {word}'" if word is not None else f'"Authorization: Bearer {OWN_KEY}"'


def _event(id_: str, kind: str, incident: str, data: dict[str, str]) -> str:
    event = {
        "specversion": "1.0",
        "id": id_,
        "source": f"/{_SOURCE}",
        "type": f"io.slad.incident.{kind}.v1",
        "subject": incident,
        "data": data,
    }
    written = json.dumps(event, ensure_ascii=False, separators=(",", ":"))
    return "'" + written.replace("'", r"'\''") + "'"


def _opening(catalogue: Catalogue) -> dict[str, str]:
    """A customer and a priority that the catalogue knows; without customers the default contract's."""
    book = catalogue.rulebook
    contract = _contract(catalogue)
    plan = book.plans[contract.plan]
    priority = min(plan.priorities, key=lambda one: one.rank, default=None)
    found = {"customer": min(contract.customers, default=""), "priority": "" if priority is None else priority.id}
    return {name: value for name, value in found.items() if value} | {"title": "Checkout is down"}


def _contract(catalogue: Catalogue) -> Contract:
    """The first in the catalogue with a customer; ended ones and the default contract last."""
    book = catalogue.rulebook
    named = [one for one in book.contracts.values() if one.customers and one.valid_to is None]
    return named[0] if named else book.contracts[book.default_contract]
