"""The chain of hashes that joins the rows of an audit log, and what a look at it can tell. Pure.

A row's hash covers the row and the hash of the row before, so a row that is changed, removed, inserted or moved breaks
the chain there. The head says how far the log has come, so a tail that was cut is missed. Whoever can write every
table can also compute a whole new chain: only a checkpoint (a head that was kept elsewhere) tells that one apart.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from sla_platform.audit.act import exact_instant

FORM = "slad audit 1"  # names the canonical form; another form gets another name
GENESIS = "0" * 64  # what stands in the place of the hash before the first row


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRow:
    """A row of a service's audit log: one act, chained by hashes to the row before."""

    service: str
    seq: int
    """The row's number, from 1."""
    at: datetime
    """When the act was done (aware)."""
    actor: str
    """The actor as text, such as `key:ops`."""
    act: str
    """The kind of act as text, such as `alert.acknowledged`."""
    object: str
    contract: str
    """Id of the contract. "" for none."""
    reason: str
    """The reason. "" for none."""
    before: str
    """SHA-256 of the object's state before the act. "" if the object did not exist."""
    after: str
    """SHA-256 of the object's state after the act. "" if the object did not exist."""
    details: str
    """Canonical JSON."""
    previous: str
    """The hash of the row before."""
    hash: str
    """The hash of this row."""


@dataclass(frozen=True, slots=True)
class AuditHead:
    """The number and the hash of the last row of a service's audit log.

    They are stored in a table of their own, so that the removal of the last rows is noticed.
    """

    service: str
    seq: int = 0
    """Number of the last row. 0 for an empty log."""
    hash: str = GENESIS
    """Hash of the last row. GENESIS (64 zeros) for an empty log."""


@dataclass(frozen=True, slots=True)
class ChainBreak:
    """The first row of a service's audit log that does not fit the others, and why.

    A misfit means that a row was changed, removed or inserted.
    """

    service: str
    seq: int
    """The row's number."""
    why: str


def row_hash(row: AuditRow) -> str:
    """Return the hash that a row of an audit log must have: the SHA-256 of `canonical_row`, in hexadecimal."""
    return hashlib.sha256(canonical_row(row)).hexdigest()


def canonical_row(row: AuditRow) -> bytes:
    """Return the bytes of an audit log's row from which its hash is computed.

    They are a JSON array in UTF-8, without spaces: [FORM, service, seq, at, actor, act, object, contract, reason,
    before, after, details, previous]. FORM names this format (`slad audit 1`). `at` is in UTC with six digits of
    microseconds. `details` is the stored text.
    """
    return orjson.dumps(
        [
            FORM, row.service, row.seq, exact_instant(row.at), row.actor, row.act, row.object, row.contract, row.reason,
            row.before, row.after, row.details, row.previous,
        ]
    )  # fmt: skip


def first_break(
    rows: Iterable[AuditRow], head: AuditHead, checkpoints: Mapping[int, str] | None = None
) -> ChainBreak | None:
    """Return the first row of an audit log that does not fit the others; None if all rows fit.

    A row that does not fit means that a row was changed, removed or inserted.

    Args:
        rows: All rows of the log, by ascending number `seq`.
        head: The stored number and hash of the last row.
        checkpoints: `seq` of a row -> the hash that the row must have, from copies that were kept outside the database.
            A `seq` of 0 is ignored.
    """
    service, known = head.service, {seq: hash_ for seq, hash_ in (checkpoints or {}).items() if seq}
    last = AuditHead(service)
    for row in rows:
        why = _misfit(row, last, known)
        if why:
            return ChainBreak(service, row.seq, why)
        last = AuditHead(service, row.seq, row.hash)
    if head.seq > last.seq:
        return ChainBreak(service, last.seq + 1, f"the log ends after row {last.seq}, the head says row {head.seq}")
    if head != last:
        return ChainBreak(service, last.seq, f"the head says that the log ends with row {head.seq}, or another hash")
    beyond = sorted(seq for seq in known if seq > last.seq)
    if beyond:
        return ChainBreak(
            service, last.seq + 1, f"the log ends after row {last.seq}, a checkpoint knows row {beyond[0]}"
        )
    return None


def _misfit(row: AuditRow, last: AuditHead, known: Mapping[int, str]) -> str:
    if row.service != last.service:
        return f"it is a row of {row.service}"
    if row.seq > last.seq + 1:
        return f"rows {last.seq + 1} to {row.seq - 1} are missing before it"
    if row.seq <= last.seq:
        return f"it stands behind row {last.seq}"
    if row.hash != row_hash(row):
        return "its content does not have its hash: the row was changed"
    if row.previous != last.hash:
        return "it does not follow the row before: one of the two was changed, inserted or moved"
    if known.get(row.seq, row.hash) != row.hash:
        return "its hash is not that of the checkpoint: the log was written anew up to here"
    return ""


def row_json(row: AuditRow) -> dict[str, Any]:
    """Return a row of an audit log as JSON values, for a line of an export.

    `details` stays a text.
    """
    shown = {name: getattr(row, name) for name in AuditRow.__dataclass_fields__}
    return shown | {"at": exact_instant(row.at)}


def row_of_json(line: Mapping[str, Any]) -> AuditRow:
    """Return the row of an audit log that `row_json` wrote as `line`.

    Raises:
        ValueError: The line is not such a row.
    """
    try:
        values = {name: line[name] for name in AuditRow.__dataclass_fields__}
        at = datetime.fromisoformat(values["at"])
    except (KeyError, TypeError) as error:
        raise ValueError("the line is no row of an audit log") from error
    texts = all(isinstance(value, str) for name, value in values.items() if name != "seq")
    if at.tzinfo is None or type(values["seq"]) is not int or not texts:
        raise ValueError("the line is no row of an audit log")
    return AuditRow(**values | {"at": at})
