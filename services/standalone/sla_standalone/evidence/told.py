"""Whether what people were told fits what was published."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sla_standalone.evidence.archive import EvidenceFile
from sla_standalone.evidence.check import CheckResult, EvidenceCheck, concluded, unchecked
from sla_standalone.evidence.manifest import Manifest, Member

WHAT = "who was told"
_BREACHED = "io.slad.clock.breached.v1"


def unpublished_breaches(clocks: Iterable[Mapping[str, Any]], facts: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Return the breaches that the timer service recorded but did not report to the other services.

    The result maps the id of the breached clock to the breach in words.

    Args:
        clocks: The clocks as the timer recorded them: lines of `published.jsonl`.
        facts: What the timer reported, such as breaches: lines of `facts.jsonl`.
    """
    told = {str(fact["data"].get("clock")) for fact in facts if fact["type"] == _BREACHED}
    return {
        str(clock["id"]): f"the breach of {clock['metric']} at {clock['breached_at']}"
        for clock in clocks
        if clock["breached_at"] is not None and str(clock["id"]) not in told
    }


def check_told(evidence: EvidenceFile, manifest: Manifest) -> EvidenceCheck:
    """Check that the evidence has the alert of each message, and that each recorded breach was published.

    To publish is to report to the other services. A breach may have been recorded, but not yet published, when the
    evidence was made. The manifest names such breaches. If nothing else is wrong, they make the result UNCHECKED.
    """
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
    on_their_way = list[str]()
    if Member.FACTS in evidence:
        missing = unpublished_breaches(evidence.lines(Member.PUBLISHED), evidence.lines(Member.FACTS))
        for clock, breach in missing.items():
            if clock in manifest.not_published_yet:
                on_their_way.append(f"{breach} was not published yet when the file was made: make it again")
            else:
                wrong.append(f"{breach} was never published")
        breaches = sum(fact["type"] == _BREACHED for fact in evidence.lines(Member.FACTS))
        holds += f"; {breaches} breaches published"
    if on_their_way and not wrong:
        return EvidenceCheck(WHAT, CheckResult.UNCHECKED, tuple(on_their_way))
    return concluded(WHAT, wrong, holds)
