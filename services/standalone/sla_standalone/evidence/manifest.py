"""The list of what a file of evidence contains, with a digest of each part; and the names of the parts."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import orjson

from sla_platform.audit.chain import AuditHead

FORM = "slad evidence 1"  # names this layout; another layout gets another name
MANIFEST = "manifest.json"
DIGEST = "manifest.sha256"


class Member(StrEnum):
    """The parts of evidence besides raw bodies; the value is the name of the file in the zip.

    ABOUT: what is shown, as of when, by which versions. PUBLISHED: what slad has on record about each clock. CLOCKS:
    the same clocks as their events give them. CALENDARS: open and closed hours. PINS: which revisions of contracts
    judged. INBOX: the raw deliveries, whose bodies are files of their own. DELIVERIES: the messages to people.
    """

    README = "README.txt"
    ABOUT = "about.jsonl"
    ALERTS = "alerts.jsonl"
    AUDIT = "audit.jsonl"
    CALENDARS = "calendars.jsonl"
    CATALOGUES = "catalogues.jsonl"
    CLOCKS = "clocks.jsonl"
    CONTRACT_CHANGES = "contract_changes.jsonl"
    CONTRACTS = "contracts.jsonl"
    DELIVERIES = "deliveries.jsonl"
    EVENTS = "events.jsonl"
    EXPLANATION = "explanation.txt"
    EXPLANATIONS = "explanations.jsonl"
    FACTS = "facts.jsonl"
    INBOX = "inbox.jsonl"
    INCIDENT = "incident.jsonl"
    PINS = "pins.jsonl"
    PUBLISHED = "published.jsonl"


@dataclass(frozen=True, slots=True)
class ManifestEntry:
    """One file of the zip: its name, its size in bytes, and the SHA-256 of its content in hexadecimal."""

    name: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """The content of `manifest.json`.

    `slad`: the release that wrote the file. `incident`: its id. `as_of`: the instant of the arithmetic. `contract`:
    that of the key by which it was fetched; None for all. `made_at`, `made_by`: when and by whom. `audit_heads`: where
    the audit logs ended then. `left_out`: what is not in the file, and why, as sentences. `files`: sorted by name.
    """

    slad: str
    incident: str
    as_of: str
    contract: str | None
    made_at: str
    made_by: str
    audit_heads: tuple[AuditHead, ...]
    left_out: tuple[str, ...]
    files: tuple[ManifestEntry, ...]

    def text(self) -> bytes:
        """Return the manifest as JSON, the same for equal manifests."""
        content = {
            "form": FORM,
            "slad": self.slad,
            "incident": self.incident,
            "as_of": self.as_of,
            "contract": self.contract,
            "made": {"at": self.made_at, "by": self.made_by},
            "audit_heads": [{"log": one.service, "seq": one.seq, "hash": one.hash} for one in self.audit_heads],
            "left_out": list(self.left_out),
            "files": [{"name": one.name, "bytes": one.bytes, "sha256": one.sha256} for one in self.files],
        }
        return orjson.dumps(content, option=orjson.OPT_INDENT_2) + b"\n"

    @classmethod
    def read(cls, text: bytes) -> Manifest:
        """Return the manifest that `text` wrote. Raises ValueError, in words, if it is none of this form."""
        try:
            content: Mapping[str, Any] = orjson.loads(text)
            form = content["form"]
        except (ValueError, KeyError, TypeError):
            raise ValueError(f"{MANIFEST} is not what slad writes") from None
        if form != FORM:
            raise ValueError(f"{MANIFEST} has the form {form!r}; this slad reads {FORM!r}")
        try:
            heads = (AuditHead(str(one["log"]), int(one["seq"]), str(one["hash"])) for one in content["audit_heads"])
            files = (ManifestEntry(str(one["name"]), int(one["bytes"]), str(one["sha256"])) for one in content["files"])
            return cls(
                slad=str(content["slad"]),
                incident=str(content["incident"]),
                as_of=str(content["as_of"]),
                contract=None if content["contract"] is None else str(content["contract"]),
                made_at=str(content["made"]["at"]),
                made_by=str(content["made"]["by"]),
                audit_heads=tuple(heads),
                left_out=tuple(map(str, content["left_out"])),
                files=tuple(files),
            )
        except (ValueError, KeyError, TypeError):
            raise ValueError(f"{MANIFEST} is not what slad writes") from None


def digest_line(manifest: bytes) -> bytes:
    """Return the content of `manifest.sha256`: the manifest's digest as the program sha256sum writes it."""
    return f"{hashlib.sha256(manifest).hexdigest()}  {MANIFEST}\n".encode()
