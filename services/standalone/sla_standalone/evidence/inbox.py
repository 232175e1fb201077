"""Whether the raw deliveries are whole, and whether the events come from them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import orjson

from sla_standalone.evidence.archive import EvidenceFile
from sla_standalone.evidence.check import EvidenceCheck, concluded, unchecked
from sla_standalone.evidence.manifest import Manifest, Member

WHAT = "raw deliveries"


def check_inbox(evidence: EvidenceFile, manifest: Manifest) -> EvidenceCheck:
    """Check that the raw deliveries (requests as a ticketing system sent them) match their digests.

    The result also says how many events came from these deliveries. An event whose delivery is not in the evidence does
    not fail the check. Its delivery may have been deleted by age, or belong to a ticket that was merged into this one.
    """
    if Member.INBOX not in evidence:
        return unchecked(WHAT, "they are not in this file; the manifest says why")
    wrong: list[str] = []
    told: set[str] = set()
    count = 0
    for line in evidence.lines(Member.INBOX):
        count += 1
        body = evidence.read(line["file"])
        if hashlib.sha256(body).hexdigest() != line["sha256"]:
            wrong.append(f"the body of delivery {line['delivery']} does not have its digest")
        if _digest(body, line["headers"]) != line["digest"]:
            wrong.append(f"delivery {line['delivery']} of {line['source']} is not the one that was received")
        told |= _events(line["answer"])
    events = [event for event in evidence.lines(Member.EVENTS) if event.get("carried_from") is None]
    without = [event["id"] for event in events if (event.get("copy_of") or event["id"]) not in told]
    note = f"; {len(without)} events have none here (removed by age, or of a ticket that was merged)" if without else ""
    holds = f"{count} deliveries are as they were received, {len(events) - len(without)} events come from them{note}"
    return concluded(WHAT, wrong, holds)


def _digest(body: bytes, headers: Mapping[str, str]) -> str:
    """As ingest took it: in CloudEvents' binary mode the attributes are headers."""
    digest = hashlib.sha256(body)
    for name in sorted(headers):
        if name.startswith("ce-"):
            digest.update(f"\x00{name}\x00{headers[name]}".encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def _events(answer: str) -> set[str]:
    try:
        told: Any = orjson.loads(answer)
    except ValueError:
        return set()
    return {str(one.get("id")) for one in told.get("events", ())} if isinstance(told, dict) else set()
