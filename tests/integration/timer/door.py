"""The timer's HTTP routes before a desk: what was applied there is answered here."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

from fastapi import APIRouter
from tests.integration.timer.desk import Desk

from sla_catalogue import Catalogue, load_text
from sla_catalogue.recorded import RecordOverlay
from sla_platform.http.keys import READ, Authorizer, KeyGate
from sla_platform.timesource import TimeSource
from sla_timer.api import router
from sla_timer.apply.prepare import FoldPreparer
from sla_timer.rulebooks import RulebookParts, Rulebooks
from sla_timer.service import TimerService


def door(desk: Desk, catalogue: Catalogue, time: TimeSource, authorize: Authorizer | None = None) -> APIRouter:
    """Open for reading unless `authorize` decides otherwise."""
    behind = SimpleNamespace(
        store=desk.store,
        rulebooks=Rulebooks(lambda: catalogue, load_text, time),
        time_source=time,
        preparing=FoldPreparer(desk.store, desk.metrics),
        remake=RulebookParts(load_text, lambda shelf: RecordOverlay(shelf).rulebook),
    )  # all that the routes ask of a service
    gate = authorize or KeyGate(tuple, time, open_scopes=frozenset({READ}))
    return router(cast(TimerService, behind), gate)
