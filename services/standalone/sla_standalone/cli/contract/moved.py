"""Which open clocks of a running service a change of contracts would move: what `--dry-run` shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from sla_catalogue import Catalogue, load_catalogue
from sla_catalogue.recorded import VersionBuilder, with_records
from sla_platform.settings import Settings
from sla_platform.timesource import SystemTime
from sla_standalone.cli.apply.open_clocks import OpenClocks, compare_open_clocks, service_time
from sla_standalone.cli.contract.remote_records import RemoteRecords, customers_of
from sla_standalone.cli.contract.service import ContractService, KnownContract, WantedContract
from sla_standalone.cli.output import note
from sla_standalone.cli.remote import fetch_json, open_client


def moved_clocks(
    service: ContractService,
    timer: str,
    key: str,
    wanted: list[WantedContract],
    known: Mapping[str, KnownContract | None],
    catalogue: Path | None,
) -> tuple[OpenClocks, Catalogue] | None:
    """Compute how the clocks of open incidents would change if the `wanted` contracts were written. Nothing is written.

    Returns two things: the comparison of the clocks, and the catalogue with the wanted contracts. Returns None if the
    catalogue's files do not exist, or are not those in force in the service; a note on stderr then says so.

    Only these incidents are compared: those under the wanted contracts, those under other contracts of the same
    customers, and those under the default contract (for incidents whose customer has no contract).

    Args:
        service: Reads the contracts of the running service.
        timer: The URL of the timer.
        key: An API key.
        wanted: The contracts to be written.
        known: Maps a contract's id to the contract as the service has stored it; None if it has not.
        catalogue: The files of the catalogue. None means those that SLAD_CATALOGUE names.
    """
    place = catalogue or Settings().catalogue
    if not place.exists():
        note("open clocks were not looked at: say --catalogue, with the files that are in force")
        return None
    files = load_catalogue(place)
    default = files.rulebook.default_contract
    with open_client(timer, key) as client:
        in_force = str(fetch_json(client, "/info").get("catalogue", ""))
        now = service_time(client, [*(one.id for one in wanted), default]) or SystemTime().now()
    if in_force != files.version:
        note(f"open clocks were not looked at: {place} is not what is in force ({files.version}, {in_force})")
        return None
    records = RemoteRecords(service, wanted, known, now)
    rulebook = with_records(files.rulebook, VersionBuilder(files.compiler), records)
    whose = {one.id for one in wanted}
    whose |= {id_ for one in wanted for name in customers_of(one) for id_ in rulebook.contracts_of(name)}
    seen = compare_open_clocks(timer, key, rulebook, sorted({*whose, default}))
    return seen, replace(files, rulebook=rulebook)
