"""Which notifications an import would send, and to whom: breaches and warnings of open incidents. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sla_catalogue import Catalogue
from sla_domain.diff import new_facts
from sla_domain.event import IncidentEvent
from sla_domain.fact import Fact, FactKind, Warned
from sla_domain.fold import fold
from sla_domain.incident import Incident
from sla_notifier.notification.directory import chain_of, contract_of, resolve_level

_WORDS = {FactKind.CLOCK_BREACHED: "breached", FactKind.CLOCK_WARNED: "warning"}


@dataclass(slots=True)
class ImportPreview:
    """Counts of the notifications that `slad import --tell` would send.

    Call `look` with the events of each incident.
    """

    catalogue: Catalogue
    """The catalogue, whose contracts, escalations and people apply."""
    now: datetime
    """The time of the import."""
    incidents: int = 0
    """The number of incidents with notifications."""
    kinds: Counter[str] = field(default_factory=Counter)
    """Maps `breached` and `warning` to the number of notifications."""
    by_person: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """Maps (contract, role, person) to the number of messages. The person is `nobody` if no one has the role."""

    def look(self, events: Sequence[IncidentEvent]) -> None:
        """Count the notifications that slad would send if it received these events of one incident now.

        Only breaches and warnings count, and only the people of those escalation levels that have no delay.
        """
        if not events:
            return
        heard = [replace(event, received_at=max(self.now, event.received_at), history=False) for event in events]
        incident = fold(heard, self.catalogue.rulebook)
        facts = [fact for fact in new_facts(incident, {}, upto=self.now) if _is_told(fact)]
        if not facts:
            return
        self.incidents += 1
        people = self._people(incident)
        for fact in facts:
            self.kinds[_WORDS[fact.kind]] += 1
            self.by_person.update(people)

    def _people(self, incident: Incident) -> list[tuple[str, str, str]]:
        """Whom the first levels of the contract's escalation name now."""
        contract = contract_of(self.catalogue, incident.contract.id)
        chain = chain_of(self.catalogue, None, contract)
        roles = dict.fromkeys(role for level in chain.at_once() for role in chain.level(level).tell)
        found: list[tuple[str, str, str]] = []
        for role in roles:
            meant = resolve_level(self.catalogue, contract, (role,), self.now).people
            found += [(contract.id, role, one.person.id) for one in meant] or [(contract.id, role, "nobody")]
        return found

    def as_json(self) -> dict[str, Any]:
        """Return the counts as JSON values.

        - `incidents`: the number of incidents with notifications.
        - `kinds`: maps `breached` and `warning` to the number of notifications.
        - `people`: objects with `contract`, `role`, `person` and the number of `messages`.
        """
        return {
            "incidents": self.incidents,
            "kinds": dict(self.kinds),
            "people": [
                {"contract": contract, "role": role, "person": person, "messages": count}
                for (contract, role, person), count in sorted(self.by_person.items())
            ],
        }

    def in_words(self) -> str:
        """Return the counts as one line of text."""
        if not self.incidents:
            return "nothing: no open incident is breached or near its due instant"
        kinds = ", ".join(f"{kind} {count}" for kind, count in sorted(self.kinds.items()))
        people = ", ".join(
            f"{person} ({role}, {contract}) {count}"
            for (contract, role, person), count in sorted(self.by_person.items())
        )
        return f"{kinds} of {self.incidents} open incident(s), to {people}"


def _is_told(fact: Fact) -> bool:
    return fact.kind in _WORDS and not fact.history and not (isinstance(fact.body, Warned) and fact.body.overtaken)
