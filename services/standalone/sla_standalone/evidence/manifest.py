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
    """The names of the files in a zip of evidence, except those with the bodies of raw deliveries."""

    README = "README.txt"
    ABOUT = "about.jsonl"
    """What is shown, as of which instant, and by which versions."""
    ALERTS = "alerts.jsonl"
    AUDIT = "audit.jsonl"
    CALENDARS = "calendars.jsonl"
    """Open and closed hours."""
    CATALOGUES = "catalogues.jsonl"
    CLOCKS = "clocks.jsonl"
    """The clocks computed from the events."""
    CONTRACT_CHANGES = "contract_changes.jsonl"
    CONTRACTS = "contracts.jsonl"
    DELIVERIES = "deliveries.jsonl"
    """The messages to people."""
    EVENTS = "events.jsonl"
    EXPLANATION = "explanation.txt"
    EXPLANATIONS = "explanations.jsonl"
    FACTS = "facts.jsonl"
    INBOX = "inbox.jsonl"
    """The raw deliveries. Their bodies are separate files."""
    INCIDENT = "incident.jsonl"
    PINS = "pins.jsonl"
    """The revisions of contracts by which the incident was judged."""
    PUBLISHED = "published.jsonl"
    """The clocks as slad published them."""


@dataclass(frozen=True, slots=True)
class ManifestEntry:
    """The name, size and digest of a file in a zip of evidence."""

    name: str
    bytes: int
    """Size in bytes."""
    sha256: str
    """SHA-256 of the content, in hex."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """The content of `manifest.json`, which lists the files of the evidence."""

    slad: str
    """The release that wrote the file."""
    incident: str
    """Id of the incident."""
    as_of: str
    """The instant of the arithmetic."""
    contract: str | None
    """The contract of the key that fetched the evidence. None for a key of all contracts."""
    made_at: str
    """When the file was made."""
    made_by: str
    """Who made the file."""
    audit_heads: tuple[AuditHead, ...]
    """The last position and hash of each audit log when the file was made."""
    left_out: tuple[str, ...]
    """Sentences on what is not in the file, and why."""
    not_published_yet: tuple[str, ...]
    """Ids of the clocks whose breach was recorded, but was still on its way to the board when the file was made."""
    files: tuple[ManifestEntry, ...]
    """The files, sorted by name."""

    def text(self) -> bytes:
        """Return the manifest as JSON. Equal manifests give equal bytes."""
        content = {
            "form": FORM,
            "slad": self.slad,
            "incident": self.incident,
            "as_of": self.as_of,
            "contract": self.contract,
            "made": {"at": self.made_at, "by": self.made_by},
            "audit_heads": [{"log": one.service, "seq": one.seq, "hash": one.hash} for one in self.audit_heads],
            "left_out": list(self.left_out),
            "not_published_yet": list(self.not_published_yet),
            "files": [{"name": one.name, "bytes": one.bytes, "sha256": one.sha256} for one in self.files],
        }
        return orjson.dumps(content, option=orjson.OPT_INDENT_2) + b"\n"

    @classmethod
    def read(cls, text: bytes) -> Manifest:
        """Parse a manifest.

        Raises:
            ValueError: The text is not a manifest that this release can read. The message says why.
        """
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
                # Files of earlier releases lack the key.
                not_published_yet=tuple(map(str, content.get("not_published_yet", ()))),
                files=tuple(files),
            )
        except (ValueError, KeyError, TypeError):
            raise ValueError(f"{MANIFEST} is not what slad writes") from None


def digest_line(manifest: bytes) -> bytes:
    """Return the content of `manifest.sha256`, in the format of the program sha256sum."""
    return f"{hashlib.sha256(manifest).hexdigest()}  {MANIFEST}\n".encode()
