"""The lines to paste that `slad run` prints: an incident of this catalogue's own customer, under its own keys."""

from __future__ import annotations

import json
from datetime import datetime

from sla_catalogue import ApiKey, Catalogue, KeyScope
from sla_catalogue.known_secret import KNOWN_SECRETS
from sla_domain.contract import Contract, ContractId

OWN_KEY, OWN_READ_KEY = "$SLAD_KEY", "$SLAD_READ_KEY"
_SOURCE = "welcome"  # a source that no catalogue names: CloudEvents under an API key make their own


def lines_to_paste(catalogue: Catalogue, url: str, now: datetime) -> list[str]:
    """Return shell lines with curl, which a person can paste to try a running service.

    The lines open an incident, read it, and record a response to it. For this they need an API key. If the catalogue
    has a key of slad's published example, the key is written into the lines. The text of any other key is not known:
    the lines then begin with an `export` of SLAD_KEY or SLAD_READ_KEY, which the person has to fill in. If no key of
    the catalogue may post events, the only line is a comment that says so.

    Args:
        catalogue: The catalogue in force, with its API keys.
        url: The URL of the running service.
        now: The present instant. The incident's id is made from it, so that the id is new each time. Keys that have
            expired by then are not used.
    """
    writer = _key(catalogue, KeyScope.INGEST, now)
    if writer is None:
        return ["# No key of the catalogue may post events: add one under `keys:` with the scope ingest."]
    reader = writer if writer.allows(KeyScope.READ) else _key(catalogue, KeyScope.READ, now, writer.contract)
    number = int(now.timestamp())
    incident, at = f"INC-{number}", f"{url}/v1/events"
    posting = f"curl -s {at} -H {_bearer(writer)} -H 'Content-Type: application/cloudevents+json' \\\n  -d "
    variable = OWN_KEY if reader is writer else OWN_READ_KEY
    return [
        *_variables(writer, reader),
        posting + _event(f"{number}-1", "opened", incident, _opening(catalogue, writer)),
        # What was accepted a moment ago may still be on its way: then curl asks again.
        f"curl -sf --retry 5 --retry-all-errors {url}/v1/incidents/{_SOURCE}:{incident}"
        + ("" if reader is None else f" -H {_bearer(reader, variable)}"),
        posting + _event(f"{number}-2", "responded", incident, {"actor": "staff"}),
    ]


def _variables(writer: ApiKey, reader: ApiKey | None) -> list[str]:
    """The lines that ask for keys whose words are not known here."""
    asked = []
    if _known_word(writer) is None:
        scopes = "ingest and read" if reader is writer else "ingest"
        asked.append(f"export SLAD_KEY=…  # a key with the scopes {scopes}; the catalogue has {writer.id}")
    if reader is not None and reader is not writer and _known_word(reader) is None:
        asked.append(f"export SLAD_READ_KEY=…  # a key with the scope read; the catalogue has {reader.id}")
    return asked


def _key(catalogue: Catalogue, scope: KeyScope, now: datetime, of: ContractId | None = None) -> ApiKey | None:
    """One that may do it for every contract, or else for one (`of`: that one); the example's first, then the one that
    may do least."""
    fitting = [
        key
        for key in catalogue.keys.values()
        if key.allows(scope)
        and (of is None or key.contract in (None, of))
        and (key.expires is None or now.date() < key.expires)
    ]
    return min(
        fitting,
        key=lambda key: (key.contract is not None, _known_word(key) is None, len(key.scopes), key.id),
        default=None,
    )


def _known_word(key: ApiKey) -> str | None:
    return next((word for word in KNOWN_SECRETS if key.fits(word)), None)


def _bearer(key: ApiKey, variable: str = OWN_KEY) -> str:
    word = _known_word(key)
    return f"'Authorization: Bearer {word}'" if word is not None else f'"Authorization: Bearer {variable}"'


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


def _opening(catalogue: Catalogue, writer: ApiKey) -> dict[str, str]:
    """A customer and a priority that the catalogue knows and the key may speak of; without customers the default
    contract's."""
    book = catalogue.rulebook
    contract = _contract(catalogue) if writer.contract is None else book.contracts[writer.contract]
    plan = book.plans[contract.plan]
    priority = min(plan.priorities, key=lambda one: one.rank, default=None)
    found = {"customer": min(contract.customers, default=""), "priority": "" if priority is None else priority.id}
    return {name: value for name, value in found.items() if value} | {"title": "Checkout is down"}


def _contract(catalogue: Catalogue) -> Contract:
    """The first in the catalogue with a customer; ended ones and the default contract last."""
    book = catalogue.rulebook
    named = [one for one in book.contracts.values() if one.customers and one.valid_to is None]
    return named[0] if named else book.contracts[book.default_contract]
