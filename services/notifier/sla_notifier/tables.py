"""The notifier's own tables; no other service reads them.

An alert is one per clock (or per critical fix and contract); its steps are the levels still to come. A delivery is one
message to one person by one channel, with its attempts. People stand here by id; only deliveries hold addresses.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from sla_domain import bounds
from sla_platform.audit.tables import audit_tables
from sla_platform.contracts.table import ContractTables, contract_cursor_table
from sla_platform.store.cursor import cursor_table
from sla_platform.store.log import log_table
from sla_platform.store.quarantine import quarantine_table
from sla_platform.store.types import BigId, Instant

metadata = MetaData()

# The service's copy of the contracts' records.
contract_records = ContractTables.of(metadata, "notifier")
contract_cursor = contract_cursor_table(metadata, "notifier")

log = log_table(metadata, "notifier")
cursor = cursor_table(metadata, "notifier")
deadline_cursor = cursor_table(metadata, "notifier_deadline")
audit = audit_tables(metadata, "notifier")
quarantine = quarantine_table(metadata, "notifier")

_EMPTY = text("''")
_ZERO = text("0")

inbox = Table(
    "notifier_inbox",
    metadata,
    Column("id", String(200), primary_key=True),
    Column("at", Instant, nullable=False),
    Index("ix_notifier_inbox_at", "at"),
)

NOT_QUARANTINED = text("error = ''")

# Facts and notices taken in whose turn has not come yet.
waiting = Table(
    "notifier_waiting",
    metadata,
    Column("seq", BigId, primary_key=True, autoincrement=True),
    Column("flow", String(120), nullable=False),  # the contract: each has its turn
    Column("clock", String(64), nullable=False),
    Column("id", String(200), nullable=False),
    Column("at", Instant, nullable=False),
    Column("kind", String(10), nullable=False),  # fact, notice
    Column("said", Text, nullable=False),
    # Set by the previous release for quarantined rows; at the start these are moved to notifier_quarantine.
    Column("error", Text, nullable=False, server_default=_EMPTY),
    Index("ix_notifier_waiting_flow", "flow", "seq", postgresql_where=NOT_QUARANTINED, sqlite_where=NOT_QUARANTINED),
    Index("ix_notifier_waiting_clock", "clock"),
)

alert = Table(
    "notifier_alert",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("kind", String(12), nullable=False),  # clock, fix
    Column("state", String(12), nullable=False),  # open, acknowledged, closed
    Column("contract", String(120), nullable=False),
    Column("incident", String(300), nullable=False, server_default=_EMPTY),
    Column("notice", String(120), nullable=False, server_default=_EMPTY),
    Column("metric", String(60), nullable=False, server_default=_EMPTY),
    Column("generation", Integer, nullable=False, server_default=_ZERO),
    Column("episode", Integer, nullable=False),  # a breach after a taken-back one opens the alert anew
    Column("occasion", String(200), nullable=False),  # the fact or notice that opened this episode
    Column("content", Text, nullable=False),  # the fact or notice itself: later levels are notified of it
    Column("policy", Text, nullable=False),  # the escalation policy as it was at the opening
    Column("opened_at", Instant, nullable=False),
    Column("due_at", Instant),  # the true instant: the breach, or the publication
    Column("round", Integer, nullable=False, server_default=_ZERO),
    Column("level", Integer, nullable=False, server_default=_ZERO),  # the highest level notified in this round
    Column("acknowledged_at", Instant),
    Column("acknowledged_by", String(200), nullable=False, server_default=_EMPTY),
    Column("acknowledged_via", String(12), nullable=False, server_default=_EMPTY),  # link, digest, api
    Column("expires_at", Instant),  # the acknowledgement
    Column("expires_latest", Instant),  # whatever is done on the ticket
    Column("latest_reason", String(12), nullable=False, server_default=_EMPTY),
    Column("expires_left", Float, nullable=False, server_default=_ZERO),  # counted seconds to the next deadline
    Column("expiries", Integer, nullable=False, server_default=_ZERO),  # in this episode
    Column("extra_rounds", Integer, nullable=False, server_default=_ZERO),
    Column("passed_to", String(120), nullable=False, server_default=_EMPTY),  # until somebody acknowledges again
    Column("passed_by", String(200), nullable=False, server_default=_EMPTY),
    Column("closed_at", Instant),
    Column("close_reason", String(30), nullable=False, server_default=_EMPTY),
    Column("weight", Float, nullable=False, server_default=_ZERO),  # of its urgency, without the time
    Index("ix_notifier_alert_state", "state", "opened_at"),
    Index("ix_notifier_alert_incident", "incident"),
    Index(
        "ix_notifier_alert_notice", "notice", postgresql_where=text("notice <> ''"), sqlite_where=text("notice <> ''")
    ),
)

# When the running clocks of incidents are due, as their last facts said. What ended, pauses or is late has no row.
deadline = Table(
    "notifier_deadline",
    metadata,
    Column("clock", String(64), primary_key=True),
    Column("incident", String(300), nullable=False),
    Column("contract", String(120), nullable=False),
    Column("plan", String(120), nullable=False),
    Column("metric", String(60), nullable=False),
    Column("hours", Text, nullable=False),  # in which the clock counts
    Column("due_at", Instant, nullable=False),
    Index("ix_notifier_deadline_incident", "incident"),
)

step = Table(
    "notifier_step",
    metadata,
    Column("alert", String(64), primary_key=True),
    Column("round", Integer, primary_key=True),
    Column("level", Integer, primary_key=True),
    Column("fire_at", Instant, nullable=False),
    Index("ix_notifier_step_due", "fire_at"),
)

TO_SEND = text("state IN ('queued', 'sending', 'retrying') AND carried_by = ''")

delivery = Table(
    "notifier_delivery",
    metadata,
    Column("id", String(64), primary_key=True),  # of (occasion, person, address): unique by construction
    Column("occasion", String(260), nullable=False),
    Column("kind", String(12), nullable=False),
    Column("person", String(120), nullable=False),
    Column("channel", String(12), nullable=False),  # email, webhook; empty when there is none
    Column("address", Text, nullable=False),
    Column("endpoint", String(200), nullable=False),  # what shares one queue: the mail server, a webhook channel
    Column("then", Text, nullable=False, server_default=text("'[]'")),  # further addresses of the person, in order
    Column("alert", String(64), nullable=False, server_default=_EMPTY),
    Column("episode", Integer, nullable=False, server_default=_ZERO),
    Column("round", Integer, nullable=False, server_default=_ZERO),
    Column("level", Integer, nullable=False, server_default=_ZERO),
    Column("incident", String(300), nullable=False, server_default=_EMPTY),
    Column("contract", String(120), nullable=False, server_default=_EMPTY),
    Column("notice", String(120), nullable=False, server_default=_EMPTY),
    Column("why", Text, nullable=False, server_default=_EMPTY),  # why this person
    Column("state", String(14), nullable=False),
    Column("reason", String(40), nullable=False, server_default=_EMPTY),  # of a state other than sent
    Column("attempts", Integer, nullable=False, server_default=_ZERO),
    Column("next_at", Instant, nullable=False),  # when due; while sending: when the lease runs out
    Column("lease", String(64), nullable=False, server_default=_EMPTY),
    Column("possibly_duplicate", Boolean, nullable=False, server_default=text("false")),
    Column("failure", String(30), nullable=False, server_default=_EMPTY),
    Column("error", Text, nullable=False, server_default=_EMPTY),
    Column("follows", String(64), nullable=False, server_default=_EMPTY),  # must be final before this one is sent
    Column("carried_by", String(64), nullable=False, server_default=_EMPTY),  # the digest it is part of
    Column("subject", Text, nullable=False, server_default=_EMPTY),
    Column("text", Text, nullable=False, server_default=_EMPTY),
    Column("html", Text, nullable=False, server_default=_EMPTY),
    Column("payload", Text, nullable=False, server_default=text("'{}'")),
    Column("created_at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False),  # when what it reports became true
    Column("finished_at", Instant),
    Column("side", String(10), nullable=False, server_default=_EMPTY),  # support, customer; empty: of an older release
    Column("turn", Float, nullable=False, server_default=_ZERO),  # the smaller, the sooner: kind, then urgency
    Column("held_since", Instant),  # when it began to wait for the end of the receiver's quiet hours
    Column("held_until", Instant),  # when those end
    Index("ix_notifier_delivery_turn", "endpoint", "turn", "next_at", postgresql_where=TO_SEND, sqlite_where=TO_SEND),
    Index("ix_notifier_delivery_due", "endpoint", "next_at", postgresql_where=TO_SEND, sqlite_where=TO_SEND),
    Index("ix_notifier_delivery_alert", "alert"),
    Index("ix_notifier_delivery_created", "created_at", "id"),
    Index(
        "ix_notifier_delivery_incident",
        "incident",
        "created_at",
        postgresql_where=text("incident <> ''"),
        sqlite_where=text("incident <> ''"),
    ),
    Index(
        "ix_notifier_delivery_notice",
        "notice",
        postgresql_where=text("notice <> ''"),
        sqlite_where=text("notice <> ''"),
    ),
    Index(
        "ix_notifier_delivery_carried",
        "carried_by",
        postgresql_where=text("carried_by <> ''"),
        sqlite_where=text("carried_by <> ''"),
    ),
)

# What deliveries in the state `held` wait for, and what they are put into words from when they leave.
held = Table(
    "notifier_held",
    metadata,
    Column("delivery", String(64), primary_key=True),
    Column("incident", String(300), nullable=False),
    Column("clock", String(64), nullable=False, server_default=_EMPTY),  # of a warning
    Column("happening", String(24), nullable=False, server_default=_EMPTY),  # what a rule tells of
    Column("until", Instant, nullable=False),  # the end of the quiet hours
    Column("needs", Float),  # counted seconds that must then be left; null: no clock has run so far
    Column("look_at", Instant, nullable=False),  # when it is decided anew whether the message waits
    Column("ended", String(40), nullable=False, server_default=_EMPTY),  # why it is needless by now
    Column("request", Text, nullable=False),
    Index("ix_notifier_held_look", "look_at"),
    Index("ix_notifier_held_incident", "incident"),
)

attempt = Table(
    "notifier_attempt",
    metadata,
    Column("delivery", String(64), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("finished_at", Instant),
    Column("outcome", String(12), nullable=False),  # started, sent, retry, rejected, lost
    Column("failure", String(30), nullable=False, server_default=_EMPTY),
    Column("detail", Text, nullable=False, server_default=_EMPTY),
)

# One row for each mailbox that something was sent to (see notification/conversation.py).
conversation = Table(
    "notifier_conversation",
    metadata,
    Column("id", String(64), primary_key=True),  # of (person, address)
    Column("thread", String(64), nullable=False, server_default=_EMPTY),  # the storm's name in the mails' References
    Column("storm", Integer, nullable=False, server_default=_ZERO),  # digests of the storm; 0: peace
    Column("digest", String(64), nullable=False, server_default=_EMPTY),  # the last one
    Column("next_at", Instant),  # when the next one may leave
    Column("paid_until", Instant),  # what messages sent by themselves have used up
    Column("last_at", Instant, nullable=False),
    Index("ix_notifier_conversation_last", "last_at"),
)

# The newest revision of each notice.
notice = Table(
    "notifier_notice",
    metadata,
    Column("id", String(120), primary_key=True),
    Column("revision", Integer, nullable=False),
    Column("content", Text, nullable=False),
    Column("withdrawn", Boolean, nullable=False),
    Column("published_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Index("ix_notifier_notice_changed", "changed_at"),
)

# Who was notified of a notice for which contract, by which message; a row for each contract that the message names.
notice_told = Table(
    "notifier_notice_told",
    metadata,
    Column("notice", String(120), primary_key=True),
    Column("contract", String(120), primary_key=True),
    Column("person", String(120), primary_key=True),
    Column("occasion", String(260), nullable=False),  # of the delivery
    Column("told_as", String(120), nullable=False),  # its person
    Column("kind", String(12), nullable=False),  # of the last message
    Column("revision", Integer, nullable=False),
    Column("staff", Boolean, nullable=False),
    Column("at", Instant, nullable=False),
)

# Registrations for notices of a product under one contract. Rows of one request are confirmed together.
registration = Table(
    "notifier_registration",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("request", String(64), nullable=False),
    Column("contract", String(120), nullable=False),
    Column("product", Text, nullable=False),  # empty: every product of the contract
    Column("product_key", Text, nullable=False),  # in its normal form
    Column("address", Text, nullable=False),
    Column("address_key", Text, nullable=False),
    Column("person", String(120), nullable=False),  # of the address, for deliveries
    Column("language", String(40), nullable=False),
    Column("state", String(10), nullable=False),  # pending, confirmed, ended
    Column("requested_at", Instant, nullable=False),
    Column("requested_by", String(200), nullable=False, server_default=_EMPTY),  # the key; empty: by nobody known
    Column("expires_at", Instant, nullable=False),
    Column("confirmed_at", Instant),
    Column("ended_at", Instant),
    Column("ended_by", String(200), nullable=False, server_default=_EMPTY),  # link, or the key of an administrator
    UniqueConstraint("contract", "address_key", "product_key", name="uq_notifier_registration_what"),
    Index("ix_notifier_registration_request", "request"),
    Index("ix_notifier_registration_person", "person"),
    Index("ix_notifier_registration_address", "address_key"),
)

# How many mails that ask for a confirmation went out on a day (UTC): to an address, or for a contract.
confirmation = Table(
    "notifier_confirmation",
    metadata,
    Column("of", String(130), primary_key=True),  # a person, or `contract:` and its id
    Column("day", String(10), primary_key=True),
    Column("count", Integer, nullable=False),
)

# People of the customer who opted out of messages about incidents of a contract; also those who opted in again.
opt_out = Table(
    "notifier_opt_out",
    metadata,
    Column("contract", String(120), primary_key=True),
    Column("person", String(120), primary_key=True),
    Column("out", Boolean, nullable=False),
    Column("changed_at", Instant, nullable=False),
)

# Questions to the customer's people: whether a lower priority is agreed (see question/question.py).
question = Table(
    "notifier_question",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("occasion", String(260), nullable=False),  # the fact that published the proposal
    Column("incident", String(300), nullable=False),
    Column("contract", String(120), nullable=False),
    Column("content", Text, nullable=False),  # the fact itself
    Column("people", Text, nullable=False),  # ids of those who are asked
    Column("state", String(10), nullable=False),  # open, agreed, declined, gone, expired
    Column("asked_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("reminders", Integer, nullable=False, server_default=_ZERO),
    Column("next_at", Instant),  # the next reminder, or the expiry; null when it is not open
    Column("ended_at", Instant),
    Column("answered_by", String(120), nullable=False, server_default=_EMPTY),
    Index("ix_notifier_question_next", "next_at"),
    Index("ix_notifier_question_incident", "incident"),
)

# Claimed news of contracts: booked hours, allowances that run low (see contract_watch/).
contract_told = Table(
    "notifier_contract_told",
    metadata,
    Column("contract", String(bounds.CONTRACT), primary_key=True),
    Column("key", String(bounds.EVENT), primary_key=True),
    Column("at", Instant, nullable=False),
)

# What is secret and made here, once for all instances (see link_secret.py).
secret = Table(
    "notifier_secret",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("value", Text, nullable=False),
    Column("made_at", Instant, nullable=False),
)

# Overrides of rotas that were made over the API, ended ones too. `changed`: the place of the last act on it in
# notifier_audit, which grows in the order of the commits; `number`: that of the first.
rota_override = Table(
    "notifier_rota_override",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("rota", Text, nullable=False),
    Column("starts_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    Column("person", String(bounds.PERSON), nullable=False),
    Column("instead_of", String(bounds.PERSON)),  # null: whoever it would be
    Column("by", String(200), nullable=False),  # the key
    Column("reason", Text, nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("ended_by", String(200), nullable=False, server_default=_EMPTY),
    Column("changed", BigInteger, nullable=False),
    Index("ix_notifier_rota_override_changed", "changed"),
)

endpoint = Table(
    "notifier_endpoint",
    metadata,
    Column("id", String(200), primary_key=True),
    Column("state", String(10), nullable=False),  # active, disabled
    Column("reason", Text, nullable=False, server_default=_EMPTY),
    Column("changed_at", Instant, nullable=False),
    Column("changed_by", String(200), nullable=False, server_default=_EMPTY),
    Column("rest_until", Instant),  # it asked for patience (Retry-After)
)
