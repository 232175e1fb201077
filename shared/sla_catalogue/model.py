"""The model of a whole catalogue with what the installed kinds of channels add to it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache, reduce
from operator import or_
from typing import Any

from pydantic import Field, create_model

from sla_catalogue.channel import ChannelKind
from sla_catalogue.document.catalogue import CatalogueDocument
from sla_catalogue.document.channel import ChannelDocument
from sla_catalogue.document.contract import ContractDocument, PersonDocument
from sla_catalogue.document.field import Names


def catalogue_model(kinds: Sequence[ChannelKind]) -> type[CatalogueDocument]:
    """Return the pydantic model of a whole catalogue, for channels of these kinds.

    Each kind adds a model for its entries in the section `channels`, and a key of its name to people.
    """
    return _model(tuple(kinds))


def contract_model(kinds: Sequence[ChannelKind]) -> type[ContractDocument]:
    """Return the pydantic model of one contract, for channels of these kinds.

    Each kind adds a key of its name to the people of the contract.
    """
    return _people_models(tuple(kinds))[1]


@lru_cache(maxsize=8)
def _people_models(kinds: tuple[ChannelKind, ...]) -> tuple[type[PersonDocument], type[ContractDocument]]:
    addresses: dict[str, Any] = {kind.name: (Names, Field(default_factory=list)) for kind in kinds}
    person = create_model("PersonDocument", __base__=PersonDocument, __doc__=PersonDocument.__doc__, **addresses)
    contract = create_model(
        "ContractDocument",
        __base__=ContractDocument,
        __doc__=ContractDocument.__doc__,
        people=(dict[str, person], Field(default_factory=dict)),
    )
    return person, contract


@lru_cache(maxsize=8)
def _model(kinds: tuple[ChannelKind, ...]) -> type[CatalogueDocument]:
    person: Any
    contract: Any
    person, contract = _people_models(kinds)
    models = [kind.document for kind in kinds if kind.document is not None] or [ChannelDocument]
    entry: Any = reduce(or_, models)
    return create_model(
        "CatalogueDocument",
        __base__=CatalogueDocument,
        __doc__=CatalogueDocument.__doc__,
        people=(dict[str, person], Field(default_factory=dict)),
        contracts=(dict[str, contract], Field(default_factory=dict)),
        channels=(dict[str, entry], Field(default_factory=dict)),
    )
