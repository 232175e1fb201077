"""The body of a request that adds an entry to a ledger, and the entry made from it."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from sla_catalogue.amount import BadAmount, parse_amount
from sla_domain import bounds
from sla_domain.allowance import AllowanceUnit
from sla_domain.ledger import EntryId, EntryKind, LedgerEntry, LedgerTerms, WorkSpan
from sla_ingest.contract.written import unfit
from sla_platform.inbound import LINE, PROSE, InstantIn, WhoIn

_MARK = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"
_SOMEBODY = "slad"  # who wrote an entry where no keys are asked for


class EntryIn(BaseModel):
    """The body of a request that writes an entry into a ledger (the account of a contract's allowance)."""

    model_config = ConfigDict(
        use_attribute_docstrings=True, extra="forbid", validate_by_alias=True, validate_by_name=True
    )
    id: Annotated[str, Field(min_length=1, max_length=bounds.NAME, pattern=_MARK), LINE]
    """The entry's id. Writing the same id again changes nothing."""
    kind: EntryKind
    """Bought, used, reserved, released or adjusted. The kinds refunded and transferred are refused."""
    amount: Annotated[str | int, Field(union_mode="left_to_right")] | None = None
    """The amount, such as `2`, or `1h30m` for hours. The amount of an adjustment may be negative."""
    at: InstantIn | None = None
    """When the entry applies; not in the future. If absent, it applies now."""
    from_: Annotated[InstantIn | None, Field(alias="from")] = None
    """When the work began. Together with `until`, it replaces the amount."""
    until: InstantIn | None = None
    """When the work ended."""
    of: Annotated[str, Field(max_length=300), LINE] | None = None
    """The id of the reservation that the entry ends. Without an amount, the entry ends all of the reservation."""
    serves_at: InstantIn | None = None
    """When the reserved service takes place."""
    surcharge: int = 0
    """The surcharge, in percent."""
    who: WhoIn = ""
    """The person who worked or decided. If absent, the API key's id is used."""
    reason: Annotated[str, Field(max_length=bounds.VALUE), PROSE] = ""
    reference: Annotated[str, Field(max_length=bounds.INCIDENT), LINE] = ""
    """The id of an incident or a booking."""


def entry_of(asked: EntryIn, terms: LedgerTerms, at: datetime, by: str) -> LedgerEntry:
    """Return the ledger entry that a request body asks for.

    Args:
        asked: The request body.
        terms: What the contract says about the ledger's allowance. The unit of the allowance is used to read the
            amount.
        at: When the entry happened, if the body gives neither a time nor a period of work.
        by: The API key's id, used as the author if the body names no author.

    Raises:
        Problem: HTTP error 422 if the amount cannot be read in this unit, or if only one of `from` and `until` is
            given.
    """
    if (asked.from_ is None) is not (asked.until is None):
        missing = "until" if asked.until is None else "from"
        raise unfit([{"pointer": f"/{missing}", "detail": "work has both its beginning and its end"}])
    work = None if asked.from_ is None or asked.until is None else WorkSpan(asked.from_, asked.until)
    return LedgerEntry(
        id=EntryId(asked.id),
        kind=asked.kind,
        at=asked.at or (at if work is None else work.end),
        who=asked.who or by or _SOMEBODY,
        amount=None if asked.amount is None else _amount(str(asked.amount), terms.allowance.unit),
        work=work,
        of=None if asked.of is None else EntryId(asked.of),
        serves_at=asked.serves_at,
        surcharge=asked.surcharge,
        reason=asked.reason,
        reference=asked.reference,
    )


def _amount(text: str, unit: AllowanceUnit) -> Decimal:
    written = text.strip()
    negative = written.startswith("-")
    try:
        amount = parse_amount(written.removeprefix("-"), unit)
    except BadAmount as error:
        raise unfit([{"pointer": "/amount", "detail": f"{error} ({error.hint})"}]) from None
    return -amount if negative else amount
