"""What the routes of support plans share: their dependencies, and a plan as an answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Query
from fastapi.responses import Response
from pydantic import StringConstraints

from sla_board.link.store import PlanLinks
from sla_board.page.render import Pages
from sla_board.page.security import PAGE_HEADERS
from sla_board.paper.printer import NoPdfHere, NotPrinted, PdfPrinter, PrinterBusy
from sla_board.plan.build import support_plan
from sla_board.plan.model import SupportPlan
from sla_board.plan.stored import read_stored
from sla_catalogue import Catalogue
from sla_domain.contract import Contract, ContractId
from sla_domain.language_table import LANGUAGES_LISTED
from sla_platform.http.keys import Authorizer
from sla_platform.http.problem import Problem
from sla_platform.store.engine import Store
from sla_platform.timesource import TimeSource

PDF = "application/pdf"
Name = Annotated[str, StringConstraints(max_length=200)]
Language = Annotated[Name, Query(description=LANGUAGES_LISTED)]


@dataclass(frozen=True, slots=True)
class PlanDeps:
    """The dependencies of the HTTP routes of contracts and support plans.

    A support plan is a page with a contract's promises.
    """

    catalogue: Callable[[], Catalogue]
    """Returns the present catalogue, including recorded contracts."""
    authorize: Authorizer
    """Checks API keys."""
    pages: Pages
    """Renders HTML."""
    time_source: TimeSource
    store: Store
    """The board's database."""
    links: PlanLinks
    """The stored links that open a plan without a key."""
    printer: PdfPrinter
    """Converts HTML to PDF."""
    public_url: str
    """The board's public address, without a slash at its end. It is the beginning of links to plans."""

    def contract(self, id_: str) -> Contract | None:
        """Return the contract with this id from the present catalogue; None for an unknown contract."""
        return self.catalogue().rulebook.contracts.get(ContractId(id_))

    async def plan(self, contract: Contract, language: str) -> SupportPlan:
        """Return the support plan of a contract as of now, in `language` (a tag such as `pl`).

        If slad does not know the language, the plan is in English.

        Raises:
            StoreBusy: The store cannot be read now.
        """
        async with self.store.reading() as connection:
            stored = await read_stored(connection, str(contract.id))
        return support_plan(self.catalogue(), contract, self.time_source.now(), language, stored)

    async def pdf(self, plan: SupportPlan) -> Response:
        """Return the HTTP response with a support plan as PDF.

        Raises:
            Problem: HTTP error 501 if WeasyPrint or a font is missing here, 503 if too many pages wait for conversion,
                500 if the conversion failed or took too long.
        """
        try:
            made = await self.printer.pdf(self.pages.plan_for_customer(plan, ""))
        except NoPdfHere as missing:
            raise Problem(501, "no-pdf-here", "No PDF can be made here", str(missing)) from None
        except PrinterBusy:
            headers = {"Retry-After": "10"}
            detail = "Too many plans wait to be made a PDF of."
            raise Problem(503, "try-again", "Not now", detail, headers=headers) from None
        except NotPrinted:
            detail = "The PDF could not be made; the log of the board says why. The page itself can be printed."
            raise Problem(500, "pdf-failed", "No PDF was made", detail) from None
        named = {"Content-Disposition": 'inline; filename="support-plan.pdf"'}
        return Response(made, media_type=PDF, headers=PAGE_HEADERS | named)
