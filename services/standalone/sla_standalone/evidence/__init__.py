"""Evidence of one incident as a file: a zip that can be verified with nothing but itself."""

from sla_standalone.evidence.archive import BadEvidence, EvidenceFile, open_evidence, write_archive
from sla_standalone.evidence.check import CheckResult, EvidenceCheck
from sla_standalone.evidence.manifest import Manifest, ManifestEntry, Member
from sla_standalone.evidence.told import unpublished_breaches
from sla_standalone.evidence.verify import verify_evidence

__all__ = [
    "BadEvidence",
    "CheckResult",
    "EvidenceCheck",
    "EvidenceFile",
    "Manifest",
    "ManifestEntry",
    "Member",
    "open_evidence",
    "unpublished_breaches",
    "verify_evidence",
    "write_archive",
]
