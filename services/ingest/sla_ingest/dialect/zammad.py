"""Zammad: webhooks of triggers, whose body is a whole ticket and the article that was written, if one was.

- **Incident**: `ticket.id`.
- **Time**: `article.created_at` of what was said, exact; `ticket.updated_at` of the state. Zammad reads the ticket when
  it sends, so both fit together, and a ticket that was changed twice in between is told once.
- **Staff**: `article.sender` is `Agent`, `Customer` or `System` (a bot); Zammad decides it. `internal` articles are not
  seen by the customer. `roles` of the author are groups.
- **State**: nothing says what was changed. Each body shows the whole ticket: it opens one that is not known, and what
  it shows otherwise than the last one mends the incident.
- **Redelivery**: equal bodies are one delivery. A retry is written anew: it may tell the same article of a later state.
- **Unknown**: who changed the state, into which ticket one was merged, and for whom a pending ticket waits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sla_catalogue.source import Lookup, Source, TicketPhase
from sla_domain.event import TimeQuality
from sla_ingest.dialect.document import translate_object
from sla_ingest.dialect.port import (
    Delivery,
    DoesNotFit,
    EventDraft,
    Ignored,
    IgnoredBecause,
    Outcome,
    RemarkNote,
    Translation,
)
from sla_ingest.dialect.read import (
    MAX_DESCRIPTION,
    Node,
    array_at,
    claimed_time,
    clean_text,
    identifier_text,
    name_text,
    object_at,
    text_at,
)
from sla_ingest.dialect.speaker import AccountDetails, Speaker, mail_domain, side_of
from sla_ingest.dialect.ticket import Ticket, meaning_of, plan_priority, with_lookups

USUAL_STATES: Mapping[str, TicketPhase] = {
    "new": TicketPhase.OPEN,
    "open": TicketPhase.IN_PROGRESS,
    "pending reminder": TicketPhase.WAITING_OTHER,
    "pending close": TicketPhase.WAITING_OTHER,
    "closed": TicketPhase.RESOLVED,
    "merged": TicketPhase.CANCELLED,
    "removed": TicketPhase.CANCELLED,
}
"""Zammad's own states. A closed ticket is opened again by a follow-up, so closing it resolves."""
_USUAL_CUSTOMER = Lookup(field="ticket.organization.name")
_USUAL_PRODUCT = Lookup(field="ticket.group.name")
_NOBODY = "1"  # the system's own user, who owns what is given to nobody


@dataclass(frozen=True, slots=True)
class ZammadDelivery:
    """A webhook of a Zammad trigger, with its parsed JSON body."""

    source: Source
    """The settings of the sender."""
    payload: Node
    """The body."""

    @property
    def ticket(self) -> Node:
        """Return the ticket in its state when the body was written."""
        return object_at(self.payload, "ticket")

    @property
    def article(self) -> Node:
        """Return the article that was written; an empty object if none was."""
        return object_at(self.payload, "article")

    @property
    def first(self) -> bool:
        """Return whether the article is the ticket's first."""
        numbers = [one for one in array_at(self.ticket, "article_ids") if isinstance(one, int)]
        return self.article.get("id") == min(numbers) if numbers else self.ticket.get("article_count") == 1


def translate(delivery: Delivery, source: Source) -> Translation:
    """Translate a webhook of a Zammad trigger into events of an incident.

    If there is no event, the result says why: the delivery is ignored (nothing to do) or refused (cannot be read).

    Args:
        source: The settings of the sender.
    """
    return translate_object(delivery, lambda payload, id_: _outcome(delivery, source, payload, id_))


def _outcome(delivery: Delivery, source: Source, payload: Node, id_: str) -> Outcome:
    case = ZammadDelivery(source, payload)
    if not case.ticket or "article" not in payload:
        raise DoesNotFit("the default body of Zammad's webhooks is expected here: ticket and article", "/ticket")
    own = identifier_text(case.ticket.get("id"))
    if not own:
        raise DoesNotFit("the ticket has no id", "/ticket/id")
    if not name_text(case.ticket.get("state")):
        raise DoesNotFit("the ticket has no state", "/ticket/state")
    ticket = _ticket(case)
    return ticket.outcome(delivery, own, id_, _found(case, ticket))


# -- the ticket as it stands ------------------------------------------------------------------------------


def _ticket(case: ZammadDelivery) -> Ticket:
    ticket, source = case.ticket, case.source
    state, customer = name_text(ticket.get("state")), object_at(ticket, "customer")
    phase, odd = meaning_of(source, (text_at(ticket, "state_id"), state), USUAL_STATES)
    shown = {
        "key": text_at(ticket, "number"),
        "title": text_at(ticket, "title"),
        "status": state,
        "reporter": _name(customer),
        "reporter_id": _account(customer),
    }
    if case.first:
        shown["description"] = clean_text(case.article.get("body"), MAX_DESCRIPTION)
    if "owner_id" in ticket:
        nobody = text_at(ticket, "owner_id") in ("", _NOBODY)
        shown["assignee"] = "" if nobody else _name(object_at(ticket, "owner"))
    if "priority" in ticket:
        shown["priority"], unknown = _priority(source, ticket)
        odd = (*odd, *unknown)
    at = claimed_time(ticket.get("updated_at"), TimeQuality.OBJECT_UPDATED)
    ends = [claimed_time(ticket.get(name), TimeQuality.EXACT).at for name in ("last_close_at", "close_at")]
    return Ticket(
        source=source,
        at=at,
        attributes=with_lookups(
            shown, source, case.payload, customer=_USUAL_CUSTOMER, product=_USUAL_PRODUCT, whole=("ticket",)
        ),
        phase=phase,
        created=claimed_time(ticket.get("created_at"), TimeQuality.EXACT),
        # Zammad sends when the ticket changes; that it was closed is told at the latest then.
        ended_at=next((end for end in ends if end), at.at),
        remarks=odd,
    )


def _priority(source: Source, ticket: Node) -> tuple[str, tuple[RemarkNote, ...]]:
    """By number, by the name without its number (`2 normal`), by the whole name."""
    name = name_text(ticket.get("priority"))
    return plan_priority(source, text_at(ticket, "priority_id"), name.partition(" ")[2], name)


def _name(person: Node) -> str:
    full = f"{text_at(person, 'firstname')} {text_at(person, 'lastname')}".strip()
    return clean_text(full) or _account(person)


def _account(person: Node) -> str:
    return text_at(person, "email") or text_at(person, "login")


# -- what happened ----------------------------------------------------------------------------------------


def _found(case: ZammadDelivery, ticket: Ticket) -> list[EventDraft] | Ignored:
    if not case.article:
        return ticket.only_shown(Ignored(IgnoredBecause.NOTHING_RELEVANT, "the ticket alone: its state is read"))
    who, name = _who(case)
    if case.first:
        return ticket.opened(who, name)
    if case.article.get("internal") is not False:
        return ticket.only_shown(Ignored(IgnoredBecause.INTERNAL_COMMENT, "an internal article"))
    said = ticket.said(who, name, claimed_time(case.article.get("created_at"), TimeQuality.EXACT))
    if isinstance(said, Ignored):
        return ticket.only_shown(said)
    return [replace(one, remarks=(*one.remarks, *ticket.remarks)) for one in said]


def _who(case: ZammadDelivery) -> tuple[Speaker, str]:
    """The author, or for whom somebody of the staff wrote it down, such as a call: `origin_by` is an account."""
    article = case.article
    author = object_at(article, "created_by")
    kind, origin = name_text(article.get("sender")), text_at(article, "origin_by")
    written_down = bool(origin) and origin not in (text_at(author, "login"), text_at(author, "email"))
    account = origin if written_down else _account(author)
    name = text_at(article, "from").partition(" <")[0].strip('"') or account if written_down else _name(author)
    known = () if written_down else (account, text_at(author, "login"), text_at(article, "created_by_id"))
    roles = [] if written_down else array_at(author, "roles")
    person = AccountDetails(
        names=frozenset(filter(None, (account, *known))),
        shown=name,
        account=account,
        groups=frozenset(role.casefold() for role in roles if isinstance(role, str)),
        domain=mail_domain(account),
        bot=kind == "System",
        customer=kind == "Customer",
        member=kind == "Agent",
    )
    # Who wrote on their own request waits for somebody else, even if they are an agent.
    asked = not written_down and bool(account) and account == _account(object_at(case.ticket, "customer"))
    return side_of(case.source, person, reported=asked), name
