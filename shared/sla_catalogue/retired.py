"""Keys that older releases knew: removed from catalogues that those releases stored, so that they can still be read.

In files `slad check` refuses such a key, because nothing would come of it.
"""

from __future__ import annotations

from typing import Any

from sla_catalogue.tree import Plain

# Dialects that could once be named although no adapter existed.
_UNKNOWN_DIALECTS = frozenset(
    {
        "gitlab", "servicenow", "zendesk", "zammad", "freshdesk", "alertmanager", "grafana", "pagerduty", "opsgenie",
        "standard-webhooks",
    }
)  # fmt: skip
_ENDS = ("resolved", "cancelled")
_REGISTERED = {"registration": "opt_in"}  # in format 1: only registered people are notified of critical fixes
_NOTICES = {"registered": _REGISTERED, "entitled": {"registration": "none"}}  # words in place of a mapping


def without_retired(sections: dict[str, Plain]) -> dict[str, Plain]:
    """Return the sections of a stored catalogue of format 1, without keys and entries that slad no longer supports.

    Keys that no longer exist, e-mail channels, and sources of dialects without an adapter are removed. The removal does
    not change how plans and contracts judge incidents.
    """
    kept: dict[str, Any] = dict(sections)
    for name, change in (("plans", _plan), ("contracts", _contract), ("escalations", _escalation), ("keys", _key)):
        if isinstance(kept.get(name), dict):
            kept[name] = {id_: change(entry) if isinstance(entry, dict) else entry for id_, entry in kept[name].items()}
    if isinstance(kept.get("settings"), dict):
        kept["settings"] = _but(kept["settings"], "public_url")
    if isinstance(kept.get("channels"), dict):
        channels = {id_: entry for id_, entry in kept["channels"].items() if not _mail(entry)}
        kept["channels"] = {id_: _but(entry, "sender") for id_, entry in channels.items()}
    if isinstance(kept.get("sources"), dict):
        known = {id_: entry for id_, entry in kept["sources"].items() if not _of_unknown_dialect(entry)}
        kept["sources"] = {id_: _source(entry) if isinstance(entry, dict) else entry for id_, entry in known.items()}
    return kept


def with_notice_terms(sections: dict[str, Plain]) -> dict[str, Plain]:
    """Return the sections of a stored catalogue, with the `notices` of each plan as a mapping.

    Older releases stored a single word, which is converted.
    """
    plans = sections.get("plans")
    if not isinstance(plans, dict):
        return sections
    return {**sections, "plans": {id_: _with_terms(entry) for id_, entry in plans.items()}}


def _with_terms(entry: Any) -> Any:
    word = entry.get("notices") if isinstance(entry, dict) else None
    return entry | {"notices": dict(_NOTICES[word])} if isinstance(word, str) and word in _NOTICES else entry


def _plan(entry: dict[str, Any]) -> dict[str, Any]:
    extras = entry.get("extras")
    notices = extras.get("notices") if isinstance(extras, dict) else None
    kept = _but(entry, "objective", "extras")
    if isinstance(notices, dict) and _REGISTERED.items() <= notices.items():
        kept["notices"] = dict(_REGISTERED)
    if isinstance(entry.get("roles"), list):
        roles = entry["roles"]
        kept["roles"] = [_but(role, "chain", "told_of") if isinstance(role, dict) else role for role in roles]
    return kept


def _contract(entry: dict[str, Any]) -> dict[str, Any]:
    return _but(entry, "extras")


def _escalation(entry: dict[str, Any]) -> dict[str, Any]:
    return _but(entry, "chain")


def _source(entry: dict[str, Any]) -> dict[str, Any]:
    """`options` mapped resolutions to how work ends; nothing read anything else in it."""
    options = entry.get("options")
    ends = {word: end for word, end in options.items() if end in _ENDS} if isinstance(options, dict) else {}
    kept = _but(entry, "options")
    return kept | {"resolutions": ends | dict(kept.get("resolutions") or {})} if ends else kept


def _key(entry: dict[str, Any]) -> dict[str, Any]:
    return _but(entry, "title")


def _of_unknown_dialect(entry: Any) -> bool:
    return isinstance(entry, dict) and entry.get("dialect") in _UNKNOWN_DIALECTS


def _mail(entry: Any) -> bool:
    """A channel of e-mail: never used, mail leaves by `settings.smtp`."""
    return isinstance(entry, dict) and entry.get("kind") == "email"


def _but(entry: dict[str, Any], *retired: str) -> dict[str, Any]:
    return {name: value for name, value in entry.items() if name not in retired}
