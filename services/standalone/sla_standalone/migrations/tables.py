"""Every table of slad: the installation's, and each service's own, side by side in one database."""

from __future__ import annotations

import sla_board.tables
import sla_ingest.tables
import sla_notifier.tables
import sla_platform.apikey.tables
import sla_timer.tables

METADATA = (
    sla_platform.apikey.tables.metadata,
    sla_ingest.tables.metadata,
    sla_timer.tables.metadata,
    sla_notifier.tables.metadata,
    sla_board.tables.metadata,
)
