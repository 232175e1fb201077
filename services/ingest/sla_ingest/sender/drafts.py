"""The routes of the page on parked bodies: the bodies, and their results with a draft of the source."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from sla_catalogue import CatalogueInvalid
from sla_catalogue.api_key import KeyScope
from sla_catalogue.draft import entry_of
from sla_ingest.dialect import Accepted
from sla_ingest.sender.trial import (
    LONGEST_SHOWN,
    MOST_SHOWN,
    SourceTrials,
    TriedDelivery,
    outcome_text,
    outcome_word,
)
from sla_platform.http.body import demand_model, describes
from sla_platform.http.keys import Authorizer, for_all_contracts
from sla_platform.http.problem import Problem

MOST_DRAFT = 40_000  # characters of a draft


class DraftIn(BaseModel):
    """The body of a request to try changed settings of a source (a draft) on the source's parked deliveries."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    draft: Annotated[str, Field(max_length=MOST_DRAFT)]
    """The keys of the source as YAML. A key `authentication` is ignored."""


class _Answer(BaseModel):
    model_config = ConfigDict(use_attribute_docstrings=True)


class TrialOutcome(_Answer):
    """The outcome of translating one parked delivery, such as `accepted`, with the resulting events or the reason."""

    outcome: str
    """accepted, ignored, parked, refused or worked."""
    text: str
    """The delivery's events, or why there are none."""
    remarks: list[str]
    """Remarks on the delivery's events, in words, such as an unknown status."""


class TriedOut(_Answer):
    """A parked delivery (not understood so far), with its outcome under two settings of the source.

    The two are the settings in force and the changed settings, the draft.
    """

    id: str
    """The delivery's id in slad's inbox, by which it can be replayed."""
    received_at: datetime
    before: TrialOutcome
    """The outcome with the settings in force, which a replay would give now."""
    after: TrialOutcome
    """The outcome under the draft."""
    changed: bool
    body: str | None
    """The delivery's body, at most 20,000 characters; null for all but the newest 40 deliveries."""
    found: dict[str, str]
    """Key of the draft's map -> the value that its expression finds, as JSON; null if it finds nothing."""
    failed: dict[str, str]
    """Key of the draft's map -> why its expression fails."""
    applied: list[str]
    """The entries under `when` in the draft's map that apply to the delivery."""


class OutcomeTurn(_Answer):
    """How many deliveries change their outcome from `before` to `after`.

    `before` is the outcome with the source's settings in force, `after` that with the changed settings, the draft.
    """

    before: str
    after: str
    count: int


class TrialAnswer(_Answer):
    """The parked deliveries of a source (those not understood so far), and their outcomes under new settings."""

    source: str
    dialect: str
    draft: str
    """The draft that was tried."""
    commit: str
    """The draft as an entry for a file of the catalogue."""
    waiting: int
    """How many parked and refused deliveries the source has."""
    turns: list[OutcomeTurn]
    deliveries: list[TriedOut]
    """The newest deliveries: at most 200, fewer if they are large."""


def draft_routes(trials: SourceTrials, authorize: Authorizer) -> APIRouter:
    """Return the routes that show the parked deliveries of a source, and try a draft (changed settings) on them.

    The routes are under `/v1`, and need a key with the scope admin for all contracts. They store nothing.

    Args:
        trials: Tries the drafts.
        authorize: Called with a request and the scope it needs; returns what the API key allows, or raises.
    """
    routes = APIRouter(tags=["parked"])
    missing: dict[int | str, dict[str, Any]] = {404: {"description": "The catalogue has no such source"}}

    @routes.get(
        "/sources/{source}/parked", summary="Show the parked deliveries of a source, and its map", responses=missing
    )
    async def parked(request: Request, source: str) -> TrialAnswer:
        """Show what came and was not understood, with what the source in force makes of it by now."""
        for_all_contracts(authorize(request, KeyScope.ADMIN))
        return await _answer(trials, source, trials.draft(source), None)

    @routes.post(
        "/sources/{source}/trial",
        summary="Try a draft of a source on its parked deliveries",
        responses=missing | {422: {"description": "There are errors in the draft; the problem says where"}},
        openapi_extra=describes(DraftIn),
    )
    async def trial(request: Request, source: str) -> TrialAnswer:
        """Say of each parked delivery what becomes of it before and after. Nothing is stored, and no file is read."""
        for_all_contracts(authorize(request, KeyScope.ADMIN))
        asked = await demand_model(request, DraftIn)
        return await _answer(trials, source, asked.draft, asked.draft)

    return routes


async def _answer(trials: SourceTrials, source: str, text: str, draft: str | None) -> TrialAnswer:
    try:
        found = await trials.tried(source, draft)
    except CatalogueInvalid as invalid:
        errors = [
            {"pointer": "/draft", "detail": f"line {one.line}: {one.message}{f' ({one.hint})' if one.hint else ''}"}
            for one in invalid.problems
        ]
        raise Problem(422, "bad-draft", "The draft has errors", "See errors for each line.", errors=errors) from None
    return TrialAnswer(
        source=source,
        dialect=trials.dialect(source),
        draft=text,
        commit=entry_of(source, text),
        waiting=found.waiting,
        turns=[
            OutcomeTurn(before=before, after=after, count=count)
            for (before, after), count in sorted(found.turns.items(), key=lambda one: -one[1])
        ],
        deliveries=[_tried(one, shown=number < MOST_SHOWN) for number, one in enumerate(found.tried)],
    )


def _tried(one: TriedDelivery, *, shown: bool) -> TriedOut:
    trial = one.trials[0] if one.trials else None
    return TriedOut(
        id=one.parked.id,
        received_at=one.parked.delivery.received_at,
        before=_outcome(one.before),
        after=_outcome(one.after),
        changed=one.changed,
        body=_text(one.parked.delivery.body) if shown else None,
        found={} if trial is None else {name: _json(value) for name, value in trial.found.items()},
        failed={} if trial is None else dict(trial.failed),
        applied=[] if trial is None else [f"when[{number}]" for number in trial.applied],
    )


def _text(body: bytes) -> str:
    return body[: 4 * LONGEST_SHOWN].decode("utf-8", "replace")[:LONGEST_SHOWN]


def _outcome(outcome: Any) -> TrialOutcome:
    remarks = [str(noted) for one in outcome.events for noted in one.remarks] if isinstance(outcome, Accepted) else []
    return TrialOutcome(outcome=outcome_word(outcome), text=outcome_text(outcome), remarks=remarks)


def _json(value: Any) -> str:
    try:
        text = orjson.dumps(value).decode()
    except (orjson.JSONEncodeError, RecursionError):
        return '"(a value that is nested very deep)"'
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"
