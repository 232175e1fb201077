"""Time zone names, checked where they are written."""

from __future__ import annotations

from sla_catalogue.problem import Findings, Path
from sla_domain.calendar import load_zone
from sla_domain.errors import UnknownZone


def check_zone(zone: str, path: Path, findings: Findings) -> bool:
    """Return whether a time zone of this IANA name exists.

    If not, an error is reported to `findings`.

    Args:
        path: Path of the name in the catalogue, such as `("contracts", "acme", "zone")`.
    """
    try:
        load_zone(zone)
    except UnknownZone as error:
        message, _, hint = str(error).partition(": ")
        findings.error(path, "unknown-zone", message, hint)
        return False
    return True
