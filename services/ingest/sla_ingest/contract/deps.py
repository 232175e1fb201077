"""What the routes of contracts share: their dependencies, their answers, and who may call them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

import orjson
from fastapi import Path, Query, Request
from fastapi.responses import Response

from sla_catalogue import Catalogue
from sla_catalogue.api_key import KeyScope
from sla_domain.record import ContractRecord
from sla_ingest.contract import answer
from sla_ingest.contract.ordered import ChangedContract
from sla_ingest.contract.owner import ContractOwner
from sla_ingest.contract.refusal import no_such_contract
from sla_platform.contracts.shelf import RecordShelf
from sla_platform.http.keys import Authorizer, KeyAccess, for_all_contracts
from sla_platform.http.problem import Problem
from sla_platform.inbound import ContractIn as ContractName
from sla_platform.store.engine import Store
from sla_platform.timesource import TimeSource

_PROBLEM = {"application/problem+json": {"schema": {"type": "object"}}}
WRITING: dict[int | str, dict[str, Any]] = {
    code: {"description": text, "content": _PROBLEM}
    for code, text in {
        400: "The body cannot be read; the problem says where.",
        401: "An API key is needed.",
        403: "Not with this key.",
        404: "No such contract.",
        409: "The contract is managed by files, the id is taken, or its history does not allow the change.",
        412: "The contract has changed meanwhile; read it again.",
        415: "The media type is not read here.",
        422: "The contract does not fit; the problem says where.",
        428: "If-Match is needed: the ETag of the contract as read, or *.",
    }.items()
}
# Of routes without If-Match.
WITHOUT_REVISION: dict[int | str, dict[str, Any]] = {
    code: WRITING[code] for code in (400, 401, 403, 404, 409, 415, 422)
}
Name = Annotated[ContractName, Path()]
DryRun = Annotated[bool, Query(description="Check everything and write nothing.")]


@dataclass(frozen=True, slots=True)
class ContractDeps:
    """The objects that the routes under `/contracts` use, such as the database and the ContractOwner."""

    owner: ContractOwner
    """Makes changes of contracts."""
    shelf: RecordShelf
    """The records of contracts in memory."""
    store: Store
    """The database."""
    catalogue: Callable[[], Catalogue]
    """Returns the catalogue of the files, without recorded contracts."""
    time_source: TimeSource
    authorize: Authorizer
    """Returns what a request's API key allows, or raises HTTP error 401 or 403."""
    max_body_bytes: int
    """The greatest size of a request body."""


def may_see(access: KeyAccess, contract: str) -> None:
    """Raise Problem (an HTTP error) 404 if an API key may not see a contract.

    A key that is limited to another contract may not see it.

    Args:
        access: What the key allows.
        contract: The contract's id.
    """
    if access.contract not in (None, contract):
        raise no_such_contract(contract)


def may_write(deps: ContractDeps, request: Request) -> KeyAccess:
    """Return what the API key of a request allows, if it may change contracts.

    The key needs the scope `admin`, and must be for all contracts.

    Args:
        deps: Has the function that checks keys.

    Raises:
        Problem: HTTP error 401 or 403 if the key may not change contracts.
    """
    return for_all_contracts(deps.authorize(request, KeyScope.ADMIN))


def if_match(request: Request) -> int | None:
    """Return the contract's revision in the request's If-Match header; None for `*`.

    It is the revision that the caller has read.

    Raises:
        Problem: HTTP error 428 if there is no such header, 412 if its value is not the ETag of a contract.
    """
    given = request.headers.get("if-match", "").strip()
    if not given:
        detail = "Send If-Match with the ETag of the contract as you read it, or * to change whatever stands."
        raise Problem(428, "precondition-required", "If-Match is needed", detail)
    if given == "*":
        return None
    number = given.removeprefix("W/").strip('"')
    if not number.isdigit() or len(number) > 9:
        raise Problem(412, "stale-revision", "The contract has changed", "If-Match is no ETag of a contract.")
    return int(number)


def changed_answer(deps: ContractDeps, made: ChangedContract, status: int) -> Response:
    """Return the response to a change of a contract: the record after the change, and the warnings."""
    body = answer.record_json(made.record, deps.time_source.now(), made.warnings)
    return json_answer(body, status, made.record)


def json_answer(body: Any, status: int, record: ContractRecord) -> Response:
    """Return a JSON response about one contract, with the ETag that a later change must send as If-Match.

    The ETag is the number of the contract's last change. Entries in ledgers (accounts of allowances) are not counted,
    because they change nothing that a caller edits.

    Args:
        status: The HTTP status.
        record: The contract's record.
    """
    return Response(
        orjson.dumps(body), status, headers={"ETag": f'"{record.judged_in}"'}, media_type="application/json"
    )
