"""Whether what people were told fits what was published."""

from __future__ import annotations

from sla_standalone.evidence.archive import EvidenceFile
from sla_standalone.evidence.check import EvidenceCheck, concluded, unchecked
from sla_standalone.evidence.manifest import Manifest, Member

WHAT = "who was told"
_BREACHED = "io.slad.clock.breached.v1"


def check_told(evidence: EvidenceFile, manifest: Manifest) -> EvidenceCheck:
    """Check that each message belongs to an alert, and that each recorded breach was published."""
    if Member.DELIVERIES not in evidence or Member.ALERTS not in evidence:
        return unchecked(WHAT, "alerts and messages are not in this file; the manifest says why")
    alerts = {str(alert["id"]) for alert in evidence.lines(Member.ALERTS)}
    wrong, sent, count = list[str](), 0, 0
    for delivery in evidence.lines(Member.DELIVERIES):
        count += 1
        sent += delivery["state"] == "sent"
        if delivery["alert"] and delivery["alert"] not in alerts:
            wrong.append(f"message {delivery['id']} is about alert {delivery['alert']}, which is not here")
    holds = f"{count} messages, {sent} of them sent; {len(alerts)} alerts"
    if Member.FACTS in evidence:
        facts = [fact for fact in evidence.lines(Member.FACTS) if fact["type"] == _BREACHED]
        published = {str(fact["data"].get("clock")) for fact in facts}
        for clock in evidence.lines(Member.PUBLISHED):
            if clock["breached_at"] is not None and clock["id"] not in published:
                wrong.append(f"the breach of {clock['metric']} at {clock['breached_at']} was never published")
        holds += f"; {len(facts)} breaches published"
    return concluded(WHAT, wrong, holds)
