"""Questions to customers and who of them wants no messages: the routes, their shapes and queries. People by id."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import orjson
from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_domain.fact import DowngradeProposed
from sla_notifier import tables
from sla_notifier.api.query import ListQuery, next_page, page_of
from sla_notifier.api.refusal import REFUSALS
from sla_notifier.context import NotifierContext
from sla_platform.http.keys import READ, Authorizer
from sla_platform.inbound import ChoiceIn, IncidentIn, PageIn
from sla_platform.wire import ClockFact

MOST = 200
_q, _o = tables.question.c, tables.opt_out.c
_Choice = Annotated[ChoiceIn, Query()]
_Incident = Annotated[IncidentIn, Query()]
_Before = Annotated[PageIn, Query()]
_Limit = Annotated[int, Query(ge=1, le=MOST)]


class _Shape(BaseModel):
    model_config = ConfigDict(use_attribute_docstrings=True, frozen=True)


class QuestionShape(_Shape):
    """Part of an API response: a question to the customer whether a lower priority is agreed (clause E9)."""

    id: str
    incident: str
    contract: str
    priority: str = Field(description="the lower priority that was asked about")
    state: str = Field(description="open, agreed, declined, gone or expired")
    people: list[str] = Field(description="ids of those who were asked")
    asked_at: datetime
    expires_at: datetime
    reminders: int
    """How many reminders were sent."""
    ended_at: datetime | None = None
    """When it was answered, expired, or lost its proposal. Null while it is open."""
    answered_by: str = ""
    """Id of the person who answered. "" if nobody did."""


class QuestionPage(_Shape):
    """API response: a page of the list of questions to customers, the newest first."""

    questions: list[QuestionShape]
    next: str = ""
    """The `before` of the next page. "" on the last page."""


class OptOutShape(_Shape):
    """Part of an API response: a customer's contact who has opted out of messages about incidents of a contract."""

    contract: str
    person: str
    since: datetime


class OptOutPage(_Shape):
    """API response: a page of the list of people who have opted out of messages, the latest first."""

    opt_outs: list[OptOutShape]
    next: str = ""
    """The `before` of the next page. "" on the last page."""


def add_contacts(routes: APIRouter, context: NotifierContext, authorize: Authorizer) -> None:
    """Add the routes `GET /v1/questions` and `GET /v1/opt-outs` to `routes`.

    Args:
        authorize: Checks the API key of a request.
    """

    @routes.get("/v1/questions", summary="List questions to customers", responses=REFUSALS)
    async def list_questions(
        request: Request, state: _Choice = "", incident: _Incident = "", before: _Before = "", limit: _Limit = 50
    ) -> QuestionPage:
        """List questions to customers, the newest first; `state=open` for those that wait for an answer."""
        asked = ListQuery({"state": state, "incident": incident}, authorize(request, READ).contract, before, limit)
        async with context.store.reading() as connection:
            return await questions(connection, asked)

    @routes.get("/v1/opt-outs", summary="List who of the customers wants no messages", responses=REFUSALS)
    async def list_opt_outs(
        request: Request, contract: _Choice = "", before: _Before = "", limit: _Limit = 50
    ) -> OptOutPage:
        """List the customers' people who want no messages about incidents of a contract, the latest first."""
        asked = ListQuery({"contract": contract}, authorize(request, READ).contract, before, limit)
        async with context.store.reading() as connection:
            return await opt_outs(connection, asked)


async def questions(connection: AsyncConnection, asked: ListQuery) -> QuestionPage:
    """Return a page of the list of questions to customers, the newest first.

    Args:
        asked: The filters and the page.

    Raises:
        Problem: HTTP error 422 if `asked.before` is not the `next` of a page.
    """
    statement = page_of(select(tables.question), asked, _q, _q.asked_at, _q.id)
    rows = [dict(row) for row in (await connection.execute(statement)).mappings()]
    shown = [
        QuestionShape.model_validate(
            row | {"people": orjson.loads(row["people"]), "priority": _asked_about(row["content"])}
        )
        for row in rows[: asked.limit]
    ]
    return QuestionPage(questions=shown, next=next_page(rows, asked.limit, "asked_at"))


async def opt_outs(connection: AsyncConnection, asked: ListQuery) -> OptOutPage:
    """Return a page of the list of people who have opted out of messages, the latest first.

    Args:
        asked: The filters and the page.

    Raises:
        Problem: HTTP error 422 if `asked.before` is not the `next` of a page.
    """
    whose = _o.contract + "/" + _o.person
    listed = select(_o.contract, _o.person, _o.changed_at, whose.label("id")).where(_o.out)
    rows = [
        dict(row) for row in (await connection.execute(page_of(listed, asked, _o, _o.changed_at, whose))).mappings()
    ]
    shown = [
        OptOutShape(contract=row["contract"], person=row["person"], since=row["changed_at"])
        for row in rows[: asked.limit]
    ]
    return OptOutPage(opt_outs=shown, next=next_page(rows, asked.limit, "changed_at"))


def _asked_about(content: str) -> str:
    body = ClockFact.model_validate_json(content).body
    return body.new if isinstance(body, DowngradeProposed) else ""
