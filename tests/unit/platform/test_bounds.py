"""What doors let in, and what slad composes of it, fits every column that it ends in.

`LONGEST` says of each varchar column how long its longest writer can make it. A column that is not listed fails the
first test: whoever adds one says here what bounds it.
"""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone
from enum import Enum
from typing import get_args
from uuid import uuid4

import pytest
from sqlalchemy import Column, String, Text

from sla_board.contract_api.links import PlanLinkIn
from sla_board.history.filter import STATES
from sla_board.link.store import ID_BYTES
from sla_board.reason.reason import name_and_key as said_by
from sla_catalogue.api_key import KeyScope
from sla_catalogue.duration import LONGEST as LONGEST_SPAN
from sla_catalogue.duration import parse_allowed
from sla_catalogue.source import SourceId
from sla_domain import bounds
from sla_domain.attainment import PromiseVerdict, Standing
from sla_domain.breach_reason import LONGEST_CODE
from sla_domain.clock import ClockState
from sla_domain.contract import Side
from sla_domain.event import EventId, EventKind, IncidentId, WaitingOn
from sla_domain.fact import FactKind
from sla_domain.incident import Phase
from sla_domain.notice_terms import Cause, Severity
from sla_domain.objective import ObjectiveNews, PeriodKind
from sla_domain.plan import WallTime, WarningAt
from sla_domain.published import digest
from sla_domain.report_schedule import ReportKind
from sla_domain.rulebook import joined_version
from sla_domain.target_text import target_text
from sla_domain.tell import Happening
from sla_ingest.dialect.port import (
    MAX_DELIVERY_ID,
    Delivery,
    IgnoredBecause,
    ParkedBecause,
    Refused,
    Translation,
    event_id,
    fitting_id,
)
from sla_ingest.entry import DeliveryResult, entry_of, park_entry
from sla_ingest.name.joining import derived_id
from sla_ingest.name.known import AliasKind
from sla_notifier.acknowledge.acknowledge import name_and_key
from sla_notifier.acknowledge.digest_links import DIGEST
from sla_notifier.acknowledge.links import LINK
from sla_notifier.alert.alert import AlertKind, AlertState, CloseReason, ExpiryReason, fix_alert_id
from sla_notifier.alert.expiring import VIA_API
from sla_notifier.channel.port import Failure
from sla_notifier.channel.registry import KINDS, endpoint_of
from sla_notifier.delivery.identity import delivery_id
from sla_notifier.delivery.policy import UnsentReason
from sla_notifier.delivery.quarantined import SEND
from sla_notifier.delivery.state import DeliveryState, MessageKind
from sla_notifier.escalate.escalator import ESCALATE
from sla_notifier.intake.waiting import DECIDE
from sla_notifier.link_secret import LINKS
from sla_notifier.notice.registered import CONFIRMED, PREFIX
from sla_notifier.notification.conversation import Conversation, conversation_id
from sla_notifier.question.question import QuestionState, question_id
from sla_notifier.registration.store import ENDED, PENDING
from sla_platform.apikey.key import NAME, MadeKey
from sla_platform.audit.act import ActName, ActorKind, AuditActor
from sla_platform.audit.chain import GENESIS
from sla_platform.bus.quarantine import CONSUME, RELAY
from sla_platform.envelope import Topic
from sla_platform.settings import Settings
from sla_platform.store.log import Cursor
from sla_platform.store.quarantine import LONGEST_NAME, QuarantineRow, QuarantineState
from sla_platform.wire.clock import fact_id, fact_type
from sla_platform.wire.contract import KINDS as KINDS_OF_CHANGE
from sla_platform.wire.incident import event_type
from sla_platform.wire.notice import HIGHEST_REVISION
from sla_platform.wire.notice import TYPE as NOTICE_TYPE
from sla_platform.wire.objective import ObjectiveFact, encode_objective_fact
from sla_standalone.cli.operator import operator_name
from sla_standalone.migrations.tables import METADATA
from sla_timer.apply.quarantine import AUDIT, REPLAN, TICK

HUGE = 2**31 - 1  # generations, cycles, rounds, attempts: an integer column
MANY = 10**9  # tellings that were taken back


def longest(values: Iterable[Enum | str]) -> int:
    return max(len(each.value if isinstance(each, Enum) else each) for each in values)


INCIDENT = "i" * bounds.INCIDENT
KEYS = [  # what follows the clock (or incident) in a fact's id
    f"{HUGE}/{WarningAt(before=LONGEST_SPAN).key}~{MANY}", f"{HUGE}/breach~{MANY}",
    *(f"{kind.value.rpartition('.')[2]}/{digest('e')}~{MANY}" for kind in FactKind), f"priority/{digest('e')}",
]  # fmt: skip
CLOCK_FACT = longest(fact_id(uuid4(), INCIDENT, key) for key in KEYS)
FACT = max(CLOCK_FACT, longest(fact_id(None, INCIDENT, key) for key in KEYS))
NOTICE_EVENT = len("notice/") + bounds.NOTICE + len(f"/{HIGHEST_REVISION}")
TOLD_AGAIN = longest(derived_id(EventId("e" * length), IncidentId(INCIDENT)) for length in range(90, 121))
INCIDENT_EVENT = max(len(event_id(SourceId("s" * bounds.SOURCE), "d" * MAX_DELIVERY_ID, HUGE)), TOLD_AGAIN)
_NOW = datetime(2026, 3, 2, tzinfo=UTC)
THREAD = Conversation(id=conversation_id("p", "email:a"), last_at=_NOW).with_storm(_NOW).thread
ALERT_ID = len(fix_alert_id("n", "c"))
DELIVERY = len(delivery_id("o", "p", "a"))
DELIVERY_EVENT = len("delivery/") + DELIVERY + 1 + longest(DeliveryState) + 1 + len(str(HUGE))
ALERT_EVENT = len("alert/") + ALERT_ID + 1 + len(str(HUGE)) + len(f"/level-{HUGE}.{HUGE}")
OCCASION = max(FACT, len(bounds.fitting_id("n" * (NOTICE_EVENT + 1 + bounds.CONTRACT), bounds.EVENT)))
TYPE = longest(
    [*map(event_type, EventKind), *map(fact_type, FactKind), NOTICE_TYPE, "io.slad.delivery.undeliverable.v1"]
)
SHORTEST = {"source": "/slad/notifier"}
FAR = datetime(2200, 1, 1, tzinfo=UTC)
DELIVERED = Delivery(body=b"", headers={}, received_at=FAR)
REFUSED = entry_of(
    SourceId("s"), DELIVERED, Translation("d" * MAX_DELIVERY_ID, Refused(status=422, title="t", detail="d"))
)
PARKED = park_entry(REFUSED, ParkedBecause.MALFORMED, "")
OWNER = next(rule.max_length for rule in Settings.model_fields["instance"].metadata if hasattr(rule, "max_length"))

# What lies in quarantine may be anything: `fit_column` cuts its texts to their columns. The tick writes rows by SQL.
ROW_DIGEST = len(QuarantineRow(part="", position="", headers={}, data=b"").digest)
TIMER_KIND = longest(key.partition("/")[2] for key in KEYS[:2])
TICK_NAMES = [f"timer_timer/{uuid4()}/" + "k" * TIMER_KIND, f"{uuid4()}/{HUGE}/" + "k" * TIMER_KIND]
QUARANTINE = {
    "digest": ROW_DIGEST,
    "part": longest([CONSUME, RELAY, REPLAN, AUDIT, TICK, DECIDE, ESCALATE, SEND]),
    "position": max(LONGEST_NAME, longest(TICK_NAMES)),
    "key": LONGEST_NAME,
    "event": max(LONGEST_NAME, longest(TICK_NAMES)),
    "state": longest(QuarantineState),
}

KEY_ID = MadeKey(
    number=10**18 - 1,
    name="n" * NAME,
    sha256="",
    scopes=frozenset(),
    contract=None,
    expires=None,
    made_at=_NOW,
    made_by="",
).id
ACTORS = [
    AuditActor(ActorKind.PERSON, "p" * bounds.PERSON),
    AuditActor(ActorKind.KEY, "k" * bounds.KEY),
    AuditActor(ActorKind.KEY, KEY_ID),
    AuditActor(ActorKind.OPERATOR, operator_name("u" * 999)),
]
AUDIT_LOG = {
    "actor": longest(map(str, ACTORS)),
    "act": longest(ActName),
    # A longer object is cut by `fit_column`, and hashed as it is kept.
    "object": max(ALERT_ID, DELIVERY, len(endpoint_of("webhook", "c" * bounds.CHANNEL)), bounds.NOTICE, len(KEY_ID)),
    "contract": bounds.CONTRACT,
    **dict.fromkeys(("before", "after", "previous", "hash"), len(GENESIS)),
}

LONGEST_NEWS = ObjectiveFact(
    kind=ObjectiveNews.RECOVERED, contract="c" * bounds.CONTRACT, entitlement="e" * bounds.ENTITLEMENT,
    objective="o" * bounds.OBJECTIVE, percent="90", of="requests", period="2026/27", start=FAR, end=FAR, at=FAR,
    number=MANY,
)  # fmt: skip
# By column, or by `table.column` where tables differ.
LONGEST: dict[str, int] = {
    "incident": bounds.INCIDENT,
    "contract": bounds.CONTRACT,
    "plan": bounds.PLAN,
    "metric": bounds.METRIC,
    "priority": bounds.PRIORITY,
    "decided_priority": bounds.PRIORITY,
    "decided_contract": bounds.CONTRACT,
    "entitlement": bounds.ENTITLEMENT,
    "notice": bounds.NOTICE,
    "type": TYPE,
    "topic": longest(Topic),
    "log": longest(["ingest_log", "timer_log", "notifier_log", "board_log"]),
    "cursor": len(str(Cursor(2**63 - 1, 2**63 - 1))),
    "digest": 64,
    "alert": ALERT_ID,
    "catalogue": len(joined_version("0" * 12, "0" * 12)),
    "phase": longest([*Phase, "canary"]),
    "failure": longest(Failure),
    # events on the logs
    **{f"{service}_log.source": longest(["/slad/ingest", "/slad/timer", "/slad/notifier"])
       for service in ("ingest", "timer", "notifier")},
    **{f"{service}_log.{column}": max(bounds.INCIDENT, bounds.NOTICE)
       for service in ("ingest", "timer", "notifier") for column in ("subject", "key")},
    "board_log.source": len("/slad/board"),
    **{f"board_log.{column}": bounds.CONTRACT for column in ("subject", "key")},
    "board_log.id": len(encode_objective_fact(LONGEST_NEWS).id),
    "ingest_log.id": max(INCIDENT_EVENT, NOTICE_EVENT),
    "timer_log.id": FACT,
    "notifier_log.id": max(DELIVERY_EVENT, ALERT_EVENT),
    "notifier_contract_told.key": len(bounds.fitting_id("n" * 1_000, bounds.EVENT)),
    **{f"{service}_quarantine.{column}": bound
       for service in ("ingest", "timer", "notifier", "board") for column, bound in QUARANTINE.items()},
    **{f"{owner}_audit.{column}": bound
       for owner in ("platform", "ingest", "timer", "notifier", "board") for column, bound in AUDIT_LOG.items()},
    "hash": len(GENESIS),
    "sha256": 64,
    "platform_key.name": NAME,
    "platform_key.scopes": len(" ".join(KeyScope)),
    "platform_key.made_by": longest(map(str, ACTORS)),
    "platform_key.revoked_by": longest(map(str, ACTORS)),
    "timer_quarantine.digest": max(ROW_DIGEST, len(f"tick/{uuid4()}/") + TIMER_KIND),
    # contracts as records; titles and names as they are compared are cut to their columns
    **{f"{service}_contract_record.id": bounds.CONTRACT for service in ("ingest", "timer", "notifier", "board")},
    "ingest_contract_entry.id": bounds.CONTRACT,
    "ingest_contract_entry.title": 300,
    "ingest_contract_change.by": bounds.WHO,
    "ingest_contract_change.what": longest(KINDS_OF_CHANGE),
    "timer_incident.customer_key": bounds.CUSTOMER,
    "timer_pin.version": len(joined_version("0" * 12, "0" * 12)),
    "timer_replan.after": bounds.INCIDENT,
    # ingest
    "ingest_event.id": INCIDENT_EVENT,
    "ingest_alias.kind": longest(AliasKind),
    **{f"{service}_alias.name": bounds.INCIDENT for service in ("ingest", "timer", "board")},
    "ingest_inbox.id": len(REFUSED.id),
    "ingest_heard.source": bounds.SOURCE,
    "ingest_inbox.source": bounds.SOURCE,
    "ingest_inbox.delivery": max(MAX_DELIVERY_ID, len(REFUSED.delivery), len(PARKED.delivery),
                                 len(park_entry(PARKED, ParkedBecause.MALFORMED, "").delivery)),
    "ingest_inbox.outcome": longest(DeliveryResult),
    "ingest_inbox.reason": longest(reason.code for kind in (ParkedBecause, IgnoredBecause) for reason in kind),
    "ingest_notice.id": bounds.NOTICE,
    # timer
    "timer_catalogue.version": 12,
    "timer_event.id": INCIDENT_EVENT,
    "timer_incident.id": bounds.INCIDENT,
    "timer_incident.customer": bounds.CUSTOMER,
    "timer_partition.owner": max(OWNER, len("standalone")),
    "timer_timer.kind": longest(key.partition("/")[2] for key in KEYS[:2]),
    "timer_surplus.id": INCIDENT_EVENT,
    "timer_deferred.id": INCIDENT_EVENT,
    "timer_clock.state": longest(ClockState),
    # notifier
    "notifier_alert.id": ALERT_ID,
    "notifier_alert.kind": longest(AlertKind),
    "notifier_alert.state": longest(AlertState),
    "notifier_alert.occasion": OCCASION,
    "notifier_alert.acknowledged_by": max(bounds.PERSON, len(name_and_key("n" * bounds.WHO, "k" * bounds.KEY))),
    "notifier_alert.acknowledged_via": longest([LINK, DIGEST, VIA_API]),
    "notifier_alert.latest_reason": longest(ExpiryReason),
    "notifier_alert.passed_to": bounds.PERSON,
    "notifier_alert.passed_by": max(bounds.PERSON, len(name_and_key("n" * bounds.WHO, "k" * bounds.KEY))),
    "notifier_alert.close_reason": longest(CloseReason),
    "notifier_attempt.delivery": DELIVERY,
    "notifier_attempt.outcome": longest(["started", "sent", "retry", "rejected", "lost"]),
    "notifier_delivery.id": DELIVERY,
    "notifier_delivery.occasion": OCCASION + len(f"#{HUGE}.{HUGE}"),
    "notifier_delivery.kind": longest(MessageKind),
    "notifier_delivery.person": bounds.PERSON,
    "notifier_delivery.channel": longest(kind.name for kind in KINDS),
    "notifier_delivery.endpoint": len(endpoint_of("webhook", "c" * bounds.CHANNEL)),
    "notifier_delivery.state": longest(DeliveryState),
    "notifier_delivery.reason": longest(UnsentReason),
    "notifier_delivery.lease": 36,
    "notifier_delivery.follows": DELIVERY,
    "notifier_delivery.carried_by": DELIVERY,
    "notifier_conversation.id": len(conversation_id("p", "email:a")),
    "notifier_conversation.thread": len(THREAD),
    "notifier_conversation.digest": DELIVERY,
    "notifier_secret.name": len(LINKS),
    "notifier_rota_override.person": bounds.PERSON,
    "notifier_rota_override.instead_of": bounds.PERSON,
    "notifier_rota_override.by": max(bounds.KEY, len(KEY_ID)),
    "notifier_rota_override.ended_by": max(bounds.KEY, len(KEY_ID)),
    "notifier_endpoint.id": len(endpoint_of("webhook", "c" * bounds.CHANNEL)),
    "notifier_endpoint.state": longest(["active", "disabled"]),
    "notifier_endpoint.changed_by": max(bounds.KEY, len(KEY_ID), len("slad")),
    "notifier_inbox.id": max(FACT, NOTICE_EVENT),
    "notifier_waiting.flow": bounds.CONTRACT,
    "notifier_deadline.clock": 36,
    "notifier_waiting.clock": 36,
    "notifier_waiting.id": max(FACT, NOTICE_EVENT),
    "notifier_waiting.kind": longest(["fact", "notice"]),
    "notifier_notice.id": bounds.NOTICE,
    "notifier_notice_told.person": bounds.PERSON,
    "notifier_notice_told.told_as": bounds.PERSON,
    "notifier_notice_told.occasion": OCCASION + len(f"#{HUGE}.{HUGE}"),
    "notifier_notice_told.kind": longest(MessageKind),
    "notifier_delivery.side": longest(Side),
    "notifier_held.delivery": len(delivery_id("x", "y", "z")),
    "notifier_held.clock": 36,
    "notifier_held.happening": longest(Happening),
    "notifier_held.ended": longest(UnsentReason),
    "notifier_opt_out.person": bounds.PERSON,
    "notifier_question.id": len(question_id("x")),
    "notifier_question.occasion": OCCASION,
    "notifier_question.state": longest(QuestionState),
    "notifier_question.answered_by": bounds.PERSON,
    "notifier_registration.id": 32,
    "notifier_registration.request": 32,
    "notifier_registration.person": len(PREFIX) + 32,
    "notifier_registration.language": bounds.CHOICE,
    "notifier_registration.state": longest([PENDING, CONFIRMED, ENDED]),
    "notifier_registration.requested_by": bounds.KEY,
    "notifier_registration.ended_by": max(bounds.KEY, len(LINK)),
    "notifier_confirmation.of": max(len(PREFIX) + 32, len("contract:") + bounds.CONTRACT),
    "notifier_confirmation.day": len(FAR.date().isoformat()),
    # board
    "board_inbox.id": max(INCIDENT_EVENT, FACT, NOTICE_EVENT, DELIVERY_EVENT, ALERT_EVENT),
    "board_event.id": max(INCIDENT_EVENT, FACT, NOTICE_EVENT, DELIVERY_EVENT, ALERT_EVENT),
    "board_incident.id": bounds.INCIDENT,
    "board_incident.source": bounds.SOURCE,
    "board_clock.zone": longest(zoneinfo.available_timezones()),
    "board_clock.allowed": longest([target_text(WallTime(LONGEST_SPAN - timedelta(seconds=1))),
                                    target_text(parse_allowed("3660 working days"))]),
    "board_clock.state": longest(ClockState),
    "board_clock.warned": len(WarningAt(before=LONGEST_SPAN).key),
    **{f"board_listed{of}.phase": longest(STATES) for of in ("", "_clock", "_count")},
    **{f"board_listed{of}.verdict": longest(PromiseVerdict) for of in ("", "_clock", "_count")},
    "board_listed.zone": longest(zoneinfo.available_timezones()),
    "board_listing.after": bounds.INCIDENT,
    "board_clock.verdict": longest(PromiseVerdict),
    "board_request.verdict": longest(PromiseVerdict),
    **{f"{table}.objective": bounds.OBJECTIVE for table in ("board_objective", "board_amendment")},
    **{f"{table}.period": len("2026/27") for table in ("board_objective", "board_amendment")},
    "board_objective.kind": longest(PeriodKind),
    "board_objective.percent": len("99.9999"),
    "board_objective.standing": longest(Standing),
    "board_objective.told": longest(ObjectiveNews),
    "board_delivery.id": DELIVERY,
    "board_delivery.recipient": bounds.PERSON,
    "board_delivery.channel": longest(kind.name for kind in KINDS),
    "board_delivery.state": longest(DeliveryState),
    "board_alert.id": ALERT_EVENT,
    "board_alert.what": longest(["opened", "acknowledged", "escalated", "closed"]),
    "board_alert.by": max(bounds.PERSON, len(name_and_key("n" * bounds.WHO, "k" * bounds.KEY))),
    "board_breakdown.view": bounds.CONTRACT,
    "board_breakdown.subject": 36,
    "board_breakdown.state": longest(ClockState),
    "board_unfolded.mark": 16,
    "board_pause.waiting_on": longest(WaitingOn),
    "board_pause.verdict": longest(ClockState),
    "board_breach_reason.code": LONGEST_CODE,
    "board_breach_reason.by": len(said_by("n" * bounds.WHO, "k" * bounds.KEY)),
    "board_report.kind": longest(ReportKind),
    "board_report.period": len("2026/27"),
    "board_report.digest": 64,
    "board_report_schedule.schedule": bounds.REPORT,
    "board_report_schedule.period": len("2026/27"),
    "board_report.frozen_by": AUDIT_LOG["actor"],
    "board_plan_link.id": 2 * ID_BYTES,
    "board_plan_link.language": longest(get_args(PlanLinkIn.model_fields["language"].annotation)),
    "board_plan_link.made_by": AUDIT_LOG["actor"],
    "board_plan_link.revoked_by": AUDIT_LOG["actor"],
    "board_notice.id": bounds.NOTICE,
    "board_notice.severity": longest(Severity),
    "board_notice.cause": longest(Cause),
}  # fmt: skip


def varchars() -> list[tuple[str, Column[str]]]:
    return [
        (f"{table.name}.{column.name}", column)
        for metadata in METADATA
        for table in metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, String) and not isinstance(column.type, Text)
    ]


@pytest.mark.parametrize("column", varchars(), ids=lambda each: each[0])
def test_every_column_holds_what_its_longest_writer_writes(column: tuple[str, Column[str]]) -> None:
    name, found = column
    bound = LONGEST.get(name, LONGEST.get(found.name))
    assert bound is not None, f"say in LONGEST what bounds {name}"
    width = found.type.length  # type: ignore[attr-defined]  # `varchars` picks those that have one
    assert width is not None, f"{name} has no length: a text without one is Text"
    assert bound <= width, f"{name} takes {width} characters, its writer makes up to {bound}"


def test_nothing_is_said_of_columns_that_are_no_more() -> None:
    names = {name for name, _ in varchars()} | {column.name for _, column in varchars()}
    assert set(LONGEST) - names == set()


def test_ids_that_are_shortened_stay_their_own_and_the_same() -> None:
    ids = [f"{INCIDENT}{n}/priority/{digest('e')}" for n in range(50)]
    kept = [fact_id(None, id_, "k") for id_ in ids]
    assert len(set(kept)) == 50
    assert kept == [fact_id(None, id_, "k") for id_ in ids]
    assert max(map(len, kept)) == bounds.EVENT
    assert fact_id(None, "desk:1", "k") == "desk:1/k"
    assert len(fitting_id("x" * 10_000)) <= MAX_DELIVERY_ID


@pytest.mark.parametrize(
    ("name", "key", "recorded"),
    [
        ("", "", "somebody"),
        ("Anna", "", "Anna"),
        ("", "ops", "ops"),
        ("Anna", "ops", "Anna (key ops)"),
        ("A" * 109, "read", "A" * 109 + " (key read)"),
        ("A" * 110, "read", "A" * 108 + "… (key read)"),
        ("😀" * 120, "read", "😀" * 108 + "… (key read)"),
    ],
)
def test_who_acknowledged_is_recorded_within_its_column_and_the_key_whole(name: str, key: str, recorded: str) -> None:
    assert name_and_key(name, key) == recorded
    assert len(recorded) <= bounds.WHO


ZONES = [timedelta(hours=hours) for hours in (-14, -12, 0, 12, 14)]


@pytest.mark.parametrize("offset", ZONES, ids=str)
@pytest.mark.parametrize("year", [1, 2, 1969, 2201, 2202, 9998, 9999])
def test_an_instant_beyond_the_horizon_is_seen_as_such_at_every_offset(year: int, offset: timedelta) -> None:
    first = datetime(year, 1, 1, tzinfo=timezone(offset))
    last = datetime(year, 12, 31, 23, 59, 59, 999_999, tzinfo=timezone(offset))
    middle = datetime(year, 7, 1, tzinfo=timezone(offset))
    assert not bounds.within_reach(middle)
    for edge in (first, last):  # never an OverflowError
        assert bounds.within_reach(edge) is (year in (1969, 2201) and bounds.EARLIEST <= edge <= bounds.LATEST)


def test_what_is_in_reach_stays_an_instant_in_every_zone_and_through_every_target() -> None:
    for instant in (bounds.EARLIEST, bounds.LATEST):
        assert bounds.within_reach(instant)
        for name in ("Pacific/Kiritimati", "Etc/GMT+12", "Europe/Warsaw"):
            assert instant.astimezone(zoneinfo.ZoneInfo(name)) == instant
        assert instant + LONGEST_SPAN > instant - LONGEST_SPAN
