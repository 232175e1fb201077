"""The acts in the audit logs that concern an incident, as a running service lists them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import httpx2

from sla_platform.audit.act import canonical_json
from sla_platform.audit.chain import AuditHead
from sla_standalone.cli.remote import problem_text

_PAGE = 500
_MOVES_NO_CLOCK = ("contract.entry_posted",)


def audit_lines(
    client: httpx2.Client, service: str, objects: Iterable[str], among: tuple[str, Collection[str]] | None = None
) -> list[dict[str, Any]] | str:
    """Return the entries about some objects in a service's audit log, in the order of the log, as JSON objects.

    An entry is called an act: somebody's action on an object, such as a contract. Acts that write into the ledger of an
    allowance are left out. If the log cannot be read, the result is a text with the reason.

    Args:
        service: Name of the service.
        objects: Ids of the objects. One request is sent for each id.
        among: Further objects, too many for a request each: a pair (name of an act, ids). All acts of this name are
            read by one query, and only those on objects with these ids are returned. None means no further objects.
    """
    found: dict[int, dict[str, Any]] = {}
    asked = [{"object": one} for one in dict.fromkeys(objects)]
    if among is not None and among[1]:
        asked.append({"act": among[0]})
    for query in asked:
        after = 0
        while True:
            answer = client.get(f"/v1/audit/{service}", params={**query, "after": after, "limit": _PAGE})
            if answer.status_code == httpx2.codes.NOT_FOUND:
                return "it is not served at this address"
            if answer.is_error:
                return problem_text(answer)
            page = answer.json()
            for act in page["acts"]:
                if "act" in query and among is not None and act["object"] not in among[1]:
                    continue
                if act["act"] not in _MOVES_NO_CLOCK:
                    # The hash covers the text that is stored; equal values have one such text.
                    found[act["seq"]] = act | {"details": canonical_json(act["details"])}
            after = page["next"] or 0
            if not after:
                break
    return [found[seq] for seq in sorted(found)]


def audit_heads(client: httpx2.Client, service: str) -> list[AuditHead]:
    """Return the head of a service's audit log (number and hash of the last row) as a list of one.

    The list is empty if the head cannot be read.
    """
    answer = client.get(f"/v1/audit/{service}/head")
    if answer.is_error:
        return []
    told = answer.json()
    return [AuditHead(told["service"], int(told["seq"]), str(told["hash"]))]
