"""Asking for notices: a registration is stored, and the address is asked by mail whether it wants it (clause I5).

Whoever asks hears the same in every case, so that nobody learns which addresses are registered, or under which
contract. An address gets three such mails a day at most.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import uuid4

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_catalogue import Catalogue
from sla_catalogue.channel import BadAddress
from sla_catalogue.problem import did_you_mean
from sla_domain.contract import Contract, ContractId
from sla_domain.explain.language.tag import first_available
from sla_domain.normal import normal
from sla_domain.notice import asks_registration, open_to_registration, registrable_products
from sla_domain.rulebook import in_force
from sla_notifier import tables
from sla_notifier.alert.urgency import queue_turn
from sla_notifier.channel.registry import endpoint_of, personal_address, split_address
from sla_notifier.context import NotifierContext
from sla_notifier.delivery.fact import delivery_fact
from sla_notifier.delivery.identity import delivery_id
from sla_notifier.delivery.row import DeliveryRow
from sla_notifier.delivery.state import DeliveryState, MessageKind
from sla_notifier.link import CONFIRMED_WITHIN
from sla_notifier.notification.enqueue import bounded
from sla_notifier.registration import store
from sla_notifier.text.content import Action, Content
from sla_notifier.text.words import one_line
from sla_platform.http.problem import Problem
from sla_platform.store import log as logs
from sla_platform.store.dialect import insert_new
from sla_platform.store.instant import store_now
from sla_platform.turn import LoopYielder

_log = structlog.get_logger(__name__)
MAILS_A_DAY = 3  # to one address, whoever asks
STRANGERS_A_DAY = 200  # such mails for one contract that people without a key ask for


@dataclass(frozen=True, slots=True)
class Wish:
    """A request to register a mail address for notices of critical fixes."""

    address: str
    products: Sequence[str] = ()
    """Names of products. Empty means every product of the contract."""
    contract: str = ""
    """Id of the contract under which to register. "" if the request names none."""
    language: str = ""
    """Language tag of the messages. "" means the contract's language."""


@dataclass(frozen=True, slots=True)
class _Wanted:
    contract: Contract
    products: Mapping[str, str]  # normal name -> name; {"": ""}: every product


class Registrar:
    """Registers mail addresses for notices of critical fixes; each address confirms by a link in a mail.

    Call `ask_with_key` for a request with an API key, `ask` for a request without a key.
    """

    def __init__(self, context: NotifierContext) -> None:
        self._context = context

    async def ask_with_key(self, wish: Wish, contract: str, key: str) -> None:
        """Store a registration for notices of critical fixes under `contract`, and mail a link to confirm it.

        Nothing is done if every product in `wish` is confirmed already, or after 3 mails to the address on one day
        (UTC).

        Args:
            wish: The address and the products.
            contract: The id of the contract.
            key: The id of the API key, which is stored.

        Raises:
            Problem: HTTP error 422 if the address is not a mail address, if the contract is unknown, not in force, or
                without registration in its plan, or if the contract does not have one of the products.
        """
        address = _address(wish)
        catalogue = self._context.catalogue()
        found = catalogue.rulebook.contracts.get(ContractId(contract))
        now = self._context.time_source.now()
        if found is None or not in_force(found, now):
            raise _unfit("/contract", f"no contract {contract[:120]!r} is in force")
        if not asks_registration(catalogue.rulebook, found):
            raise _unfit("/contract", "the plan of this contract asks for no registration")
        products = _products(wish, found)
        await self._register(wish, address, [_Wanted(found, products)], key)

    async def ask(self, wish: Wish) -> None:
        """Store registrations for notices of critical fixes without an API key, and mail a link to confirm them.

        A registration is stored under each contract that allows the address to register itself. Products that a
        contract does not have are left out. In these cases nothing is done, and no error is raised:

        - No product is left, or all products are confirmed already.
        - Too many mails were sent on that day (UTC): 3 to the address, or 200 for a contract.

        Args:
            wish: The request. If its `contract` is not "", a registration is stored under this contract only.

        Raises:
            Problem: HTTP error 422 if the address is not a mail address, or if no product is named.
        """
        address = _address(wish)
        if not wish.products:
            raise _unfit("/products", "without a key name at least one product")
        now, rulebook = self._context.time_source.now(), self._context.catalogue().rulebook
        domain = address.rpartition("@")[2]
        asked, turn = [normal(product) for product in wish.products], LoopYielder()
        wanted: list[_Wanted] = []
        for contract in open_to_registration(rulebook, domain, now):
            await turn.yield_if_due()
            named = registrable_products(contract) if wish.contract in ("", contract.id) else {}
            if products := {product: named[product] for product in asked if product in named}:
                wanted.append(_Wanted(contract, products))
        await self._register(wish, address, wanted, "")

    async def _register(self, wish: Wish, address: str, wanted: Sequence[_Wanted], key: str) -> None:
        async with self._context.writing() as connection:
            now = await store_now(connection, self._context.time_source)
            if wanted:
                wish = replace(wish, language=self._language(wish, wanted[0].contract))
            address_key = address.casefold()
            person = await store.person_of(connection, address_key)
            if not wanted or not await self._may_mail(connection, person, wanted, key, now):
                return
            request = uuid4().hex
            rows = [
                {
                    "id": uuid4().hex,
                    "request": request,
                    "contract": each.contract.id,
                    "product": product,
                    "product_key": product_key,
                    "address": address,
                    "address_key": address_key,
                    "person": person,
                    "language": wish.language,
                    "state": store.PENDING,
                    "requested_at": now,
                    "requested_by": key,
                    "expires_at": now + CONFIRMED_WITHIN,
                }
                for each in wanted
                for product_key, product in each.products.items()
            ]
            if not await store.keep_pending(connection, rows):
                return  # all of it is confirmed already
            mail = self._mail(wish, address, person, request, wanted, now)
            await connection.execute(insert_new(connection, tables.delivery), [mail.columns()])
            await logs.append(connection, tables.log, [delivery_fact(mail, now)])
        self._context.signal()

    def _language(self, wish: Wish, contract: Contract) -> str:
        """The wished language, else the contract's, among those with texts; else English."""
        tags = self._context.render_config.texts.tags
        return first_available((wish.language, *contract.languages), tags)

    async def _may_mail(
        self, connection: AsyncConnection, person: str, wanted: Iterable[_Wanted], key: str, now: datetime
    ) -> bool:
        contracts = [] if key else [each.contract.id for each in wanted]
        # Checked before writing: anybody can invent any number of addresses, and each would leave a row.
        if not await store.have_room(connection, [f"contract:{each}" for each in contracts], STRANGERS_A_DAY, now):
            _log.warning("registration.too_many_mails", contracts=contracts)
            return False
        if not await store.count_mail(connection, person, MAILS_A_DAY, now):
            _log.warning("registration.too_many_mails", person=person)
            return False
        for contract in contracts:
            if not await store.count_mail(connection, f"contract:{contract}", STRANGERS_A_DAY, now):
                _log.warning("registration.too_many_mails", contract=contract)
                return False
        return True

    def _mail(
        self, wish: Wish, address: str, person: str, request: str, wanted: Sequence[_Wanted], now: datetime
    ) -> DeliveryRow:
        config, contract = self._context.render_config, wanted[0].contract
        content = _content(self._context.catalogue(), wish, wanted, config.links.confirm(request, now), now)
        message = config.texts.message(content, wish.language)
        channel, mailbox = split_address(address)
        occasion = f"registration/{request}"
        return DeliveryRow(
            id=delivery_id(occasion, person, address),
            occasion=occasion,
            kind=MessageKind.CONFIRMATION,
            person=person,
            channel=channel,
            address=mailbox,
            endpoint=endpoint_of(channel, mailbox),
            contract=contract.id,
            why="registration",
            state=DeliveryState.QUEUED,
            next_at=now,
            subject=message.subject,
            text=message.text,
            html=message.html,
            payload=bounded({"timestamp": now, **message.payload}).decode(),
            created_at=now,
            due_at=now,
            turn=queue_turn(MessageKind.CONFIRMATION, 0.0),
        )


def _content(catalogue: Catalogue, wish: Wish, wanted: Sequence[_Wanted], link: str, now: datetime) -> Content:
    names = dict.fromkeys(product or each.contract.title for each in wanted for product in each.products.values())
    products = one_line(", ".join(names), 300)
    return Content(
        kind=MessageKind.CONFIRMATION,
        zone=wanted[0].contract.zone,
        values={"products": products, "expires": now + CONFIRMED_WITHIN, "contract": ""},
        actions=(Action("confirm", link, main=True),),
        why_label="why_confirm",
        data={"products": list(names), "confirm_url": link},
    )


def _address(wish: Wish) -> str:
    try:
        return personal_address(wish.address)
    except BadAddress as error:
        raise _unfit("/address", str(error)) from None


def _products(wish: Wish, contract: Contract) -> dict[str, str]:
    """Raises Problem 422 for a product that the contract does not name."""
    if not wish.products:
        return {"": ""}
    known = registrable_products(contract)
    for index, product in enumerate(wish.products):
        if normal(product) not in known:
            hint = did_you_mean(product, known.values())
            detail = f"the contract has no product {product!r}"
            raise _unfit(f"/products/{index}", f"{detail}: {hint}" if hint else detail)
    return {normal(product): known[normal(product)] for product in wish.products}


def _unfit(pointer: str, detail: str) -> Problem:
    errors = [{"pointer": pointer, "detail": detail}]
    return Problem(422, "invalid-input", "The input does not fit", "See `errors` for each place.", errors=errors)
