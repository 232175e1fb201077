"""The contracts as the board lists them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

from sla_domain.contract import Contract, ContractId
from sla_domain.normal import normal
from sla_domain.plan import written_name
from sla_domain.rulebook import Rulebook

MOST_LISTED = 200
_MOST_READ = 20_000  # recorded contracts that one search looks at


@dataclass(frozen=True, slots=True)
class ContractLink:
    """A contract in the list. `path`: of its support plan."""

    id: str
    title: str
    customers: str
    plan: str

    @property
    def path(self) -> str:
        """Return the path of the page of its support plan."""
        return f"/contracts/{quote(self.id, safe='')}"


def listed_contracts(rulebook: Rulebook, text: str, only: str | None) -> tuple[list[ContractLink], bool]:
    """Return the contracts whose id, title or customers contain `text`, by id, and whether there are more.

    At most 200 are returned. `only`: the one contract that the caller may see; None: all.
    """
    found: list[ContractLink] = []
    for contract in _candidates(rulebook, text, only):
        if text and normal(text) not in normal(" ".join([contract.id, contract.title, *contract.customers])):
            continue
        if len(found) == MOST_LISTED:
            return found, True
        customers = ", ".join(sorted(contract.customers))
        found.append(ContractLink(contract.id, contract.title, customers, written_name(contract.plan)))
    return found, False


def _candidates(rulebook: Rulebook, text: str, only: str | None) -> Iterator[Contract]:
    """Recorded contracts are unpacked one by one: who searches for a customer by the whole name is answered at once."""
    if only is not None:
        contract = rulebook.contracts.get(ContractId(only))
        yield from () if contract is None else (contract,)
        return
    named = [id_ for id_ in rulebook.contracts_of(text) if text]
    seen = set(named)
    for id_ in named:
        contract = rulebook.contracts.get(id_)
        if contract is not None:
            yield contract
    recorded = set() if rulebook.recorded is None else set(rulebook.recorded.ids())
    of_files = sorted({id_ for id_ in _file_ids(rulebook) if id_ not in seen})
    for id_ in (*of_files, *sorted(recorded - seen - set(of_files))[:_MOST_READ]):
        contract = rulebook.contracts.get(id_)
        if contract is not None:
            yield contract


def _file_ids(rulebook: Rulebook) -> Iterator[ContractId]:
    for ids in rulebook.by_customer.values():
        yield from ids
    yield rulebook.default_contract
