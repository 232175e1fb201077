"""Who is meant: people of a contract by role at an instant, and the operators where a contract has nobody. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sla_catalogue import Catalogue, ChannelId, ChannelKind
from sla_catalogue.mailbox import is_mailbox
from sla_domain.contract import Contract, ContractId, Person
from sla_domain.escalation import TellKind
from sla_domain.roles import RoleReason, who_holds
from sla_notifier.alert.chain import Chain, Rung, for_roles
from sla_notifier.delivery.row import endpoint_of, split_address
from sla_notifier.text.words import one_line, spoken
from sla_platform.wire import ClockFact

OPERATORS = "operators"  # the role, in the default contract, of those who hear what has no other ears


@dataclass(frozen=True, slots=True)
class Meant:
    """A person and why it is this one."""

    person: Person
    why: str


def contract_of(catalogue: Catalogue, id_: str) -> Contract:
    """The contract, or the default one for an id that a newer catalogue no longer has."""
    rulebook = catalogue.rulebook
    return rulebook.contracts.get(ContractId(id_)) or rulebook.contracts[rulebook.default_contract]


def title_of(catalogue: Catalogue, id_: str) -> str:
    """What a contract is called: by its title, or by its id when the catalogue no longer has it; never nothing."""
    known = catalogue.rulebook.contracts.get(ContractId(id_))
    return one_line(known.title if known is not None else "") or one_line(id_) or contract_of(catalogue, id_).id


def people_of(catalogue: Catalogue, contract: Contract, names: tuple[str, ...], at: datetime) -> list[Meant]:
    """Holders at that instant of each named role, or the named person; everybody once, in the order of the names."""
    found: dict[str, Meant] = {}
    for name in names:
        for meant in _named(catalogue, contract, name, at):
            found.setdefault(meant.person.id, meant)
    return list(found.values())


def in_their_place(catalogue: Catalogue, names: tuple[str, ...], at: datetime) -> list[Meant]:
    """Who hears it when the contract has nobody: the operators, else the default contract's holders of the roles."""
    default = catalogue.rulebook.contracts[catalogue.rulebook.default_contract]
    found = people_of(catalogue, default, (OPERATORS,), at) or people_of(catalogue, default, names, at)
    return [Meant(meant.person, f"{meant.why}, because the contract names nobody") for meant in found]


def chain_of(catalogue: Catalogue, fact: ClockFact | None, contract: Contract) -> Chain:
    """The policy a fact names, else the plan's, as an alert keeps it; without one, the plan's roles at once."""
    plan = catalogue.rulebook.plan_of(contract)
    name = (fact.escalation if fact is not None else "") or plan.escalation or ""
    policy = catalogue.escalations.get(name)
    if policy is None:
        return for_roles(
            tuple(role.id for role in plan.roles) or tuple(dict.fromkeys(holder.role for holder in contract.roles))
        )
    rungs = tuple(
        Rung(level.after, level.tell, level.channels, pages=level.kind is TellKind.PAGE) for level in policy.levels
    )
    return Chain(policy.id, rungs, policy.pause if policy.repeat else None, policy.repeat)


def usable(catalogue: Catalogue, person: Person, disabled: frozenset[str]) -> tuple[str, ...]:
    """The person's addresses something can be sent to, in the person's order."""
    return tuple(address for address in person.addresses if reachable(catalogue, address, disabled))


def reachable(catalogue: Catalogue, address: str, disabled: frozenset[str]) -> bool:
    """One mailbox, or a webhook channel of the catalogue; and its endpoint is not disabled."""
    channel, rest = split_address(address)
    if endpoint_of(channel, rest) in disabled:
        return False
    if channel == "email":
        return is_mailbox(rest)
    known = catalogue.channels.get(ChannelId(rest))
    return channel == "webhook" and known is not None and known.kind is ChannelKind.WEBHOOK


def _named(catalogue: Catalogue, contract: Contract, name: str, at: datetime) -> Iterator[Meant]:
    """The holders of a role, everybody in it when its hours leave a gap; or the person of that name."""
    answer = who_holds(catalogue.rulebook, contract, name, at)
    gap = f" ({answer.reason.value})" if answer.reason is RoleReason.EVERYBODY else ""
    for person in answer.people:
        yield Meant(person, f"{spoken(name)}{gap}")
    if answer.reason is RoleReason.UNASSIGNED and name in contract.people:
        yield Meant(contract.people[name], "named by the policy")
