"""Where a service keeps its copy of the contracts' records: `<service>_contract_record`."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import BigInteger, Column, Index, Integer, MetaData, String, Table, Text

from sla_platform.store.cursor import cursor_table


@dataclass(frozen=True, slots=True)
class ContractTables:
    """The two tables in which a service keeps its copy of the contract records.

    `contract`: the newest received record of each contract, one row each, numbered by `seq` as written. `sequence`: one
    row with the greatest `seq` given so far; whoever writes records locks it.
    """

    contract: Table
    sequence: Table

    @classmethod
    def of(cls, metadata: MetaData, service: str) -> ContractTables:
        """Declare the two tables of a service in `metadata`, and return them.

        `service`: its name, such as `timer`. The tables are `<service>_contract_record` and `<service>_contract_seq`.
        """
        return cls(contract_table(metadata, service), sequence_table(metadata, service))


def contract_table(metadata: MetaData, service: str) -> Table:
    """Return the table `<service>_contract_record`: the newest record of each contract that the service has received.

    `revision`: of the record. `seq`: greater than that of every row written before, so that whoever keeps the records
    in memory reads what is new since. `names`: by which names it is found (`RecordIndex`), as JSON. `record`: the
    record as JSON.
    """
    return Table(
        f"{service}_contract_record",
        metadata,
        Column("id", String(120), primary_key=True),
        Column("revision", Integer, nullable=False),
        Column("seq", BigInteger, nullable=False),
        Column("names", Text, nullable=False),
        Column("record", Text, nullable=False),
        Index(f"ix_{service}_contract_record_seq", "seq"),
    )


def sequence_table(metadata: MetaData, service: str) -> Table:
    """Return the table `<service>_contract_seq`, whose one row (`id` 1) holds the greatest `seq` given so far.

    Whoever writes contract records locks this row, so that the numbers are committed in their order.
    """
    return Table(
        f"{service}_contract_seq",
        metadata,
        Column("id", Integer, primary_key=True, autoincrement=False),
        Column("last", BigInteger, nullable=False),
    )


def contract_cursor_table(metadata: MetaData, service: str) -> Table:
    """Return the table `<service>_contract_cursor`: how far the service has read the contracts' events."""
    return cursor_table(metadata, f"{service}_contract")
