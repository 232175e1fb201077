"""Which row of the list is for whom: an incident that has moved between contracts has several."""

from __future__ import annotations

from enum import IntEnum


class ListPart(IntEnum):
    """How much of an incident a row of the list of incidents shows.

    An incident that was under several contracts has several rows: one for each contract with its part of the incident,
    and one with the whole incident for viewers who may see all contracts.
    """

    WHOLE = 0
    """Everything, of an incident that was always under one contract."""
    MOVED = 1
    """Everything, of an incident that was under several contracts. Only viewers of all contracts see this row."""
    SHARE = 2
    """What belongs to one contract, of an incident that was under several contracts."""


ALL_CONTRACTS = (ListPart.WHOLE.value, ListPart.MOVED.value)
"""The rows for those who may see every contract and have chosen none: each incident once."""

ONE_CONTRACT = (ListPart.WHOLE.value, ListPart.SHARE.value)
"""The rows for a list of chosen contracts: each incident as it stands, or stood, under each of them."""
