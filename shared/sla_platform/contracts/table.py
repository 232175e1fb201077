"""Where a service keeps its copy of the contracts' records: `<service>_contract_record`."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import BigInteger, Column, Index, Integer, MetaData, String, Table, Text

from sla_platform.store.cursor import cursor_table


@dataclass(frozen=True, slots=True)
class ContractTables:
    """The two tables in which a service keeps its copy of the contract records.

    The rows are numbered by `seq` in the order of writing.
    """

    contract: Table
    """The table with a row for each contract, which has the newest received record."""
    sequence: Table
    """The table with a single row, which has the greatest `seq` so far. Writers lock it."""

    @classmethod
    def of(cls, metadata: MetaData, service: str) -> ContractTables:
        """Declare the two tables of a service in `metadata`, and return them.

        The tables are `<service>_contract_record` and `<service>_contract_seq`.

        Args:
            service: The service's name, such as `timer`.
        """
        return cls(contract_table(metadata, service), sequence_table(metadata, service))


def contract_table(metadata: MetaData, service: str) -> Table:
    """Return the table `<service>_contract_record`: the newest record of each contract that the service has received.

    The table has these columns besides the contract's id:

    - `revision`: the record's revision
    - `seq`: a number greater than that of every row written before, by which readers find new rows
    - `names`: the names by which the record is found (`RecordIndex`), as JSON
    - `record`: the record as JSON
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
    """Return the table `<service>_contract_seq`, whose only row (`id` 1) holds the greatest `seq` so far.

    Writers of contract records lock this row, so that the numbers are committed in their order.
    """
    return Table(
        f"{service}_contract_seq",
        metadata,
        Column("id", Integer, primary_key=True, autoincrement=False),
        Column("last", BigInteger, nullable=False),
    )


def contract_cursor_table(metadata: MetaData, service: str) -> Table:
    """Return the table `<service>_contract_cursor`: up to where the service has read the topic `contracts`."""
    return cursor_table(metadata, f"{service}_contract")
