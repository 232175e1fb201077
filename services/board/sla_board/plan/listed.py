"""The contracts as the board lists them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

from sla_domain.contract import ContractId
from sla_domain.normal import normal
from sla_domain.plan import written_name
from sla_domain.rulebook import Rulebook
from sla_platform.turn import LoopYielder

MOST_LISTED = 200
_MOST_READ = 20_000  # recorded contracts that one search looks at


@dataclass(frozen=True, slots=True)
class ContractLink:
    """A contract in the board's list of contracts."""

    id: str
    title: str
    customers: str
    """The names of the customers, separated by commas."""
    plan: str
    """The plan's name in the catalogue."""

    @property
    def path(self) -> str:
        """Return the path of the page with the contract's support plan, such as `/contracts/acme`."""
        return contract_path(self.id)


def contract_path(contract: str) -> str:
    """Return the path of a contract's support plan, such as `/contracts/acme`, with the id escaped."""
    return f"/contracts/{quote(contract, safe='')}"


async def listed_contracts(rulebook: Rulebook, text: str, only: str | None) -> tuple[list[ContractLink], bool]:
    """Return the contracts whose id, title or customers contain `text`, and whether there may be more.

    First come the contracts whose id or customer equals `text`. Then come the contracts in the catalogue's files, and
    last the contracts created over the API, both sorted by id. At most 200 contracts are returned. At most 20,000
    contracts created over the API are searched.

    Args:
        only: The only contract that the caller may see. None means all contracts.
    """
    ids, more = _candidates(rulebook, text, only)
    found: list[ContractLink] = []
    wanted, turn = normal(text), LoopYielder()
    for id_ in ids:
        await turn.yield_if_due()
        contract = rulebook.contracts.get(id_)
        if contract is None or wanted not in normal(" ".join([contract.id, contract.title, *contract.customers])):
            continue
        if len(found) == MOST_LISTED:
            return found, True
        customers = ", ".join(sorted(contract.customers))
        found.append(ContractLink(contract.id, contract.title, customers, written_name(contract.plan)))
    return found, more


def _candidates(rulebook: Rulebook, text: str, only: str | None) -> tuple[list[ContractId], bool]:
    """The contracts to look at, and whether there are others: each recorded one is unpacked for it."""
    if only is not None:
        return [ContractId(only)], False
    named = [ContractId(text), *rulebook.contracts_of(text)] if text else []
    of_files = sorted({*_file_ids(rulebook)} - {*named})
    recorded = set() if rulebook.recorded is None else {*rulebook.recorded.ids()}
    further = sorted(recorded - {*named, *of_files})
    return [*named, *of_files, *further[:_MOST_READ]], len(further) > _MOST_READ


def _file_ids(rulebook: Rulebook) -> Iterator[ContractId]:
    for ids in rulebook.by_customer.values():
        yield from ids
    yield rulebook.default_contract
