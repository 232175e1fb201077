"""What a customer sees behind a link: the support plan of one contract as page and PDF, or why the link is invalid."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from sla_board.contract_api.deps import Language, PlanDeps
from sla_board.link.link import LinkState
from sla_board.link.token import is_cut, is_whole
from sla_board.page.security import LINK_HEADERS
from sla_board.plan.customer import for_customer
from sla_board.plan.model import SupportPlan
from sla_board.plan.words import accepted_words, words_in
from sla_board.plan.words.words import PlanWords


class _Closed(Exception):
    """The link opens nothing: with the status and the sentence that say so."""

    def __init__(self, status: int, said: str, words: PlanWords) -> None:
        super().__init__(said)
        self.status, self.said, self.words = status, said, words


def add_opened(routes: APIRouter, deps: PlanDeps) -> None:
    """Add the routes to which links to support plans lead: the plan as a page, and as PDF.

    The routes need no API key, and change nothing. If a link is not valid, the answer is a page with the reason: status
    404 if the link is unknown or its address was cut off, 410 if the link has expired or was revoked.
    """

    # HEAD too: mail scanners ask so whether a link leads anywhere.
    @routes.api_route(
        "/plans/{token}", methods=["GET", "HEAD"], response_class=HTMLResponse, include_in_schema=False
    )  # fmt: skip
    async def show(token: str, request: Request, lang: Language = "") -> Response:
        try:
            plan = await _plan_behind(deps, token, request, lang)
        except _Closed as closed:
            return _closed(deps, closed)
        pdf = f"/plans/{token}/plan.pdf" if deps.printer.installed else ""
        return HTMLResponse(deps.pages.plan_for_customer(plan, pdf), headers=LINK_HEADERS)

    @routes.api_route(
        "/plans/{token}/plan.pdf", methods=["GET", "HEAD"], response_class=Response, include_in_schema=False
    )  # fmt: skip
    async def download(token: str, request: Request, lang: Language = "") -> Response:
        try:
            plan = await _plan_behind(deps, token, request, lang)
        except _Closed as closed:
            return _closed(deps, closed)
        answer = await deps.pdf(plan)
        answer.headers.update(LINK_HEADERS)
        return answer


async def _plan_behind(deps: PlanDeps, token: str, request: Request, language: str) -> SupportPlan:
    """The plan that a token opens now, as a customer may see it. Raises _Closed."""
    words = accepted_words(request.headers.get("accept-language", ""))
    if is_cut(token):
        raise _Closed(404, words.link_cut, words)
    link = await deps.links.find(token) if is_whole(token) else None
    contract = None if link is None else deps.contract(link.contract)
    if link is not None:
        words = words_in(link.language)
        match link.state(deps.time_source.now()):
            case LinkState.EXPIRED:
                raise _Closed(410, words.link_expired, words)
            case LinkState.REVOKED:
                raise _Closed(410, words.link_revoked, words)
    if link is None or contract is None:
        raise _Closed(404, words.link_unknown, words)
    return for_customer(await deps.plan(contract, language or link.language), contract)


def _closed(deps: PlanDeps, closed: _Closed) -> Response:
    html = deps.pages.closed_link(closed.said, closed.words)
    return HTMLResponse(html, closed.status, headers=LINK_HEADERS)
