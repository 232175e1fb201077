"""The records of a running service as it shows them over HTTP, read when they are asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from sla_domain.contract import ContractId
from sla_domain.normal import normal
from sla_domain.record import ContractRecord, ContractVersion, WindowEntry
from sla_domain.window import BookedWindow
from sla_platform.wire.contract import applies_from, canonical
from sla_standalone.cli.contract.service import API, ContractService, KnownContract, WantedContract


class RemoteRecords:
    """The recorded contracts of a running service, read over HTTP.

    The `wanted` contracts are returned as if they were already written, so that their effect can be shown before they
    are. The class implements `sla_catalogue.recorded.Records`.

    Args:
        service: Reads the contracts of the running service.
        wanted: The contracts that the user wants to write to the service.
        known: The contracts that were already read: id -> contract. None stands for a contract that the service does
            not have. Other contracts are read when they are needed.
        now: The instant from which a wanted contract applies if it names no instant.
    """

    def __init__(
        self,
        service: ContractService,
        wanted: Iterable[WantedContract],
        known: Mapping[str, KnownContract | None],
        now: datetime,
    ) -> None:
        self._service = service
        self._now = now
        self._wanted = {one.id: one for one in wanted}
        self._known = dict(known)
        self._made: dict[str, ContractRecord | None] = {}
        self._of: dict[str, tuple[str, ...]] = {}

    def __contains__(self, contract: object) -> bool:
        return self.get(str(contract)) is not None

    def __iter__(self) -> Iterator[str]:
        return iter([one["id"] for one in self._service.listed() if one["managed"] == API])

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def get(self, contract: str) -> ContractRecord | None:
        """Return the versions and the booked windows (extra service hours) of a contract; None if it has neither.

        If the contract is one of the `wanted` contracts, its wanted content is the last version.
        """
        if contract not in self._made:
            self._made[contract] = self._record(contract)
        return self._made[contract]

    def contracts_of(self, customer: str) -> tuple[str, ...]:
        """Return the ids, sorted, of the recorded contracts that name a customer.

        Args:
            customer: The customer's name. Case and spacing do not matter.
        """
        name = normal(customer)
        if name not in self._of:
            listed = [one for one in self._service.listed(customer) if one["managed"] == API]
            found = {one["id"] for one in listed if name in map(normal, one["customers"])}
            found |= {one.id for one in self._wanted.values() if name in map(normal, customers_of(one))}
            self._of[name] = tuple(sorted(found))
        return self._of[name]

    def with_products(self, products: Iterable[str]) -> tuple[str, ...]:
        """Return () instead of the contracts that name one of the products.

        They are not needed here: the due instants of clocks do not depend on the customer's products.
        """
        return ()

    def with_domain(self, domain: str) -> tuple[str, ...]:
        """Return () instead of the contracts that let people with an address of a mail domain register for notices.

        They are not needed here: the due instants of clocks do not depend on registrations.
        """
        return ()

    def products(self) -> Mapping[str, str]:
        """Return an empty mapping. The products that contracts name are not read.

        They are not needed here: the due instants of clocks do not depend on the customer's products.
        """
        return {}

    def _record(self, contract: str) -> ContractRecord | None:
        if contract not in self._known:
            self._known[contract] = self._service.known(contract)
        known, wanted = self._known[contract], self._wanted.get(contract)
        versions: tuple[ContractVersion, ...] = ()
        windows: tuple[WindowEntry, ...] = ()
        if known is not None:
            windows = tuple(_window(one) for one in self._service.windows(contract))
            if known.managed == API:
                versions = tuple(self._version(contract, one) for one in known.told["versions"])
        if wanted is not None:
            versions = (*versions, _wanted_version(wanted, len(versions) + 1, self._now))
        if not (versions or windows):
            return None
        return ContractRecord(id=ContractId(contract), revision=1, versions=versions, windows=windows)

    def _version(self, contract: str, told: Mapping[str, Any]) -> ContractVersion:
        number, state = told["number"], told["state"]
        return ContractVersion(
            number=number,
            effective_from=datetime.fromisoformat(told["effective_from"]),
            document=canonical(self._service.version(contract, number)["contract"]),
            by=told["by"],
            reason=told["reason"],
            recorded_at=datetime.fromisoformat(told["recorded_at"]),
            added_in=1,
            in_force_in=1 if state == "in_force" else None,
            withdrawn_in=1 if state == "withdrawn" else None,
        )


def customers_of(wanted: WantedContract) -> list[str]:
    """Return the customers' names in a wanted contract; [] if it names none."""
    names = wanted.section.get("customers") or []
    return [names] if isinstance(names, str) else [str(name) for name in names]


def _wanted_version(wanted: WantedContract, number: int, now: datetime) -> ContractVersion:
    said = wanted.effective_from
    since = datetime.fromisoformat(said) if said else applies_from(wanted.section, now)
    return ContractVersion(
        number=number,
        effective_from=since,
        document=canonical(wanted.section),
        by="",
        reason=wanted.reason,
        recorded_at=min(now, since),
        added_in=1,
        in_force_in=1,
    )


def _window(told: Mapping[str, Any]) -> WindowEntry:
    window = BookedWindow(
        id=told["id"],
        window=told["window"],
        start=datetime.fromisoformat(told["from"]),
        end=datetime.fromisoformat(told["until"]),
        priorities=frozenset(told["priorities"]),
        products=frozenset(told["products"]),
        excluded_products=frozenset(told["excluded_products"]),
        people=tuple(told["people"]),
        language=told["language"],
        surcharge=told["surcharge"],
    )
    return WindowEntry(window=window, booked_in=1)
