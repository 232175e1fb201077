"""Who is notified: people of a contract by role at an instant, else the operators. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sla_catalogue import Catalogue
from sla_domain.contract import Contract, ContractId, Person, Side
from sla_domain.escalation import NO_ESCALATION, TellKind
from sla_domain.explain.text import title_of as text_title
from sla_domain.normal import normal
from sla_domain.plan import PlanId
from sla_domain.rest import rests_until
from sla_domain.roles import LevelDecision, RoleHolding, RoleReason, level_recipients, level_roster
from sla_domain.rulebook import Rulebook
from sla_domain.window import BookedWindow, windows_for
from sla_notifier.alert.chain import EscalationChain, EscalationLevel, chain_for_roles
from sla_notifier.channel.registry import sending_kind, split_address
from sla_notifier.text.content import Phrase
from sla_notifier.text.words import id_as_words, one_line
from sla_platform.wire import ClockFact

OPERATORS = "operators"  # the role, in the default contract, of those who are notified where nobody else is


@dataclass(frozen=True, slots=True)
class ResolvedRecipient:
    """A person to notify, with the reasons why this person is notified."""

    person: Person
    why: tuple[Phrase, ...]
    """The reasons as Phrases, which are put into words in the reader's language."""
    rests_until: datetime | None = None
    """When the person may be disturbed again. None means now."""


def contract_of(catalogue: Catalogue, id_: str) -> Contract:
    """Return the contract with the id `id_`, or the default contract if the catalogue lacks it."""
    rulebook = catalogue.rulebook
    return rulebook.contracts.get(ContractId(id_)) or rulebook.contracts[rulebook.default_contract]


def title_of(catalogue: Catalogue, id_: str) -> str:
    """Return the title of the contract with the id `id_` on one line, never "".

    A contract that has no title, or is not in the catalogue, has its id as title. If `id_` is "", the id of the default
    contract is returned.
    """
    known = catalogue.rulebook.contracts.get(ContractId(id_))
    return one_line(known.title if known is not None else "") or one_line(id_) or contract_of(catalogue, id_).id


def metric_in_words(catalogue: Catalogue, plan: str, metric: str, language: str) -> str:
    """Return the title of a metric on one line; "" only if `metric` is "".

    The title is that of the plan in the given language, or else in English. Without a title, or without the plan in the
    catalogue, the metric's id is returned as words, such as `first response`.

    Args:
        plan: Id of the plan.
        metric: Id of the metric.
        language: A language tag.
    """
    known = catalogue.rulebook.plans.get(PlanId(plan))
    found = None if known is None else next((one for one in known.metrics if one.id == metric), None)
    return one_line("" if found is None else text_title(found.titles, language)) or one_line(id_as_words(metric))


def priority_in_words(catalogue: Catalogue, plan: str, priority: str, language: str) -> str:
    """Return a priority's id with its title, such as `P1 (Critical)`, on one line.

    If the title says no more than the id, the result is the id alone.

    Args:
        plan: Id of the plan.
        priority: Id of the priority.
        language: A language tag.
    """
    known = catalogue.rulebook.plans.get(PlanId(plan))
    found = None if known is None else known.priority(priority)
    title = "" if found is None else text_title(found.titles, language)
    same = normal(title) in ("", normal(priority))
    return one_line(priority if same else f"{priority} ({title})")


def person_name(catalogue: Catalogue, contract: str, person: str) -> str:
    """Return the name of a person of a contract; the id if the contract has no such person.

    Args:
        contract: The contract's id. An unknown id means the default contract.
        person: The person's id.
    """
    found = catalogue.rulebook.person(contract_of(catalogue, contract), person)
    return one_line(found.name if found is not None else person)


Reaches = Callable[[Person], bool]
RoleTitles = Mapping[str, Mapping[str, str]]
"""Titles by language, by the id of the role."""


@dataclass(frozen=True, slots=True)
class ResolvedLevel:
    """The people whom an escalation level notifies now; or until when the level waits, because nobody is on duty."""

    people: tuple[ResolvedRecipient, ...] = ()
    """Whom to notify now. Empty while the level waits."""
    unreachable: tuple[ResolvedRecipient, ...] = ()
    """People on duty without a usable address."""
    until: datetime | None = None
    """When somebody comes on duty, so that the level no longer waits. None means that the level does not wait."""


def resolve_level(
    catalogue: Catalogue,
    contract: Contract,
    names: tuple[str, ...],
    at: datetime,
    notified: Collection[str] = (),
    reaches: Reaches = lambda _: True,
    booked: tuple[BookedWindow, ...] = (),
    first: bool = False,
) -> ResolvedLevel:
    """Return which people an escalation level notifies at `at`, or until when the level waits.

    - Somebody is on duty: the people on duty are notified.
    - Nobody is on duty: the people off duty who are not in `notified` are notified.
    - Nobody is on duty and all are in `notified`: the level waits until the first person comes on duty. If that instant
      is not known, all are notified again.

    If nobody holds the level's roles, the first of these groups that is not empty is used instead: the operators;
    everybody with a role in the contract; the level's roles in the default contract.

    Args:
        names: The level's roles and person ids.
        notified: Ids of people notified before.
        reaches: Returns whether a person can be reached. Unreachable people are left out.
        booked: The booked hours that count for the incident (`booked_for`).
        first: Whether the level is the first of its escalation. Whoever is on duty in the booked hours belongs to it.
    """
    book = catalogue.rulebook
    default = book.contracts[book.default_contract]
    titles = {role.id: role.titles for one in reversed(contract.bought) for role in book.plan_of(one).roles}
    own = level_roster(book, contract, names, at, booked, first)
    lost = tuple(ResolvedRecipient(each.person, _why(each, titles)) for each in own.on_duty if not reaches(each.person))
    level = own.filtered(reaches)
    if not level.empty:
        answer = level_recipients(level, notified)
        return ResolvedLevel(_resolved(answer, titles, at), lost, answer.until)
    any_role = tuple(dict.fromkeys(holder.role for holder in contract.roles))
    others = (
        (default, (OPERATORS,), "nobody_named"),
        (contract, any_role, "nobody_of_level"),
        (default, names, "nobody_named"),
    )
    for where, roles, named in others:
        level = level_roster(book, where, roles, at, booked if where is contract else ()).filtered(reaches)
        if not level.empty:
            answer = level_recipients(level, notified)
            because = Phrase(named if own.empty else "nobody_reached")
            people = tuple(replace(each, why=(*each.why, because)) for each in _resolved(answer, titles, at))
            return ResolvedLevel(people, lost, answer.until)
    return ResolvedLevel((), lost)


def resolve_holders(
    catalogue: Catalogue,
    contract: Contract,
    names: tuple[str, ...],
    at: datetime,
    reaches: Reaches = lambda _: True,
    booked: tuple[BookedWindow, ...] = (),
) -> ResolvedLevel:
    """Return the support's people whom a rule notifies at `at`: the role holders on duty, else all role holders.

    If nobody holds the roles, `people` is empty.

    Args:
        names: The rule's roles and person ids.
        reaches: Returns whether a person can be reached. Unreachable people are in `unreachable`.
        booked: The booked hours that count for the incident (`booked_for`).
    """
    book = catalogue.rulebook
    titles = {role.id: role.titles for one in reversed(contract.bought) for role in book.plan_of(one).roles}
    own = level_roster(book, contract, names, at, booked)
    answer = level_recipients(own.filtered(reaches), ())
    missed = own.on_duty if answer.now else (*own.on_duty, *own.off_duty)
    lost = tuple(ResolvedRecipient(each.person, _why(each, titles)) for each in missed if not reaches(each.person))
    return ResolvedLevel(_resolved(answer, titles, at), lost)


def customer_holders(
    catalogue: Catalogue, contract: Contract, names: tuple[str, ...], at: datetime
) -> tuple[tuple[str, Person], ...]:
    """Return the customer's own people who hold one of these roles at `at`, each once, with the role.

    Args:
        names: Roles, and ids of people. A person who is named by id is returned with this id in place of a role.
    """
    found: dict[str, tuple[str, Person]] = {}
    for name in names:
        held = [holder.person for holder in contract.roles if holder.role == name] or [name]
        for id_ in held:
            person = contract.people.get(id_)
            if person is not None and person.side is Side.CUSTOMER and not person.gone(at, contract.zone):
                found.setdefault(id_, (name, person))
    return tuple(found.values())


def booked_for(contract: Contract, content: object) -> tuple[BookedWindow, ...]:
    """Return the booked windows (extra hours of service) of a contract that count for an incident.

    Args:
        contract: The contract.
        content: What a message is about. The incident is that of a published event (ClockFact). For any other content
            the result is empty.
    """
    if not isinstance(content, ClockFact):
        return ()
    return windows_for(contract.windows, content.priority, content.product)


def role_phrase(contract: Contract, name: str, rulebook: Rulebook) -> Phrase:
    """Return the reason "holds the role <title>", which tells a person why the message was sent.

    The title is that of the role in the plans of the contract.

    Args:
        name: The id of the role.
    """
    titles = {role.id: role.titles for one in reversed(contract.bought) for role in rulebook.plan_of(one).roles}
    return Phrase("role", {"role": {"": id_as_words(name), **titles.get(name, {})}})


def chain_of(catalogue: Catalogue, fact: ClockFact | None, contract: Contract) -> EscalationChain:
    """Return the escalation for a fact: which roles and people are notified, after which delays.

    A fact is a published event about an incident, or about the clock of one of its targets. The escalation follows the
    policy that the fact names, or else the policy of the contract's plan.

    - Policy `none`: the operators are only informed, at once.
    - No policy, or a policy that the catalogue lacks: the plan's roles are paged at once. If the plan has no roles, the
      contract's roles are paged.

    Args:
        fact: The fact. None for a critical fix.
    """
    plan = catalogue.rulebook.plan_of(contract)
    name = (fact.escalation if fact is not None else "") or plan.escalation or ""
    if name == NO_ESCALATION:
        return EscalationChain(NO_ESCALATION, (EscalationLevel(timedelta(), (OPERATORS,), pages=False),))
    policy = catalogue.escalations.get(name)
    if policy is None:
        return chain_for_roles(
            tuple(role.id for role in plan.roles) or tuple(dict.fromkeys(holder.role for holder in contract.roles))
        )
    levels = tuple(
        EscalationLevel(level.after, level.tell, level.channels, pages=level.kind is TellKind.PAGE)
        for level in policy.levels
    )
    repeat = policy.pause if policy.repeat else None
    return EscalationChain(policy.id, levels, repeat, policy.repeat, policy.acknowledgement)


def usable_addresses(catalogue: Catalogue, person: Person, disabled: frozenset[str]) -> tuple[str, ...]:
    """Return the addresses of a person to which messages can be sent now, in the person's order.

    Args:
        disabled: Ids of the disabled endpoints (mail server, webhooks).
    """
    return tuple(address for address in person.addresses if is_reachable(catalogue, address, disabled))


def is_reachable(catalogue: Catalogue, address: str, disabled: frozenset[str]) -> bool:
    """Return whether messages can be sent now to an address such as `email:a@b`.

    The result is True if the kind of channel exists and can send to the address, and the endpoint (mail server or
    webhook) of the address is not in `disabled`.
    """
    name, rest = split_address(address)
    kind = sending_kind(name)
    return kind is not None and kind.endpoint(rest) not in disabled and kind.reaches(catalogue, rest)


def _resolved(answer: LevelDecision, titles: RoleTitles, at: datetime) -> tuple[ResolvedRecipient, ...]:
    return tuple(ResolvedRecipient(each.person, _why(each, titles), rests_until(each, at)) for each in answer.now)


def _why(holding: RoleHolding, titles: RoleTitles) -> tuple[Phrase, ...]:
    role = Phrase("role", {"role": {"": id_as_words(holding.name), **titles.get(holding.name, {})}})
    match holding.reason:
        case RoleReason.NAMED:
            return (Phrase("named"),)
        case RoleReason.ON_CALL:
            return (role, Phrase("on_call"))
        case RoleReason.BOOKED:
            return (Phrase("booked"),)
        case RoleReason.EVERYBODY:
            return (role, Phrase("everybody"))
        case _:
            return (role,)
