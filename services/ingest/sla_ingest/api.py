"""The HTTP routes of ingest: webhooks, CloudEvents, notices and parked deliveries. No rule is decided here."""

from __future__ import annotations

import re
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Query, Request
from fastapi.responses import PlainTextResponse, Response
from starlette.exceptions import HTTPException

from sla_catalogue.api_key import KeyScope
from sla_ingest.auth import RequestFacts
from sla_ingest.body import headers_of, repeated_headers
from sla_ingest.entry import DeliveryResult
from sla_ingest.evidence import InboxEvidence
from sla_ingest.intake import Intake, IntakeResult
from sla_ingest.notice import ANSWER, Notices, notice_schema
from sla_ingest.parked import ParkedDeliveries
from sla_platform.http.audit import Reason, command_of
from sla_platform.http.body import read_body
from sla_platform.http.evidence import RESPONSES, evidence_response
from sla_platform.http.keys import Authorizer, for_all_contracts
from sla_platform.http.peer import address_of, peer_of
from sla_platform.http.problem import Problem
from sla_platform.inbound import PageIn
from sla_platform.settings import Settings

_PROBLEM = {"application/problem+json": {"schema": {"type": "object"}}}


def _problems(**said: str) -> dict[int | str, dict[str, Any]]:
    return {int(code[1:]): {"description": text, "content": _PROBLEM} for code, text in said.items()}


_INPUT = _problems(
    s400="The body cannot be read; the problem says where.",
    s408="The body did not arrive in time.",
    s413="The body is too large.",
    s415="The media type, or a Content-Encoding, is not read here.",
    s422="The body can be read but does not fit; the problem says where.",
    s429="This sender's budget is used up; Retry-After says until when.",
    s503="Nothing was kept: the store is away or the queue is full. Send it again after Retry-After.",
)
_BODY = {"requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}}}


def _as_json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


_ALLOW = {"Allow": "POST, OPTIONS"}
_HOST = re.compile(r"[A-Za-z0-9.:\-\[\]]{1,255}", re.ASCII)


class IngestDeps:
    """The objects that ingest's HTTP routes call.

    Args:
        intake: Accepts deliveries.
        notices: Publishes notices of critical fixes.
        parked: Lists and replays deliveries that were not understood.
        authorize: Called with a request and the scope (kind of permission) it needs. Returns what the API key
            allows, or raises HTTP error 401 or 403.
        settings: The process's settings, with the limits on body size and on requests per minute.
    """

    def __init__(
        self,
        intake: Intake,
        notices: Notices,
        parked: ParkedDeliveries,
        evidence: InboxEvidence,
        authorize: Authorizer,
        settings: Settings,
    ) -> None:
        self.intake = intake
        self.notices = notices
        self.parked = parked
        self.evidence = evidence
        self.authorize = authorize
        self.settings = settings


def router(deps: IngestDeps) -> APIRouter:
    """Return a FastAPI router with ingest's routes under `/v1`.

    They are for webhooks, events, notices of critical fixes, and parked deliveries (those that were not understood).
    """
    routes = APIRouter(prefix="/v1")
    _webhooks(routes, deps)
    _events(routes, deps)
    _notices(routes, deps)
    _parked(routes, deps)
    _evidence(routes, deps)
    return routes


def _webhooks(routes: APIRouter, deps: IngestDeps) -> None:
    @routes.post(
        "/webhooks/{source}",
        summary="Take in a delivery of a ticketing system",
        status_code=202,
        tags=["ingest"],
        responses=_INPUT
        | _problems(
            s401="No such source, or the proof fits none of its secrets.", s404="No such source (key holders)."
        ),
        openapi_extra=_BODY,
    )
    async def webhook(
        source: str, request: Request, validation: Annotated[str, Query(alias="validationToken")] = ""
    ) -> Response:
        """Accept a delivery of a ticketing system.

        It is translated and durable before the response, which has the due instants. The challenge of a sender, where
        the catalogue names one, is answered with 200 and text.
        """
        facts = _facts(deps, request)
        if validation and (answer := await deps.intake.challenge(source, validation, facts)) is not None:
            return _challenge(answer)
        headers = headers_of(request)
        body = await read_body(request, deps.settings.max_body_bytes)
        known = _may(deps, request, KeyScope.INGEST)
        taken = await deps.intake.webhook(source, body, headers, known_caller=known, request=facts)
        return _challenge(taken.challenge) if taken.challenge else _answer(taken)

    @routes.get(
        "/webhooks/{source}",
        summary="Answer the challenge of a sender",
        tags=["ingest"],
        response_class=PlainTextResponse,
        responses=_problems(s405="The source's sender asks no such question, or without the secret."),
    )
    async def webhook_challenge(
        source: str, request: Request, token: Annotated[str, Query(alias="crc_token")] = ""
    ) -> Response:
        """Answer GLPI's question whether slad has the secret, of a source whose catalogue entry has this challenge."""
        answer = await deps.intake.challenge(source, token, _facts(deps, request))
        if answer is None:
            raise HTTPException(405, headers=_ALLOW)
        return _challenge(answer)

    @routes.head(
        "/webhooks/{source}",
        summary="Answer whether a sender may send here",
        tags=["ingest"],
        response_class=PlainTextResponse,
        responses=_problems(s405="The source's sender asks no such question."),
    )
    async def webhook_exists(source: str, request: Request) -> Response:
        """Answer Intercom's check of an address, of a source whose catalogue entry has this challenge."""
        if await deps.intake.challenge(source, "", _facts(deps, request)) is None:
            raise HTTPException(405, headers=_ALLOW)
        return Response(status_code=200)

    @routes.options(
        "/webhooks/{source}", summary="Answer a webhook validation request", tags=["ingest"], status_code=204
    )
    async def webhook_handshake(source: str, request: Request) -> Response:
        """Answer the validation request of the CloudEvents webhook binding."""
        return _handshake(request, deps.settings)


def _events(routes: APIRouter, deps: IngestDeps) -> None:
    @routes.post(
        "/events",
        summary="Take in CloudEvents",
        status_code=202,
        tags=["ingest"],
        responses=_INPUT
        | _problems(s401="An API key, or a source's secret, is needed.", s403="The key lacks the scope ingest."),
        openapi_extra=_BODY,
    )
    async def events(request: Request) -> Response:
        """Accept CloudEvents 1.0: structured, binary or batched.

        The request needs an API key, or the secret of a CloudEvents source.
        """
        headers = headers_of(request)
        try:
            access = deps.authorize(request, KeyScope.INGEST)
        except Problem as problem:
            facts = _facts(deps, request)
            source = deps.intake.source_of_secret(headers, facts) if problem.status == 401 else None
            if source is None:
                raise
            body = await read_body(request, deps.settings.max_body_bytes)
            return _answer(await deps.intake.webhook(source.id, body, headers, known_caller=False, request=facts))
        body = await read_body(request, deps.settings.max_body_bytes)
        return _answer(await deps.intake.events(access, body, headers))

    @routes.options("/events", summary="Answer a CloudEvents validation request", tags=["ingest"], status_code=204)
    async def handshake(request: Request) -> Response:
        """Answer the validation request of the CloudEvents webhook binding."""
        return _handshake(request, deps.settings)


def _notices(routes: APIRouter, deps: IngestDeps) -> None:
    @routes.post(
        "/notices",
        summary="Publish a critical fix",
        status_code=202,
        tags=["notices"],
        responses=_INPUT
        | _problems(s401="An API key is needed.", s403="Not with this key.", s409="The id has another content.")
        | {
            202: {"description": "Published; how many it reaches.", "content": {"application/json": {"schema": ANSWER}}}
        },
        openapi_extra={"requestBody": {"required": True, "content": {"application/json": {"schema": notice_schema()}}}},
    )
    async def notices(request: Request) -> Response:
        """Publish a critical fix: products, versions, text. The same id is the same notice.

        The response says how many contracts and people the notice reaches. A notice is refused if a range of versions
        cannot be read, or if no contract names any of its products.
        """
        access = for_all_contracts(deps.authorize(request, KeyScope.NOTIFY))
        headers = headers_of(request)
        if headers.get("content-type", "").partition(";")[0].strip().lower() not in ("", "application/json"):
            raise Problem(415, "media-type", "The media type is not read here", "Content-Type is application/json.")
        body = await read_body(request, deps.settings.max_body_bytes)
        again, answer = await deps.notices.publish(body, command_of(access))
        return _json(answer, 202, again=again)


def _parked(routes: APIRouter, deps: IngestDeps) -> None:
    denied = _problems(s401="An API key is needed.", s403="Not with this key.")
    missing = _problems(s404="Nothing is kept under this id.")

    @routes.get("/parked", summary="List parked deliveries, the oldest first", tags=["parked"], responses=denied)
    async def page(
        request: Request,
        limit: Annotated[int, Query(ge=1, le=500)] = 50,
        after: Annotated[PageIn, Query()] = "",
    ) -> dict[str, Any]:
        """List deliveries that were stored because they were not understood, the oldest first.

        They hold texts of strangers, so a key is always needed.
        """
        for_all_contracts(deps.authorize(request, KeyScope.ADMIN))
        return await deps.parked.page(limit, after)

    @routes.get(
        "/parked/{id}/body",
        summary="Download the raw body of a parked delivery",
        tags=["parked"],
        responses=denied | missing,
    )
    async def body(id: str, request: Request) -> Response:
        """Return the raw body, byte for byte."""
        for_all_contracts(deps.authorize(request, KeyScope.ADMIN))
        kept = await deps.parked.one(id)
        headers = {
            "X-Content-Type-Options": "nosniff",
            "Content-Disposition": f'attachment; filename="{kept.id}.bin"',
            "Cache-Control": "no-store",
        }
        return Response(kept.delivery.body, media_type="application/octet-stream", headers=headers)

    @routes.post(
        "/parked/{id}/replay",
        summary="Try a parked delivery again",
        tags=["parked"],
        responses=denied | missing | _problems(s409="It was understood before, or its source is gone."),
    )
    async def replay(id: str, request: Request, reason: Reason = "") -> Response:
        """Translate the delivery again by the present catalogue: 202 if it is understood, 200 if it stays parked."""
        access = for_all_contracts(deps.authorize(request, KeyScope.ADMIN))
        understood, answer = await deps.parked.replay(id, command_of(access, reason))
        return _json(answer, 202 if understood else 200)


def _evidence(routes: APIRouter, deps: IngestDeps) -> None:
    @routes.get(
        "/evidence/ingest/{incident:path}",
        summary="Download the raw deliveries of an incident, as evidence",
        tags=["ingest"],
        response_class=Response,
        responses=_problems(s401="An API key is needed.", s403="Not with this key.") | {200: RESPONSES[200]},
    )
    async def evidence(request: Request, incident: str) -> Response:
        """Ingest's part of `slad evidence`: strangers' words, byte for byte, so never without an admin's key."""
        for_all_contracts(deps.authorize(request, KeyScope.ADMIN))
        return evidence_response(deps.evidence.lines(incident))


# -- shared -----------------------------------------------------------------------------------------------


def _facts(deps: IngestDeps, request: Request) -> RequestFacts:
    path = (request.scope.get("raw_path") or request.url.path.encode()).decode("latin-1")
    query = request.scope.get("query_string", b"").decode("latin-1")
    return RequestFacts(
        method=request.method,
        path=f"{path}?{query}" if query else path,
        origin=deps.settings.public_url.rstrip("/"),
        address=address_of(request),
        peer=peer_of(request),
        repeated=repeated_headers(request),
    )


def _challenge(answer: str) -> Response:
    return PlainTextResponse(answer, headers={"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"})


def _may(deps: IngestDeps, request: Request, scope: KeyScope) -> bool:
    """Whether the caller bears a key that is right, without asking for one."""
    if "authorization" not in request.headers:
        return False
    try:
        deps.authorize(request, scope)
    except Problem:
        return False
    return True


def _handshake(request: Request, settings: Settings) -> Response:
    headers = dict(_ALLOW)
    origin = request.headers.get("webhook-request-origin")
    if origin is not None:
        if not _HOST.fullmatch(origin):
            raise Problem(400, "origin", "No such origin", "WebHook-Request-Origin is a host name.")
        headers |= {"WebHook-Allowed-Origin": origin, "WebHook-Allowed-Rate": str(settings.rate_per_minute)}
    return Response(status_code=204, headers=headers)


def _answer(taken: IntakeResult) -> Response:
    if not taken.batch:
        (receipt,) = taken.receipts
        return _json(receipt.answer, 202, again=receipt.duplicate)
    outcomes = dict.fromkeys(
        (DeliveryResult.ACCEPTED.value, DeliveryResult.IGNORED.value, DeliveryResult.PARKED.value, "duplicate"), 0
    )
    for receipt in taken.receipts:
        outcomes["duplicate" if receipt.duplicate else receipt.entry.result.value] += 1
    told = b",".join(receipt.answer for receipt in taken.receipts)
    return _json(b'{"outcomes":' + orjson.dumps(outcomes) + b',"deliveries":[' + told + b"]}", 202)


def _json(body: bytes, status: int, *, again: bool = False) -> Response:
    # A redelivery gets the same bytes as the first answer; only a header marks it.
    headers = {"Slad-Duplicate": "true"} if again else None
    return Response(body, status, headers=headers, media_type="application/json")
