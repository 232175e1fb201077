"""The steps of accepting a request: a webhook of a source, or CloudEvents under an API key. Each ends in the group
commit.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import chain

from sla_catalogue import Catalogue
from sla_catalogue.authentication import Authentication
from sla_catalogue.source import AuthenticationKind, Source, SourceId
from sla_domain.contract import ContractId
from sla_domain.event import NOTHING, EventKind
from sla_domain.normal import normal, normals
from sla_ingest.auth import AuthFailure, DigestBudget, RequestFacts, digest_budget, is_within, verify
from sla_ingest.challenge import answer_challenge, answer_proven
from sla_ingest.commit import GroupCommit, group_by_incident, most_of_one_incident
from sla_ingest.dialect import DIALECTS, EVENTS_DIALECT, DialectAdapter, undescribed_source
from sla_ingest.dialect.port import (
    OWN_HEADERS,
    Accepted,
    Delivery,
    DoesNotFit,
    Ignored,
    ParkedBecause,
    Refused,
    Translation,
    Worked,
    body_id,
)
from sla_ingest.entry import CONTRACT_HEADER, DeliveryResult, InboxEntry, Receipt, entry_of, park_entry
from sla_ingest.issuer import IssuerKeys
from sla_ingest.limit import Budget, RecentBodies
from sla_ingest.metrics import IngestMetrics
from sla_ingest.name import joins
from sla_ingest.pace import MANY, BatchPace
from sla_ingest.settle import with_accepted_time
from sla_ingest.unproven import BadProofCounter
from sla_platform.http.keys import KeyAccess
from sla_platform.http.problem import Problem
from sla_platform.timesource import TimeSource
from sla_platform.turn import LoopYielder

UNKNOWN = "unknown"
_KEYS_ARE_MISSING = frozenset({AuthFailure.NO_KEYS, AuthFailure.UNKNOWN_KEY})
_PROVEN_BY_HEAD = frozenset({AuthenticationKind.TOKEN, AuthenticationKind.BASIC, AuthenticationKind.BEARER})
EVENTS = "events"  # what metrics call sources that no entry of the catalogue describes
CHUNK = 100  # events of a batch that are committed in one go
# Computing a promise costs a fold, and after a large import no one reads them.
MAX_PROMISES = 100


@dataclass(frozen=True, slots=True)
class IntakeResult:
    """The result of a request: receipts (responses) for its deliveries, or the answer to a challenge.

    By a challenge, a sender checks its receiver.
    """

    receipts: tuple[Receipt, ...]
    """A single receipt. For a `batch` there is a receipt for each event, in the same order."""
    batch: bool = False
    challenge: str = ""
    """The text that a sender asks for before it sends deliveries; then there are no receipts. "" for deliveries."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeRules:
    """The limits of what `Intake` accepts."""

    future_tolerance: timedelta
    """How far after its receipt an event may claim to have happened. An event with a later time gets the time of its
    receipt."""
    max_depth: int
    """The greatest depth of nested JSON."""


class Intake:
    """Accepts requests with deliveries: checks the sender's proof, translates the deliveries and commits them.

    Call `webhook` or `events` for a new request, and `again` for a stored delivery.

    Args:
        catalogue: Returns the catalogue in force.
        budget: Limits how many events a source or an API key may send in a minute.
        issuer_keys: The keys by which JWTs are checked.
        unproven: Counts deliveries with a bad proof.
    """

    def __init__(
        self,
        catalogue: Callable[[], Catalogue],
        commit: GroupCommit,
        budget: Budget,
        time_source: TimeSource,
        metrics: IngestMetrics,
        rules: IntakeRules,
        issuer_keys: IssuerKeys,
        unproven: BadProofCounter,
    ) -> None:
        self._catalogue = catalogue
        self._issuer_keys = issuer_keys
        self._unproven = unproven
        self._commit = commit
        self._budget = budget
        self._time_source = time_source
        self._metrics = metrics
        self._rules = rules
        self._work: tuple[Catalogue | None, DigestBudget] = (None, {})
        self._recent = RecentBodies()
        self._pace = BatchPace()

    # -- webhooks

    async def webhook(
        self, name: str, body: bytes, headers: Mapping[str, str], *, known_caller: bool, request: RequestFacts
    ) -> IntakeResult:
        """Accept a request that was posted to the URL of a source, and return its receipts (responses).

        When the call returns, the deliveries are durable. If the request is a challenge, by which the sender checks its
        receiver, the answer to it is returned instead.

        Args:
            name: The source's name in the URL.
            body: The body of the request.
            headers: The headers of the request, by name in lower case.
            known_caller: Whether the caller has an API key. Such a caller may learn which sources exist, so an unknown
                source gives 404.
            request: The request line and addresses.

        Raises:
            StoreBusy: The database fails.
            Problem: HTTP error 401 without valid proof, 404 for an unknown source, 415 for the media type, 429 for too
                many events, 503 if the keys of a token's issuer cannot be fetched, or the error of a refused
                delivery.
            QueueFull: Too many deliveries wait.
        """
        catalogue = self._catalogue()
        source = catalogue.sources.get(SourceId(name))
        how = None if source is None else source.authentication
        found = await self._failure(how, body, headers, catalogue, request)
        if source is None or found is not None:
            why = found or AuthFailure.SOURCE
            self._metrics.refused.labels(UNKNOWN if source is None else source.id, why.name.lower()).inc()
            if source is not None:
                self._unproven.count(source.id, why, self._time_source.now())
            raise no_such_source(name) if source is None and known_caller else not_authentic()
        again = _signed(source) and self._recent.seen(source.id, body)
        spender = f"{source.id}\nagain" if again else source.id
        self._spend(spender, counted_as=source.id)
        asked = answer_proven(source.authentication, body)
        if asked is not None:
            return IntakeResult((), challenge=asked)
        proofs = source.authentication.proof_headers
        delivery = _divided(
            self._delivery(body, {name: value for name, value in headers.items() if name not in proofs}), source
        )
        return await self._take(delivery, DIALECTS[source.dialect], source, spender=spender)

    async def _failure(
        self,
        how: Authentication | None,
        body: bytes,
        headers: Mapping[str, str],
        catalogue: Catalogue,
        request: RequestFacts,
    ) -> AuthFailure | None:
        """Why the proof is rejected, if it is. For keys that may be new, their issuer is asked."""
        work = self._work_of(catalogue)

        def check() -> AuthFailure | None:
            now, known = self._time_source.now(), self._issuer_keys.known
            return verify(how, body, headers, now, work, request=request, issuers=known)

        found = check()
        if how is not None and found in _KEYS_ARE_MISSING and await self._issuer_keys.refresh(how.jwks_url):
            found = check()
        if found is AuthFailure.NO_KEYS:
            raise no_issuer_keys()
        return found

    async def challenge(self, name: str, token: str, request: RequestFacts) -> str | None:
        """Return the answer to a challenge, by which the sender of a source checks its receiver.

        The result is None if the source is unknown or uses no such challenge, or if the request is no valid challenge
        of the source.

        Args:
            name: The source's name in the URL.
            token: The text that the sender wants signed, or returned. "" if there is none.
            request: The method, path and addresses of the request.

        Raises:
            Problem: HTTP error 429 for too many requests.
        """
        source = self._catalogue().sources.get(SourceId(name))
        if source is None:
            return None
        how = source.authentication
        if how.addresses and not is_within(request.address, how.addresses):
            return None
        answer = answer_challenge(how, request.method, token)
        if answer is not None:
            self._spend(f"{source.id}\nchallenge", counted_as=source.id)
        return answer

    def _work_of(self, catalogue: Catalogue) -> DigestBudget:
        """Counted once for each catalogue."""
        known, work = self._work
        if known is not catalogue:
            work = digest_budget(source.authentication for source in catalogue.sources.values())
            self._work = (catalogue, work)
        return work

    # -- /v1/events

    def source_of_secret(self, headers: Mapping[str, str], request: RequestFacts) -> Source | None:
        """Return the source whose token or password is in the headers of a request to `/v1/events`.

        The result is None if there is no such source, if the source may not post there, or if several sources share the
        secret. A source that signs the body is never returned, since the body is not read yet; such a source, and one
        with a JWT or a client certificate, must post to its own URL.
        """
        now = self._time_source.now()
        fitting = [
            source
            for source in self._catalogue().sources.values()
            if DIALECTS[source.dialect].serves_events
            and source.authentication.kind in _PROVEN_BY_HEAD
            and verify(source.authentication, b"", headers, now, request=request) is None
        ]
        return fitting[0] if len(fitting) == 1 else None

    def spend(self, access: KeyAccess) -> None:
        """Count a request that makes one event against the rate limit of its API key.

        Raises:
            Problem: HTTP error 429 if the key is over its limit.
        """
        self._spend(_spender(access), counted_as=EVENTS)

    async def events(self, access: KeyAccess, body: bytes, headers: Mapping[str, str]) -> IntakeResult:
        """Accept CloudEvents that were posted to `/v1/events` under an API key; return their receipts (responses).

        When the call returns, the events are durable.

        Args:
            access: What the key allows. With a key of one contract, the events are stored under the source `key-<key>`,
                and only for customers of that contract.
            body: The body of the request.
            headers: The headers of the request, by name in lower case.

        Raises:
            StoreBusy: The database fails.
            Problem: HTTP error 415 for the media type, 429 for too many events, or the error of a refused delivery.
            QueueFull: Too many deliveries wait.
        """
        key = access.key or EVENTS
        spender = _spender(access)
        self.spend(access)
        delivery = self._delivery(body, headers)
        if access.contract is None:
            return await self._take(delivery, EVENTS_DIALECT, None, spender=spender)
        own = replace(delivery, headers={**headers, CONTRACT_HEADER: access.contract})
        source, contract = undescribed_source(f"key-{key}"), ContractId(access.contract)
        return await self._take(own, EVENTS_DIALECT, source, contract, spender=spender)

    # -- every dialect

    async def _take(
        self,
        delivery: Delivery,
        dialect: DialectAdapter,
        source: Source | None,
        contract: ContractId | None = None,
        *,
        spender: str,
    ) -> IntakeResult:
        """Take in a delivery or a batch. `source` None: each event names its own, and the key is the sender.

        `spender` has spent one event of its budget already.
        """
        who = source.id if source is not None else spender
        signed = source is not None and _signed(source)
        accepted = dialect.bad_media_type(delivery, signed=signed)
        if accepted is not None:
            self._metrics.refused.labels(self._counted_as(source), "media_type").inc()
            raise wrong_media_type(accepted)
        if signed:
            delivery = dialect.by_body(delivery)
        try:
            parts = dialect.parts(delivery, source)
        except DoesNotFit as unfit:
            whole = Translation(body_id(delivery), unfit.refused)
            sender = source.id if source else SourceId(EVENTS)
            return await self._single(entry_of(sender, delivery, whole, counted_as=self._counted_as(source)), who)
        if parts is None:
            # Only a single event is explained to its sender: in a batch all others would wait for that.
            entry = self._entry(delivery, dialect, source, contract)
            return await self._single(replace(entry, by_rule=True) if dialect.answers_rules else entry, who)
        self._spend(spender, len(parts), counted=1, counted_as=self._counted_as(source))
        with self._commit.batch(who, len(parts), sum(len(part.body) for part in parts)):
            return await self._batch(parts, dialect, source, contract, who)

    async def _batch(
        self,
        parts: Sequence[Delivery],
        dialect: DialectAdapter,
        source: Source | None,
        contract: ContractId | None,
        who: str,
    ) -> IntakeResult:
        promises = len(parts) <= MAX_PROMISES
        entries: list[InboxEntry] = []
        begun = time.monotonic()
        turn = LoopYielder()  # a large batch must not hold up the loop: a tick of timers may run on it
        for one in parts:
            entries.append(_kept_whole(self._entry(one, dialect, source, contract, promises=promises)))
            await turn.yield_if_due()
        if most_of_one_incident(entries) <= MANY:
            return await self._commit_batch(entries, who)
        async with self._pace.turn(begun):
            return await self._commit_batch(entries, who)

    async def _commit_batch(self, entries: Sequence[InboxEntry], who: str) -> IntakeResult:
        chunks = group_by_incident(entries, CHUNK)
        slices = [[entries[number] for number in chunk] for chunk in chunks]
        # When one slice fails the sender gets 503 and sends the batch again: the others are duplicates then.
        done = await self._commit.take_slices(slices, who, in_order=any(joins(entry) for entry in entries))
        receipts = dict(zip(chain.from_iterable(chunks), chain.from_iterable(done), strict=True))
        return IntakeResult(tuple(receipts[number] for number in range(len(entries))), batch=True)

    def _entry(
        self,
        delivery: Delivery,
        dialect: DialectAdapter,
        source: Source | None,
        contract: ContractId | None = None,
        *,
        promises: bool = True,
    ) -> InboxEntry:
        """Translate one delivery into the row that is kept of it; one that cannot be read is a refused row."""
        try:
            opened = dialect.open(delivery)
            sender = source or self._named_source(opened.sender)
        except DoesNotFit as unfit:
            refused = Translation(body_id(delivery), unfit.refused)
            name = source.id if source else SourceId(EVENTS)
            return entry_of(name, delivery, refused, counted_as=self._counted_as(source))
        found = opened.translate(sender)
        if contract is not None:
            found = self._confined(found, contract)
        by_body = dialect.id_in_headers and _signed(sender)
        label = self._counted_as(sender)
        final = self._translated(found, delivery.received_at)
        return entry_of(
            sender.id,
            delivery,
            final,
            promises=promises,
            by_body=by_body,
            counted_as=label,
        )

    def _counted_as(self, source: Source | None) -> str:
        """Metrics name the catalogue's sources alone: a sender could make up any number of others."""
        return source.id if source is not None and source.id in self._catalogue().sources else EVENTS

    def _named_source(self, named: Source | None) -> Source:
        """Return the catalogue's source of this name, or `named` itself where the catalogue has none.

        Raises DoesNotFit for the name of a source whose deliveries must come signed to its own address.
        """
        assert named is not None, "a delivery without an address of its own names its source"
        known = self._catalogue().sources.get(named.id)
        if known is None:
            return named
        if not DIALECTS[known.dialect].serves_events:
            raise DoesNotFit(f"{named.id} is a webhook source: its events come signed to its own address", "/source")
        return known

    def _confined(self, found: Translation, contract: ContractId) -> Translation:
        """Only events for the customers of this contract pass; one that names no customer is the contract's."""
        if not isinstance(found.outcome, Accepted):
            return found
        customers = self._catalogue().rulebook.contracts[contract].customers
        events = []
        for one in found.outcome.events:
            event, customer = one.event, one.event.attributes.get("customer", "")
            shown = event.snapshot.attributes.get("customer", "") if event.snapshot is not None else ""
            if any(name and normal(name) not in normals(customers) for name in (customer, shown)):
                detail = "the key is for another customer's contract"
                return Translation(found.delivery, Refused(status=403, title="Not with this key", detail=detail))
            if event.snapshot is not None and not shown:
                rest = {name: value for name, value in event.snapshot.attributes.items() if name != "customer"}
                event = replace(event, snapshot=replace(event.snapshot, attributes=rest))
            if not customer:
                # An empty customer would move the incident to the default contract and its people.
                stated = {name: value for name, value in event.attributes.items() if name != "customer"}
                if event.kind is EventKind.OPENED and customers:
                    stated["customer"] = min(customers)
                event = replace(event, attributes=stated)
            events.append(replace(one, event=event))
        return Translation(found.delivery, Accepted(tuple(events)))

    # -- shared

    def _delivery(self, body: bytes, headers: Mapping[str, str]) -> Delivery:
        return Delivery(
            body=body, headers=headers, received_at=self._time_source.now(), max_depth=self._rules.max_depth
        )

    def _spend(self, who: str, events: int = 1, *, counted: int = 0, counted_as: str = "") -> None:
        try:
            self._budget.spend(who, events, counted=counted)
        except Problem:
            self._metrics.refused.labels(counted_as or who, "rate").inc()
            raise

    async def _single(self, entry: InboxEntry, who: str) -> IntakeResult:
        (receipt,) = await self._commit.take([entry], who)
        if receipt.entry.result is DeliveryResult.REFUSED:
            raise refusal(receipt.entry)
        return IntakeResult((receipt,))

    def _translated(self, found: Translation, received_at: datetime) -> Translation:
        if isinstance(found.outcome, Ignored) and found.outcome.observed is not None:
            seen = with_accepted_time(found.outcome.observed, self._rules.future_tolerance)
            return Translation(found.delivery, replace(found.outcome, observed=seen))
        if isinstance(found.outcome, Worked) and found.outcome.work.end > received_at + self._rules.future_tolerance:
            detail = f"the work ends at {found.outcome.work.end.isoformat()}, which lies ahead"
            return Translation(
                found.delivery, Refused(status=422, title="The input does not fit", detail=detail, pointer="/data/to")
            )
        if not isinstance(found.outcome, Accepted):
            return found
        return Translation(
            found.delivery,
            Accepted(tuple(with_accepted_time(one, self._rules.future_tolerance) for one in found.outcome.events)),
        )

    def reread(self, source: Source, delivery: Delivery) -> Translation:
        """Translate a stored delivery by the settings in `source`, such as a draft of the source that sent it.

        Nothing is stored.
        """
        dialect = DIALECTS[source.dialect]
        if _signed(source):
            delivery = dialect.by_body(replace(_divided(delivery, source), hints=NOTHING))
        try:
            found = dialect.open(delivery).translate(source)
        except DoesNotFit as unfit:
            found = Translation(body_id(delivery), unfit.refused)
        return self._translated(found, delivery.received_at)

    def again(self, source_name: str, delivery: Delivery) -> InboxEntry:
        """Translate a stored delivery again by the catalogue in force; return the new entry without storing it.

        The entry says what becomes of the delivery, and has its events.

        Args:
            source_name: The id of the source that sent the delivery.

        Raises:
            Problem: HTTP error 409 if the catalogue no longer has that source.
        """
        contract = delivery.headers.get(CONTRACT_HEADER)
        source = self._catalogue().sources.get(SourceId(source_name))
        dialect = EVENTS_DIALECT if source is None else DIALECTS[source.dialect]
        if source is not None and _signed(source):
            # A person has looked at it: the unsigned headers no longer contradict the body.
            delivery = dialect.by_body(replace(_divided(delivery, source), hints=NOTHING))
        if dialect.serves_events and dialect.bad_media_type(delivery, signed=False) is not None:
            detail = f"The catalogue has no source {source_name} any more; add it, then replay."
            raise Problem(409, "no-source", "The source is gone", detail)
        sender = source or (None if source_name == EVENTS else undescribed_source(source_name))
        return self._entry(delivery, dialect, sender, ContractId(contract) if contract else None)


def _signed(source: Source) -> bool:
    """Return whether the source's proof covers the body, and headers only as far as the signature includes them."""
    return source.authentication.kind is AuthenticationKind.HMAC


def _divided(delivery: Delivery, source: Source) -> Delivery:
    """The delivery with the headers that its proof covers apart from those that anybody could have written."""
    headers: dict[str, str] = {}
    hints: dict[str, str] = {}
    for name, value in delivery.headers.items():
        covered = name.startswith(OWN_HEADERS) or source.authentication.covers_header(name)  # slad's own come from slad
        (headers if covered else hints)[name] = value
    return replace(delivery, headers=headers, hints=hints)


def _kept_whole(entry: InboxEntry) -> InboxEntry:
    """A batch is answered 202 as a whole, so an event in it that cannot be read is parked instead of refused."""
    if entry.result is not DeliveryResult.REFUSED:
        return entry
    return park_entry(entry, ParkedBecause.MALFORMED, entry.detail)


# -- answers that are not 202 -----------------------------------------------------------------------------


def refusal(entry: InboxEntry) -> Problem:
    """Return the HTTP error for a refused delivery.

    Its `errors` name the faulty place in the delivery, if known.

    Args:
        entry: The delivery. Its `refused` must not be None.
    """
    refused = entry.refused
    assert refused is not None
    places = {
        "pointer": refused.pointer or None,
        "position": refused.position,
        "line": refused.line,
        "column": refused.column,
    }
    place = {name: value for name, value in places.items() if value is not None}
    errors = [{"detail": refused.detail, **place}] if place else []
    slug = {400: "malformed", 403: "contract"}.get(refused.status, "invalid-input")
    return Problem(refused.status, slug, refused.title, refused.detail, errors=errors, extra={"kept_as": entry.id})


def not_authentic() -> Problem:
    """Return the HTTP error 401 for an unproven delivery.

    Its text is the same for an unknown source and for a wrong proof.
    """
    return Problem(
        401,
        "not-authentic",
        "The delivery could not be verified",
        "Either no source has this name, or the proof fits none of its active secrets.",
        # Amazon's topics, for one, send user and secret only when they are asked for them.
        headers={"WWW-Authenticate": 'Basic realm="slad", Signature realm="slad"'},
    )


def no_issuer_keys() -> Problem:
    """Return the HTTP error 503 for a token whose issuer's keys are not known yet and cannot be fetched."""
    return Problem(
        503,
        "issuer-keys",
        "The issuer's keys are not at hand",
        "The keys by which this token is checked could not be fetched. Send it again.",
        headers={"Retry-After": "30"},
    )


def no_such_source(name: str) -> Problem:
    """Return the HTTP error 404 for a source that the catalogue does not have.

    Use it only for callers with an API key, who may learn which sources exist.

    Args:
        name: The source's name.
    """
    return Problem(404, "no-source", "No such source", f"The catalogue has no source {name[:100]!r}.")


def wrong_media_type(accepted: str) -> Problem:
    """Return the HTTP error 415 for a delivery whose Content-Type is not accepted.

    Args:
        accepted: The accepted types, as text.
    """
    return Problem(415, "media-type", "The media type is not read here", f"Content-Type may be: {accepted}.")


def _spender(access: KeyAccess) -> str:
    return f"key:{access.key or EVENTS}"
