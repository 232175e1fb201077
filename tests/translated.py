"""A delivery translated as intake translates it: by the table of dialects."""

from __future__ import annotations

from sla_catalogue.source import Source
from sla_ingest.dialect import DIALECTS, Delivery, DoesNotFit, Translation
from sla_ingest.dialect.port import body_id


def translate(delivery: Delivery, source: Source) -> Translation:
    try:
        opened = DIALECTS[source.dialect].open(delivery)
    except DoesNotFit as unfit:
        return Translation(delivery.id or body_id(delivery), unfit.refused)
    return opened.translate(source)
