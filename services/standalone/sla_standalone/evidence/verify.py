"""Verify a file of evidence with nothing but itself: digests, deliveries, verdicts computed again, the audit log."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path

from sla_platform.audit.chain import AuditRow
from sla_standalone.evidence.archive import BadEvidence, EvidenceFile, open_evidence
from sla_standalone.evidence.audit import check_audit
from sla_standalone.evidence.check import CheckResult, EvidenceCheck, concluded, unchecked
from sla_standalone.evidence.inbox import check_inbox
from sla_standalone.evidence.manifest import DIGEST, MANIFEST, Manifest, digest_line
from sla_standalone.evidence.rejudge import check_verdicts
from sla_standalone.evidence.told import check_told


def verify_evidence(
    path: Path, digest: str = "", whole_logs: Mapping[str, Iterable[AuditRow]] | None = None
) -> tuple[Manifest | None, list[EvidenceCheck]]:
    """Verify a zip with evidence, and return its manifest and the result of each check.

    The manifest is None if it cannot be read; the only check then fails and says why.

    Args:
        digest: The SHA-256 of the manifest, if somebody wrote it down when the zip was made. "" means unknown.
        whole_logs: Maps a service to its whole audit log, exported separately.

    Raises:
        OSError: There is no such file.
    """
    try:
        with open_evidence(path) as evidence:
            return _verify(evidence, digest, whole_logs or {})
    except BadEvidence as error:
        return None, [EvidenceCheck("file", CheckResult.FAILS, (str(error),))]


def _verify(
    evidence: EvidenceFile, digest: str, whole_logs: Mapping[str, Iterable[AuditRow]]
) -> tuple[Manifest | None, list[EvidenceCheck]]:
    text = evidence.read(MANIFEST)
    try:
        manifest = Manifest.read(text)
    except ValueError as error:
        raise BadEvidence(str(error)) from None
    files = _files(evidence, manifest, text)
    checks = [files, _noted(text, digest)]
    if files.result is CheckResult.FAILS:
        return manifest, [*checks, unchecked("content", "the files are not those of the manifest")]
    made = [partial(check, evidence, manifest) for check in (check_inbox, check_verdicts, check_told)]
    made.append(partial(check_audit, evidence, manifest, whole_logs))
    return manifest, [*checks, *map(_guarded, made)]


def _guarded(check: Callable[[], EvidenceCheck]) -> EvidenceCheck:
    try:
        return check()
    except BadEvidence as error:
        return EvidenceCheck("content", CheckResult.FAILS, (str(error),))
    except (KeyError, TypeError, ValueError) as error:
        return EvidenceCheck("content", CheckResult.FAILS, (f"a line lacks what it must have: {error}",))


def _files(evidence: EvidenceFile, manifest: Manifest, text: bytes) -> EvidenceCheck:
    wrong = []
    stated = evidence.read(DIGEST) if DIGEST in evidence else b""
    if stated != digest_line(text):
        wrong.append(f"{DIGEST} is not the digest of {MANIFEST}")
    listed = {one.name: one for one in manifest.files}
    wrong += [f"{name} is not in the manifest" for name in sorted(set(evidence.sizes) - {*listed, MANIFEST, DIGEST})]
    for name, entry in sorted(listed.items()):
        try:
            if name not in evidence:
                wrong.append(f"{name} is missing")
            elif evidence.sizes[name] != entry.bytes or evidence.digest(name) != entry.sha256:
                wrong.append(f"{name} is not the file that the manifest names: its digest differs")
        except BadEvidence as error:
            wrong.append(str(error))
    holds = f"all {len(listed)} files have the digests of the manifest; none is missing or added"
    return concluded("files", wrong, holds)


def _noted(text: bytes, digest: str) -> EvidenceCheck:
    found = hashlib.sha256(text).hexdigest()
    if not digest:
        why = f"compare {found} with the digest that was noted when the file was made (--digest)"
        return unchecked("digest", why)
    wrong = [] if digest.lower() == found else [f"the manifest's digest is {found}, not {digest}"]
    return concluded("digest", wrong, "the manifest has the digest that was noted when the file was made")
