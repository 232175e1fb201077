"""The fact that says under which contracts an incident has stood, once it has been under more than one.

Services that show incidents and have no catalogue (the board) decide by this fact what each contract may see. It holds
all periods anew, so the newest alone counts. An incident that stays under one contract for one customer needs no such
fact: its other facts name the contract.
"""

from __future__ import annotations

from collections.abc import Collection
from hashlib import blake2b

from sla_domain.fact import ContractChanged, Fact
from sla_domain.incident import ContractPeriod, Incident

# Of an incident with more, only the latest are published: what lies before them is then shown to no contract's key.
MOST_PERIODS = 200
_KEY = "contract/"


def contract_changed_facts(incident: Incident, keys: Collection[str]) -> list[Fact]:
    """Return the fact `contract.changed` about an incident as a list of one, or [] if there is nothing to publish.

    The fact (event to publish) lists the contracts that have applied to the incident, each with the instant from which
    it applied. The result is [] if this list is published already, or if contract and customer never changed.

    Args:
        keys: Keys (unique ids) of the published facts about the incident as a whole, not about its clocks.
    """
    published = sorted(
        (int(number), digest) for key in keys if key.startswith(_KEY) for _, number, digest in [key.split("/")]
    )
    if not published and len(incident.periods) == 1:
        return []
    digest = _digest(incident.periods)
    if published and published[-1][1] == digest:
        return []
    number = published[-1][0] + 1 if published else 1
    return [
        Fact(
            body=ContractChanged(incident.periods[-MOST_PERIODS:]),
            incident=incident.id,
            key=f"{_KEY}{number}/{digest}",
            at=incident.periods[-1].start,
            generation=number,
        )
    ]


def _digest(periods: Collection[ContractPeriod]) -> str:
    content = "\n".join(f"{p.contract}\t{p.customer}\t{p.start.isoformat()}\t{p.event}\t{p.named}" for p in periods)
    return blake2b(content.encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()
