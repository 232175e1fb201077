"""Critical-fix notices in: checked, stored once by the publisher's id, on the log before the answer (PLANS H6)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

import orjson
from pydantic import Field, StringConstraints, ValidationError
from sqlalchemy import select

from sla_domain.bounds import NOTICE, PERSON
from sla_domain.errors import DomainError
from sla_domain.version import VersionRange
from sla_ingest.dialect.json_text import parse_json
from sla_ingest.dialect.port import Unfit
from sla_ingest.dialect.read import clean
from sla_ingest.tables import log, notice
from sla_platform.bus import Doorbell
from sla_platform.http.problem import Problem, pointer
from sla_platform.inbound import LINE, InstantIn
from sla_platform.store.dialect import insert_new
from sla_platform.store.engine import Store
from sla_platform.store.log import append
from sla_platform.timesource import TimeSource
from sla_platform.wire import NoticeData, encode_notice
from sla_platform.wire.notice import AffectedProduct

MAX_TEXT = 20_000


class Notices:
    """The same id with the same content is the same notice; with another content it is a mistake."""

    def __init__(self, store: Store, doorbell: Doorbell, time: TimeSource, max_depth: int) -> None:
        self._store = store
        self._doorbell = doorbell
        self._time = time
        self._max_depth = max_depth

    async def publish(self, body: bytes, publisher: str) -> tuple[bool, bytes]:
        """Whether it was published before, and the answer. Raises Problem 400, 409, 422, StoreBusy."""
        now = self._time.now()
        written = self._parsed(body)
        digest = hashlib.sha256(orjson.dumps(written, option=orjson.OPT_SORT_KEYS)).hexdigest()
        found = _validated(written, now, publisher)
        answer = orjson.dumps(
            {
                "id": found.id,
                "outcome": "accepted",
                "published_at": found.published_at.isoformat(),
                "products": [product.product for product in found.products],
            }
        )
        row = {"id": found.id, "digest": digest, "received_at": now, "answer": answer.decode()}
        async with self._store.transaction() as connection:
            inserted = await connection.execute(insert_new(connection, notice).returning(notice.c.id), [row])
            if inserted.scalar_one_or_none() is None:
                known = (await connection.execute(select(notice).where(notice.c.id == found.id))).one()
                if known.digest != digest:
                    detail = f"The notice {found.id} was published before with another content; choose another id."
                    raise Problem(409, "notice-exists", "The id is taken", detail)
                return True, known.answer.encode()
            await append(connection, log, [encode_notice(found)])
        self._doorbell.ring()
        return False, answer

    def _parsed(self, body: bytes) -> Mapping[str, Any]:
        try:
            written = parse_json(body, self._max_depth)
        except Unfit as unfit:
            refused = unfit.refused
            place = {"position": refused.position, "line": refused.line, "column": refused.column}
            errors = [{"detail": refused.detail, **place}] if refused.position is not None else []
            raise Problem(400, "malformed", refused.title, refused.detail, errors=errors) from None
        if not isinstance(written, dict):
            raise Problem(422, "invalid-input", "The input does not fit", "A notice is a JSON object.")
        return written


class _Product(AffectedProduct):
    product: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), LINE]
    versions: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200), LINE] = ""


class _Notice(NoticeData):
    """A notice as publishers send it: what the wire has, within the bounds of everything that enters."""

    id: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=NOTICE), LINE]
    link: Annotated[str, StringConstraints(strip_whitespace=True, max_length=2_000), LINE] = ""
    products: tuple[_Product, ...] = Field(min_length=1, max_length=200)
    published_at: InstantIn
    published_by: Annotated[str, StringConstraints(strip_whitespace=True, max_length=PERSON), LINE] = ""


def _validated(written: Mapping[str, Any], now: datetime, publisher: str) -> NoticeData:
    """Raises Problem 422 with every place that is wrong."""
    given = {**written, **_cleaned(written)}
    if (at := given.get("published_at")) in (None, "", 0) and at is not False:
        given["published_at"] = now.isoformat()
    given.setdefault("published_by", publisher)
    try:
        found = _Notice.model_validate_json(orjson.dumps(given))
    except ValidationError as error:
        raise _unfit([{"pointer": pointer(item["loc"]), "detail": item["msg"]} for item in error.errors()]) from None
    places = []
    for index, product in enumerate(found.products):
        try:
            VersionRange.parse(product.versions)
        except DomainError as error:
            places.append({"pointer": f"/products/{index}/versions", "detail": str(error)})
        for name in sorted(set(written["products"][index]) - set(AffectedProduct.model_fields)):
            places.append({"pointer": pointer(("products", index, name)), "detail": "a product has no such field"})
    if unknown := sorted(set(written) - set(NoticeData.model_fields)):
        places += [{"pointer": pointer((name,)), "detail": "a notice has no such field"} for name in unknown]
    if places:
        raise _unfit(places)
    return found


def _cleaned(written: Mapping[str, Any]) -> dict[str, str]:
    """The prose of it without the control characters that neither a mail header nor a database takes."""
    prose = {name: written.get(name) for name in ("title", "text")}
    return {name: clean(said, MAX_TEXT + 1) for name, said in prose.items() if isinstance(said, str)}


def _unfit(errors: list[dict[str, Any]]) -> Problem:
    return Problem(422, "invalid-input", "The notice does not fit", "See `errors` for each place.", errors=errors)
