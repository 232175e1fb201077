"""Stage 1, route: from an occasion to one notification for each person it concerns, with an address. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import assert_never

from sla_catalogue import ChannelId
from sla_domain.contract import Contract, Person
from sla_domain.notice import entitled
from sla_notifier.alert.occasion import Entitled, Level, Paged
from sla_notifier.channel.registry import sending_kind
from sla_notifier.delivery.state import State
from sla_notifier.delivery.verdict import Reason
from sla_notifier.telling.directory import Meant, contract_of, level_of, reachable, usable
from sla_notifier.telling.notification import Notification, Recipient
from sla_notifier.telling.surroundings import Surroundings


def route(around: Surroundings, notifications: tuple[Notification, ...]) -> tuple[Notification, ...]:
    """Whoever is found is told; where nobody is found, a row says so, failed and visible."""
    told = _by_episode(around)
    return tuple(routed for notification in notifications for routed in _routed(around, notification, told))


_Told = Mapping[tuple[str, int], Collection[str]]
"""Who has been paged, by alert and episode."""


def _by_episode(around: Surroundings) -> _Told:
    found: dict[tuple[str, int], set[str]] = {}
    for (alert, episode, _), person in around.told:
        found.setdefault((alert, episode), set()).add(person)
    return found


def _routed(around: Surroundings, notification: Notification, told: _Told) -> Iterator[Notification]:
    occasion = notification.occasion
    seen: set[tuple[str, str]] = set()
    for audience in occasion.audience:
        match audience:
            case Level():
                found = _by_role(around, notification, audience, told.get((occasion.alert, occasion.episode), ()))
            case Entitled():
                found = _entitled(around, notification)
            case Paged():
                found = _paged(around, notification)
            case _:
                assert_never(audience)
        for each in found:
            key = (each.recipient.person, each.recipient.address) if each.recipient else ("", "")
            if key not in seen:
                seen.add(key)
                yield each


def _by_role(
    around: Surroundings, notification: Notification, audience: Level, told: Collection[str]
) -> Iterator[Notification]:
    contract = contract_of(around.catalogue, notification.occasion.contract)

    def reaches(person: Person) -> bool:
        return bool(_firsts(around, person, audience.channels))

    level = level_of(around.catalogue, contract, audience.tell, around.now, told, reaches)
    if level.until is not None:  # the escalator lets reminders wait; what comes as far as this is told
        level = level_of(around.catalogue, contract, audience.tell, around.now, (), reaches)
    why = f"level {audience.level}, "
    for meant in (*level.people, *level.unreachable):
        yield from _addressed(around, notification, replace(meant, why=why + meant.why), audience.channels)
    if not level.people and not level.unreachable:
        yield _to_nobody(notification, audience.tell, contract)


def _entitled(around: Surroundings, notification: Notification) -> Iterator[Notification]:
    contract = contract_of(around.catalogue, notification.occasion.contract)
    found = [Meant(person, "critical fixes") for person in entitled(contract)]
    found = found or list(level_of(around.catalogue, contract, (), around.now).people)
    for meant in found:
        yield from _addressed(around, notification, meant, ())
    if not found:
        yield _to_nobody(notification, ("notices",), contract)


def _paged(around: Surroundings, notification: Notification) -> Iterator[Notification]:
    occasion = notification.occasion
    contract = contract_of(around.catalogue, occasion.contract)
    for paged in around.paged.get((occasion.alert, occasion.episode), ()):
        person = contract.people.get(paged.person)
        others = usable(around.catalogue, person, around.disabled) if person is not None else ()
        recipient = Recipient(
            paged.person,
            person.language if person is not None else "en",
            paged.address,
            tuple(address for address in others if address != paged.address),
            "you were paged",
        )
        yield replace(notification, recipient=recipient, follows=paged.follows)


def _addressed(
    around: Surroundings, notification: Notification, meant: Meant, channels: tuple[str, ...]
) -> Iterator[Notification]:
    """By the channels the level names; otherwise, and where none of them leads anywhere, by the person's own order."""
    person = meant.person
    own = usable(around.catalogue, person, around.disabled)
    firsts = _firsts(around, person, channels)
    for first in firsts:
        then = tuple(address for address in own if address not in firsts)
        recipient = Recipient(person.id, person.language, first, then, meant.why)
        yield replace(notification, recipient=recipient)
    if not firsts:
        yield replace(
            notification,
            recipient=Recipient(person.id, person.language, "", (), meant.why),
            state=State.UNDELIVERABLE,
            reason=Reason.NO_ADDRESS,
        )


def _firsts(around: Surroundings, person: Person, channels: tuple[str, ...]) -> tuple[str, ...]:
    return _by_channel(around, person, channels) or usable(around.catalogue, person, around.disabled)[:1]


def _by_channel(around: Surroundings, person: Person, channels: tuple[str, ...]) -> tuple[str, ...]:
    """One address for each channel of a level: the person's own of that kind, or the entry of the catalogue."""
    found: list[str] = []
    for channel in channels:
        wanted = _addresses(around, person, channel)
        found.extend([address for address in wanted if reachable(around.catalogue, address, around.disabled)][:1])
    return tuple(dict.fromkeys(found))


def _addresses(around: Surroundings, person: Person, channel: str) -> tuple[str, ...]:
    kind = sending_kind(channel)
    if kind is not None and kind.personal:
        return tuple(address for address in person.addresses if address.startswith(f"{kind.name}:"))
    entry = around.catalogue.channels.get(ChannelId(channel))
    return () if entry is None else (f"{entry.kind}:{channel}",)


def _to_nobody(notification: Notification, names: tuple[str, ...], contract: Contract) -> Notification:
    why = f"{contract.id}: nobody for {', '.join(names) or 'anything'}"
    return replace(
        notification, recipient=Recipient("", "en", "", (), why), state=State.UNDELIVERABLE, reason=Reason.NOBODY
    )
