"""Which row of the list is for whom: an incident that has moved between contracts has several."""

from __future__ import annotations

from enum import IntEnum


class ListPart(IntEnum):
    """What of an incident a row of the list shows.

    WHOLE: all of an incident that has always been under one contract. MOVED: all of one that has been under several;
    only those who may see every contract see it. SHARE: of such an incident what belongs to one contract.
    """

    WHOLE = 0
    MOVED = 1
    SHARE = 2


ALL_CONTRACTS = (ListPart.WHOLE.value, ListPart.MOVED.value)
"""The rows for those who may see every contract and have chosen none: each incident once."""

ONE_CONTRACT = (ListPart.WHOLE.value, ListPart.SHARE.value)
"""The rows for a list of chosen contracts: each incident as it stands, or stood, under each of them."""
