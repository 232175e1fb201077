"""What is refused of a contract, as problem+json: 404 if there is none, 409 for its state, 422 for the input itself."""

from __future__ import annotations

from types import MappingProxyType

from sla_domain.explain.ledger import amount_text, refusal_text
from sla_domain.ledger import RefusalReason
from sla_domain.record import EntryNotAllowed, RefusalCode, RefusedChange
from sla_platform.http.problem import Problem

# What is wrong with the entry itself, whatever stands in the ledger, and the key of the body that it concerns.
_INPUT = MappingProxyType(
    {
        RefusalReason.COMPUTED: "kind",
        RefusalReason.IN_FUTURE: "at",
        RefusalReason.SERVED_BEFORE: "serves_at",
        RefusalReason.NOT_A_BOOKING: "serves_at",
        RefusalReason.NO_SURCHARGE: "surcharge",
        RefusalReason.NO_AMOUNT: "amount",
        RefusalReason.NOT_POSITIVE: "amount",
        RefusalReason.NOT_WHOLE: "amount",
        RefusalReason.OUT_OF_BOUNDS: "amount",
        RefusalReason.NOT_HOURS: "from",
        RefusalReason.EMPTY_WORK: "until",
        RefusalReason.NOT_AT_END: "at",
        RefusalReason.NO_REASON: "reason",
        RefusalReason.NO_AUTHOR: "who",
    }
)


def no_such_contract(contract: str) -> Problem:
    """Return the HTTP error 404 for an unknown contract.

    Use it also for a contract that the caller's API key may not see.

    Args:
        contract: The contract's id.
    """
    return Problem(404, "no-such-contract", "No such contract", f"No contract is called {contract}.")


def refusal(refused: RefusedChange) -> Problem:
    """Return the HTTP error for a refused change of a contract.

    The error is 422 if a ledger entry itself is wrong, else 409.

    Args:
        refused: The exception that says why the change is refused.
    """
    if isinstance(refused, EntryNotAllowed):
        return _of_entry(refused)
    whole = refused.code is RefusalCode.TOO_LARGE  # "" points to the whole body
    at = f"/{refused.place}" if refused.place else ""
    errors = [{"pointer": at, "detail": str(refused)}] if refused.place or whole else []
    return Problem(409, refused.code.value, "The contract's history does not allow it", str(refused), errors=errors)


def _of_entry(error: EntryNotAllowed) -> Problem:
    refused, terms = error.refused, error.terms
    said = refusal_text(refused, terms)
    about = refused.objection
    extra = {"reason": refused.reason.value, "clause": refused.clause}
    if about.missing:
        extra["missing"] = amount_text(about.missing, terms.allowance.unit)
        extra["free"] = amount_text(about.free, terms.allowance.unit)
    place = _INPUT.get(refused.reason)
    if place is None:
        return Problem(409, error.code.value, "The ledger does not allow it", said, extra=extra)
    errors = [{"pointer": f"/{place}", "detail": said}]
    return Problem(422, error.code.value, "The entry does not fit", said, errors=errors, extra=extra)
