"""Whether the lines of the audit logs are unaltered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sla_platform.audit.chain import GENESIS, AuditHead, AuditRow, first_break, row_hash, row_of_json
from sla_standalone.evidence.archive import BadEvidence, EvidenceFile
from sla_standalone.evidence.check import EvidenceCheck, concluded, unchecked
from sla_standalone.evidence.manifest import Manifest, Member

WHAT = "audit log"


def check_audit(
    evidence: EvidenceFile, manifest: Manifest, whole_logs: Mapping[str, Iterable[AuditRow]]
) -> EvidenceCheck:
    """Check the rows of the audit logs in the evidence.

    Each row must match its hash, and adjacent rows must be linked by their hashes. The manifest names the last row of
    each log (its head); no row may come after the head.

    Args:
        whole_logs: Maps a service to its whole audit log, exported separately. For these services, the rows of the
            evidence must also be in the whole log, and the whole log must reach the head.
    """
    if Member.AUDIT not in evidence:
        return unchecked(WHAT, "it is not in this file; the manifest says why")
    rows = _rows(evidence)
    heads = {head.service: head for head in manifest.audit_heads}
    wrong = [why for service, some in rows.items() for why in _misfits(service, some, heads.get(service))]
    count = sum(map(len, rows.values()))
    for service, log in whole_logs.items():
        wrong += _against(service, list(log), rows.get(service, []), heads.get(service))
    compared = sorted(set(whole_logs) & {*rows, *heads})
    note = (
        f", and stand so in the whole log of {', '.join(compared)}"
        if compared
        else "; that no line between them was taken out, only a whole export shows (--audit)"
    )
    return concluded(WHAT, wrong, f"{count} lines have the hashes that they were written with{note}")


def _rows(evidence: EvidenceFile) -> dict[str, list[AuditRow]]:
    found: dict[str, list[AuditRow]] = {}
    for line in evidence.lines(Member.AUDIT):
        try:
            row = row_of_json(line)
        except ValueError as error:
            raise BadEvidence(f"{Member.AUDIT}: {error}") from None
        found.setdefault(row.service, []).append(row)
    return found


def _misfits(service: str, rows: list[AuditRow], head: AuditHead | None) -> Iterable[str]:
    last = AuditHead(service, 0, GENESIS)
    for row in rows:
        if row.hash != row_hash(row):
            yield f"{service} {row.seq}: its content does not have its hash: the line was changed"
        elif row.seq <= last.seq:
            yield f"{service} {row.seq}: it stands behind line {last.seq}"
        elif row.seq == last.seq + 1 and row.previous != last.hash:
            yield f"{service} {row.seq}: it does not follow the line before"
        elif head is not None and row.seq > head.seq:
            yield f"{service} {row.seq}: the log ended with line {head.seq} when the file was made"
        elif head is not None and row.seq == head.seq and row.hash != head.hash:
            yield f"{service} {row.seq}: it is not the line with which the log ended"
        last = AuditHead(service, row.seq, row.hash)


def _against(service: str, log: list[AuditRow], rows: list[AuditRow], head: AuditHead | None) -> Iterable[str]:
    """The log may have grown since the file was made."""
    known = {} if head is None else {head.seq: head.hash}
    end = AuditHead(service, log[-1].seq, log[-1].hash) if log else AuditHead(service)
    if (broken := first_break(log, end, known)) is not None:
        yield f"the whole log of {service}, row {broken.seq}: {broken.why}"
    written = {row.seq: row.hash for row in log}
    for row in rows:
        if written.get(row.seq) != row.hash:
            yield f"{service} {row.seq}: the whole log has another row there, or none"
