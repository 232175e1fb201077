"""Critical-fix notices in: checked, stored once by the publisher's id, on the log before the answer (clause H6)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

import orjson
import structlog
from pydantic import Field, StringConstraints, ValidationError
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_catalogue.problem import did_you_mean
from sla_domain.bounds import NOTICE, PERSON, writable
from sla_domain.errors import DomainError
from sla_domain.normal import normal
from sla_domain.notice import affected_contracts, asks_registration, entitled_people, known_products, notice_terms
from sla_domain.rulebook import Rulebook
from sla_domain.version import GRAMMAR, VersionRange
from sla_ingest.dialect.json_text import parse_json
from sla_ingest.dialect.port import DoesNotFit
from sla_ingest.dialect.read import clean_text
from sla_ingest.metrics import IngestMetrics
from sla_ingest.tables import audit, log, notice, notice_revision
from sla_platform.audit.act import Act, ActName, Command
from sla_platform.audit.store import append as append_acts
from sla_platform.bus import WakeSignal
from sla_platform.http.problem import Problem, pointer
from sla_platform.inbound import LINE, InstantIn
from sla_platform.store.dialect import insert_new
from sla_platform.store.engine import Store
from sla_platform.store.log import append
from sla_platform.timesource import TimeSource
from sla_platform.wire import NoticeData, encode_notice, notice_of
from sla_platform.wire.notice import AffectedProduct

_log = structlog.get_logger(__name__)

MAX_TEXT = 20_000


class Notices:
    """Publishes notices (a publisher's messages to customers) about critical fixes of products: call `publish`.

    Args:
        wake_signal: Wakes the readers of ingest's event log when a notice was stored.
        max_depth: The greatest depth of nested JSON in a notice.
        rulebook: Returns the plans, contracts and calendars in force, which decide whom a notice reaches.
    """

    def __init__(
        self,
        store: Store,
        wake_signal: WakeSignal,
        time_source: TimeSource,
        max_depth: int,
        rulebook: Callable[[], Rulebook],
        metrics: IngestMetrics,
    ) -> None:
        self._rulebook = rulebook
        self._metrics = metrics
        self._store = store
        self._wake_signal = wake_signal
        self._time_source = time_source
        self._max_depth = max_depth

    async def publish(self, body: bytes, command: Command) -> tuple[bool, bytes]:
        """Publish the notice of a critical fix in `body`, for customers that run the product.

        Returns whether the notice was published before, and the response as JSON. If the same id and revision with the
        same content were published before, the first response is returned, and nothing is sent again.

        Args:
            command: Who orders the notice. The actor's id is stored as the publisher if the body names no publisher.

        Raises:
            StoreBusy: The database fails.
            Problem: HTTP error 400 if the body is not JSON; 409 if the revision was published with other content, or if
                a later revision is published; 422 for a notice that does not fit.
        """
        now = self._time_source.now()
        written = self._parsed(body)
        digest = hashlib.sha256(orjson.dumps(written, option=orjson.OPT_SORT_KEYS)).hexdigest()
        newest = await self._newest(_id_in(written))
        found = _validated(_completed(written, newest), now, command.actor.id)
        if not found.withdrawn and (newest is None or found.revision > newest.revision):
            _refuse_unknown(found, newest, self._rulebook())
        reach = reach_of(found, self._rulebook(), now)
        answer = orjson.dumps(
            {
                "id": found.id,
                "revision": found.revision,
                "outcome": "withdrawn" if found.withdrawn else "accepted",
                "published_at": found.published_at.isoformat(),
                "products": [product.product for product in found.products],
            }
            | reach.as_json()
        )
        async with self._store.transaction() as connection:
            before = await _kept(connection, found.id, found.revision)
            if before is not None:
                return True, _same(found, digest, before)
            if newest is not None and found.revision < newest.revision:
                detail = f"Revision {newest.revision} of the notice {found.id} is published: {found.revision} is older."
                raise Problem(409, "notice-outdated", "A later revision is published", detail)
            if not await _keep(connection, found, digest, now, answer):
                kept = await _kept(connection, found.id, found.revision)
                assert kept is not None
                return True, _same(found, digest, kept)
            await append(connection, log, [encode_notice(found)])
            act = Act(
                name=ActName.NOTICE_PUBLISHED,
                command=command,
                object=found.id,
                after=digest,
                details={"severity": found.severity, "people": reach.people, "contracts": reach.contracts},
            )
            await append_acts(connection, audit, [act], now)
        self._wake_signal.wake()
        self._metrics.notices.labels("somebody" if reach.people or reach.registration else "nobody").inc()
        if reach.remark:
            event = "notice.unknown_products" if reach.reaches else "notice.reaches_nobody"
            _log.warning(event, notice=found.id, contracts=reach.contracts, remark=reach.remark)
        return False, answer

    async def _newest(self, id_: str) -> _Newest | None:
        """The newest revision of a notice that is published; None when the notice is unknown."""
        r = notice_revision.c
        later = select(r.revision, r.content).where(r.notice == id_).order_by(r.revision.desc()).limit(1)
        async with self._store.reading() as connection:
            row = (await connection.execute(later)).first()
            if row is not None:
                return _Newest(row.revision, row.content)
            first = (await connection.execute(select(notice.c.content).where(notice.c.id == id_))).first()
        return None if first is None else _Newest(1, first.content)

    def _parsed(self, body: bytes) -> Mapping[str, Any]:
        try:
            written = parse_json(body, self._max_depth)
        except DoesNotFit as unfit:
            refused = unfit.refused
            place = {"position": refused.position, "line": refused.line, "column": refused.column}
            errors = [{"detail": refused.detail, **place}] if refused.position is not None else []
            raise Problem(400, "malformed", refused.title, refused.detail, errors=errors) from None
        if not isinstance(written, dict):
            raise Problem(422, "invalid-input", "The input does not fit", "A notice is a JSON object.")
        return written


@dataclass(frozen=True, slots=True)
class _Newest:
    revision: int
    content: str  # as JSON; empty: of a release that did not keep it

    @property
    def products(self) -> frozenset[str]:
        """Return the products it names, in compared form."""
        return frozenset(normal(each["product"]) for each in orjson.loads(self.content or "{}").get("products", ()))


async def _kept(connection: AsyncConnection, id_: str, revision: int) -> Any | None:
    """The digest and the answer of a revision that was published."""
    r = notice_revision.c
    first = select(notice.c.digest, notice.c.answer).where(notice.c.id == id_)
    later = select(r.digest, r.answer).where(r.notice == id_, r.revision == revision)
    return (await connection.execute(first if revision == 1 else later)).first()


async def _keep(connection: AsyncConnection, found: NoticeData, digest: str, now: datetime, answer: bytes) -> bool:
    """Store a revision; False when another request has just stored one of the same number."""
    kept = {"digest": digest, "received_at": now, "answer": answer.decode(), "content": found.model_dump_json()}
    if found.revision == 1:
        statement = insert_new(connection, notice).returning(notice.c.id)
        inserted = await connection.execute(statement, [{"id": found.id, **kept}])
    else:
        statement = insert_new(connection, notice_revision).returning(notice_revision.c.notice)
        inserted = await connection.execute(statement, [{"notice": found.id, "revision": found.revision, **kept}])
    return inserted.scalar_one_or_none() is not None


def _same(found: NoticeData, digest: str, kept: Any) -> bytes:
    """The answer that a revision got. Raises Problem 409 if it was published with another content."""
    if kept.digest != digest:
        detail = (
            f"The notice {found.id} was published before with another content; to change it, send a higher "
            f"`revision` than {found.revision}, else choose another id."
        )
        raise Problem(409, "notice-exists", "The id is taken", detail)
    answer: str = kept.answer
    return answer.encode()


def _id_in(written: Mapping[str, Any]) -> str:
    """The id as it is written; empty where it cannot be one, which the validation says later."""
    id_ = written.get("id")
    return id_.strip() if isinstance(id_, str) and writable(id_) and len(id_) <= 2 * NOTICE else ""


_CARRIED = ("title", "text", "severity", "cause", "link", "products")


def _completed(written: Mapping[str, Any], newest: _Newest | None) -> Mapping[str, Any]:
    """What a withdrawal does not repeat is as in the revision before it."""
    if written.get("withdrawn") is not True or newest is None or not newest.content:
        return written
    before: dict[str, Any] = orjson.loads(newest.content)
    return {name: before[name] for name in _CARRIED} | dict(written)


@dataclass(frozen=True, slots=True)
class NoticeReach:
    """How many contracts and people a notice of a critical fix reaches."""

    contracts: int
    """The number of contracts in force that have an affected version and are entitled to the notice."""
    people: int
    """The number of people of these contracts who want notices."""
    unknown: Mapping[str, str]
    """Products of the notice that no contract names -> a hint what the publisher may have meant."""
    not_entitled: int = 0
    """The number of contracts with an affected version whose plans do not entitle them to the notice."""
    registration: int = 0
    """For how many of `contracts` people must register first. The notifier service knows these people."""
    withdrawn: bool = False
    """Whether the notice is withdrawn."""

    @property
    def remark(self) -> str:
        """Return what the publisher should check: the notice reaches nobody, or names products that no customer has.

        The result is "" if the notice is withdrawn. It is "" too if every product is known and the notice reaches
        somebody, or may reach people who have registered.
        """
        if self.withdrawn:
            return ""
        said = [] if self.reaches else [f"This notice reaches nobody: {self._why_nobody}."]
        if self.unknown:
            names = "; ".join(f"{name!r} ({hint})" if hint else repr(name) for name, hint in self.unknown.items())
            said.append(f"No contract names these products, so that nobody hears of them: {names}.")
        return " ".join(said)

    @property
    def reaches(self) -> bool:
        """Return whether the notice reaches somebody, or may reach people who have registered."""
        return bool(self.people or self.registration)

    @property
    def _why_nobody(self) -> str:
        if self.contracts:
            return "the contracts concerned have nobody who hears of fixes: give their people `notices: true`"
        if self.not_entitled:
            return "the plans of the contracts concerned entitle to no such notice: check its severity and its cause"
        return "no contract in force runs an affected version: check the products and versions against `environment`"

    def as_json(self) -> dict[str, Any]:
        """Return how many contracts and people a notice reaches, as a JSON object.

        It always has `contracts` and `people`. The keys `not_entitled`, `registration`, `unknown_products` and `remark`
        are left out if there is nothing to report under them.
        """
        told: dict[str, Any] = {"contracts": self.contracts, "people": self.people}
        if self.not_entitled:
            told["not_entitled"] = self.not_entitled
        if self.registration:
            told["registration"] = self.registration
        if self.unknown:
            told["unknown_products"] = list(self.unknown)
        return told | ({"remark": self.remark} if self.remark else {})


def reach_of(found: NoticeData, rulebook: Rulebook, at: datetime) -> NoticeReach:
    """Return how many contracts and people a notice of a critical fix reaches at the instant `at`.

    Args:
        found: The notice.
        rulebook: The plans and contracts.
    """
    asked = notice_of(found)
    affected = affected_contracts(asked, rulebook, at)
    contracts = [contract for contract in affected if notice_terms(asked, contract, rulebook).entitled]
    people = sum(len(entitled_people(contract, at)) for contract in contracts)
    known = known_products(rulebook)
    strange = (each.product for each in found.products if normal(each.product) not in known)
    unknown = {name: did_you_mean(name, known.values()) for name in strange}
    registration = sum(asks_registration(rulebook, contract) for contract in contracts)
    not_entitled = len(affected) - len(contracts)
    return NoticeReach(len(contracts), people, unknown, not_entitled, registration, found.withdrawn)


def _refuse_unknown(found: NoticeData, newest: _Newest | None, rulebook: Rulebook) -> None:
    """Raises Problem 422 where products that no contract names are a slip.

    They are one when the notice names no other: for whom should it be? And when a revision names them in place of one
    that the revision before it named: whoever was told because of that one would hear that it concerns them no longer.
    """
    known = known_products(rulebook)
    before = frozenset[str]() if newest is None else newest.products
    named = {normal(each.product) for each in found.products}
    strange = named - known.keys() - before
    dropped = sorted(known[name] for name in (before - named) & known.keys())
    if not strange or (strange != named and not dropped):
        return
    errors = []
    for index, each in enumerate(found.products):
        if normal(each.product) not in strange:
            continue
        hint = did_you_mean(each.product, known.values()) or "see `environment` of the contracts"
        detail = f"no contract has a product {each.product!r}: {hint}"
        if dropped:
            detail += (
                f"; who was told because of {', '.join(dropped)} would hear that the notice concerns them no longer. "
                "If that is meant, publish a revision without this product, or withdraw the notice"
            )
        errors.append({"pointer": f"/products/{index}/product", "detail": detail})
    raise _unfit(errors)


class ProductIn(AffectedProduct):
    """A product and its affected versions in a posted notice."""

    product: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), LINE]
    """The product's name, 1 to 200 characters on one line."""
    versions: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200), LINE] = ""
    """A range such as `>=2.0 <2.4.1`, at most 200 characters on one line. "" means every version."""


class NoticeIn(NoticeData):
    """The body of a posted notice of a critical fix."""

    id: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=NOTICE), LINE]
    """The notice's id, given by the publisher."""
    link: Annotated[str, StringConstraints(strip_whitespace=True, max_length=2_000), LINE] = ""
    """A URL with more information. "" without a URL."""
    products: tuple[ProductIn, ...] = Field(min_length=1, max_length=200)
    """The affected products, at most 200."""
    reason: Annotated[str, StringConstraints(strip_whitespace=True, max_length=500), LINE] = ""
    """Why the notice was changed or withdrawn."""
    published_at: InstantIn
    """When the notice was published. If absent, the time of the request is used."""
    published_by: Annotated[str, StringConstraints(strip_whitespace=True, max_length=PERSON), LINE] = ""
    """Who published the notice. If absent, the API key's id is used."""


def notice_schema() -> dict[str, Any]:
    """Return the JSON Schema of the body of `POST /v1/notices`, without references to other schemas."""
    schema = NoticeIn.model_json_schema()
    products = schema["properties"]["products"]
    products["items"] = schema.pop("$defs")["ProductIn"]
    products["items"]["properties"]["versions"]["description"] = f"Which versions are concerned: {GRAMMAR}; empty: all"
    schema["required"].remove("published_at")
    schema["additionalProperties"] = products["items"]["additionalProperties"] = False
    schema["title"] = "Notice"
    schema["description"] = (
        "A critical fix. The id is the publisher's: the same id is the same notice. A higher `revision` changes it; "
        "with `withdrawn` and a `reason` it does not hold any more, and needs no other field but `id` and `revision`."
    )
    schema["examples"] = [
        {
            "id": "SEC-2026-07",
            "title": "Orders are lost on restart",
            "text": "Install 4.2.7, or do not restart before.",
            "severity": "critical",
            "link": "https://shop.example/fixes/SEC-2026-07",
            "cause": "data_loss",
            "products": [{"product": "shop", "versions": ">=4.2 <4.2.7 || 4.1.x"}],
        }
    ]
    return schema


ANSWER: dict[str, Any] = {
    "type": "object",
    "required": ["id", "outcome", "published_at", "products", "contracts", "people"],
    "properties": {
        "id": {"type": "string"},
        "revision": {"type": "integer", "description": "1 for a new notice"},
        "outcome": {"enum": ["accepted", "withdrawn"]},
        "published_at": {"type": "string", "format": "date-time"},
        "products": {"type": "array", "items": {"type": "string"}},
        "contracts": {"type": "integer", "description": "contracts in force that run an affected version"},
        "people": {"type": "integer", "description": "their people who hear of critical fixes"},
        "not_entitled": {"type": "integer", "description": "other contracts concerned, whose plans entitle to no such"},
        "registration": {"type": "integer", "description": "those of the contracts whose people must register"},
        "unknown_products": {"type": "array", "items": {"type": "string"}, "description": "no contract names them"},
        "remark": {"type": "string", "description": "when nobody is reached or a product is unknown: what to check"},
    },
}


def _validated(written: Mapping[str, Any], now: datetime, publisher: str) -> NoticeData:
    """Raises Problem 422 with every place that is wrong."""
    given = {**written, **_cleaned(written)}
    if (at := given.get("published_at")) in (None, "", 0) and at is not False:
        given["published_at"] = now.isoformat()
    given.setdefault("published_by", publisher)
    try:
        found = NoticeIn.model_validate_json(orjson.dumps(given))
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
    if found.withdrawn and found.revision == 1:
        places.append({"pointer": "/revision", "detail": "a withdrawal has a higher revision than what it withdraws"})
    if found.withdrawn and not found.reason:
        places.append({"pointer": "/reason", "detail": "a withdrawal says why"})
    if unknown := sorted(set(written) - set(NoticeData.model_fields)):
        places += [{"pointer": pointer((name,)), "detail": "a notice has no such field"} for name in unknown]
    if places:
        raise _unfit(places)
    return found


def _cleaned(written: Mapping[str, Any]) -> dict[str, str]:
    """The prose of it without the control characters that neither a mail header nor a database takes."""
    prose = {name: written.get(name) for name in ("title", "text", "reason")}
    return {name: clean_text(said, MAX_TEXT + 1) for name, said in prose.items() if isinstance(said, str)}


def _unfit(errors: list[dict[str, Any]]) -> Problem:
    return Problem(422, "invalid-input", "The notice does not fit", "See `errors` for each place.", errors=errors)
