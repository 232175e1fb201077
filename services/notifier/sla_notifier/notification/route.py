"""Stage 1, route: from a request to one notification for each person, with an address. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import assert_never

from sla_catalogue import ChannelId
from sla_domain.contract import Contract, Person, Side
from sla_domain.notice import entitled_people
from sla_notifier.alert.request import (
    EntitledRecipients,
    LevelRecipients,
    PagedRecipients,
    ReportRecipients,
    RoleRecipients,
    TellRecipients,
    ToldRecipients,
)
from sla_notifier.channel.registry import sending_kind
from sla_notifier.delivery.policy import UnsentReason
from sla_notifier.delivery.state import DeliveryState
from sla_notifier.notice.registered import is_registered
from sla_notifier.notification.directory import (
    ResolvedRecipient,
    booked_for,
    contract_of,
    customer_holders,
    is_reachable,
    resolve_holders,
    resolve_level,
    role_phrase,
    usable_addresses,
)
from sla_notifier.notification.notification import Notification, Recipient
from sla_notifier.notification.pipeline_context import PipelineContext
from sla_notifier.text.content import Phrase


def route(context: PipelineContext, notifications: tuple[Notification, ...]) -> tuple[Notification, ...]:
    """Look up the recipients of notifications; return a notification for each person and address.

    An undeliverable notification with the reason is returned for a person without a usable address, and for a request
    for which nobody is found. Nothing is returned for a closing message if nobody was paged, nor for a notice of a
    critical fix if everybody entitled was notified before.

    Args:
        context: The catalogue, the present instant, and who was notified before.
        notifications: A notification for each request, without recipient.
    """
    paged_before = _by_episode(context)
    return tuple(routed for notification in notifications for routed in _routed(context, notification, paged_before))


_PagedBefore = Mapping[tuple[str, int], Collection[str]]
"""Who has been paged, by alert and episode."""


def _by_episode(context: PipelineContext) -> _PagedBefore:
    found: dict[tuple[str, int], set[str]] = {}
    for (alert, episode, _), person in context.paged_in_round:
        found.setdefault((alert, episode), set()).add(person)
    return found


def _routed(context: PipelineContext, notification: Notification, paged_before: _PagedBefore) -> Iterator[Notification]:
    request = notification.request
    seen: set[tuple[str, str]] = set()
    for audience in request.audience:
        match audience:
            case LevelRecipients():
                found = _by_role(
                    context, notification, audience, paged_before.get((request.alert, request.episode), ())
                )
            case RoleRecipients():
                found = _by_roles(context, notification, audience)
            case ReportRecipients():
                found = _of_report(context, notification, audience)
            case TellRecipients():
                found = _of_rules(context, notification, audience)
            case EntitledRecipients():
                found = _entitled(context, notification, audience)
            case ToldRecipients():
                found = _told(context, notification, audience)
            case PagedRecipients():
                found = _paged(context, notification)
            case _:
                assert_never(audience)
        for each in found:
            key = (each.recipient.person, each.recipient.address) if each.recipient else ("", "")
            if key not in seen:
                seen.add(key)
                yield each


def _by_role(
    context: PipelineContext, notification: Notification, audience: LevelRecipients, paged_before: Collection[str]
) -> Iterator[Notification]:
    contract = contract_of(context.catalogue, notification.request.contract)

    def reaches(person: Person) -> bool:
        return bool(_firsts(context, person, audience.channels))

    booked, first = booked_for(contract, notification.request.content), audience.level == 1
    level = resolve_level(context.catalogue, contract, audience.tell, context.now, paged_before, reaches, booked, first)
    if level.until is not None:  # the escalator has put off what waits; the rest is sent
        level = resolve_level(context.catalogue, contract, audience.tell, context.now, (), reaches, booked, first)
    level_name = Phrase("level", {"level": str(audience.level)})
    for meant in (*level.people, *level.unreachable):
        yield from _addressed(context, notification, replace(meant, why=(level_name, *meant.why)), audience.channels)
    if not level.people and not level.unreachable:
        yield _to_nobody(notification, audience.tell, contract)


def _by_roles(context: PipelineContext, notification: Notification, audience: RoleRecipients) -> Iterator[Notification]:
    """Whoever of the roles is on duty; else everybody of them, for there is no later step that would tell them."""
    contract = contract_of(context.catalogue, notification.request.contract)

    def reaches(person: Person) -> bool:
        return bool(_firsts(context, person, ()))

    booked = booked_for(contract, notification.request.content)
    found = resolve_level(context.catalogue, contract, audience.tell, context.now, (), reaches, booked)
    for meant in (*found.people, *found.unreachable):
        yield from _addressed(context, notification, meant, ())
    if not found.people and not found.unreachable:
        yield _to_nobody(notification, audience.tell, contract)


def _of_report(
    context: PipelineContext, notification: Notification, audience: ReportRecipients
) -> Iterator[Notification]:
    """Those of the support as for any notice to roles, and every person of the customer who holds one of them."""
    contract = contract_of(context.catalogue, notification.request.contract)
    theirs = [
        contract.people[holder.person]
        for holder in contract.roles
        if holder.role in audience.tell and holder.person in contract.people
    ]
    customers = dict.fromkeys(
        person.id for person in theirs if person.side is Side.CUSTOMER and not person.gone(context.now, contract.zone)
    )
    ours = [name for name in audience.tell if not _held_by_customers(contract, name)]
    if ours or not customers:
        yield from _by_roles(context, notification, RoleRecipients(tuple(ours or audience.tell)))
    for id_ in customers:
        meant = ResolvedRecipient(contract.people[id_], (Phrase("report"),))
        yield from _addressed(context, notification, meant, ())


def _of_rules(context: PipelineContext, notification: Notification, audience: TellRecipients) -> Iterator[Notification]:
    """Those of the support who hold the roles, and every person of the customer who does, unless it is a page."""
    contract = contract_of(context.catalogue, notification.request.contract)

    def reaches(person: Person) -> bool:
        return bool(_firsts(context, person, ()))

    booked = booked_for(contract, notification.request.content)
    found = resolve_holders(context.catalogue, contract, audience.tell, context.now, reaches, booked)
    for meant in (*found.people, *found.unreachable):
        yield from _addressed(context, notification, meant, ())
    if audience.paged:
        if not found.people:
            yield from _by_roles(context, notification, RoleRecipients(audience.tell))
        return
    for name, person in customer_holders(context.catalogue, contract, audience.tell, context.now):
        why = (Phrase("named") if name == person.id else role_phrase(contract, name, context.catalogue.rulebook),)
        yield from _addressed(context, notification, ResolvedRecipient(person, why), ())


def _held_by_customers(contract: Contract, role: str) -> bool:
    """Whether everybody who holds the role is the customer's, so that the support has nobody to look for."""
    holders = [contract.people.get(one.person) for one in contract.roles if one.role == role]
    return bool(holders) and all(one is not None and one.side is Side.CUSTOMER for one in holders)


def _entitled(
    context: PipelineContext, notification: Notification, audience: EntitledRecipients
) -> Iterator[Notification]:
    contract = contract_of(context.catalogue, notification.request.contract)
    found = [_reader(person) for person in (*entitled_people(contract, context.now), *audience.registered)]
    if not audience.without:
        found = found or list(resolve_level(context.catalogue, contract, (), context.now).people)
    wanted = [meant for meant in found if meant.person.id not in audience.without]
    for meant in wanted:
        yield from _addressed(context, notification, meant, ())
    if not found and not audience.without:
        yield _to_nobody(notification, ("notices",), contract)


def _told(context: PipelineContext, notification: Notification, audience: ToldRecipients) -> Iterator[Notification]:
    for reader in audience.readers:
        for addressed in _addressed(context, notification, _reader(reader.person), ()):
            yield replace(addressed, follows=reader.follows)


def _reader(person: Person) -> ResolvedRecipient:
    return ResolvedRecipient(person, (Phrase("registered" if is_registered(person.id) else "fixes"),))


def _paged(context: PipelineContext, notification: Notification) -> Iterator[Notification]:
    request = notification.request
    contract = contract_of(context.catalogue, request.contract)
    for paged in context.paged.get((request.alert, request.episode), ()):
        person = context.catalogue.rulebook.person(contract, paged.person)
        others = usable_addresses(context.catalogue, person, context.disabled) if person is not None else ()
        side = person.side if person is not None else Side.SUPPORT
        recipient = Recipient(
            paged.person,
            person.language if person is not None else "en",
            paged.address,
            tuple(address for address in others if address != paged.address),
            (Phrase("told_before" if side is Side.CUSTOMER else "paged"),),
            side,
        )
        yield replace(notification, recipient=recipient, follows=paged.follows)


def _addressed(
    context: PipelineContext, notification: Notification, meant: ResolvedRecipient, channels: tuple[str, ...]
) -> Iterator[Notification]:
    """By the channels the level names; otherwise, and where none of them leads anywhere, by the person's own order."""
    person = meant.person
    own = usable_addresses(context.catalogue, person, context.disabled)
    firsts = _firsts(context, person, channels)
    for first in firsts:
        then = tuple(address for address in own if address not in firsts)
        recipient = Recipient(person.id, person.language, first, then, meant.why, person.side, meant.rests_until)
        yield replace(notification, recipient=recipient)
    if not firsts:
        yield replace(
            notification,
            recipient=Recipient(person.id, person.language, "", (), meant.why, person.side),
            state=DeliveryState.UNDELIVERABLE,
            reason=UnsentReason.NO_ADDRESS,
        )


def _firsts(context: PipelineContext, person: Person, channels: tuple[str, ...]) -> tuple[str, ...]:
    return _by_channel(context, person, channels) or usable_addresses(context.catalogue, person, context.disabled)[:1]


def _by_channel(context: PipelineContext, person: Person, channels: tuple[str, ...]) -> tuple[str, ...]:
    """One address for each channel of a level: the person's own of that kind, or the entry of the catalogue."""
    found: list[str] = []
    for channel in channels:
        wanted = _addresses(context, person, channel)
        found.extend([address for address in wanted if is_reachable(context.catalogue, address, context.disabled)][:1])
    return tuple(dict.fromkeys(found))


def _addresses(context: PipelineContext, person: Person, channel: str) -> tuple[str, ...]:
    kind = sending_kind(channel)
    if kind is not None and kind.personal:
        return tuple(address for address in person.addresses if address.startswith(f"{kind.name}:"))
    entry = context.catalogue.channels.get(ChannelId(channel))
    return () if entry is None else (f"{entry.kind}:{channel}",)


def _to_nobody(notification: Notification, names: tuple[str, ...], contract: Contract) -> Notification:
    values = {"contract": contract.id, "names": ", ".join(names)}
    why = (Phrase("nobody" if names else "nobody_at_all", values),)
    return replace(
        notification,
        recipient=Recipient("", "en", "", (), why),
        state=DeliveryState.UNDELIVERABLE,
        reason=UnsentReason.NOBODY,
    )
