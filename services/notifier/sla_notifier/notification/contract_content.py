"""The content of a message about a contract itself before it is put into words: values and links. Pure."""

from __future__ import annotations

from sla_catalogue import Catalogue
from sla_domain.contract import Contract, Side
from sla_domain.explain.ledger import amount_text
from sla_domain.window import BookableWindow
from sla_notifier.alert.contract_news import AllowanceNews, ContractNews, WindowNews
from sla_notifier.alert.request import NotificationRequest
from sla_notifier.notification.directory import contract_of, person_name, title_of
from sla_notifier.notification.notification import Recipient
from sla_notifier.notification.pipeline_context import PipelineContext
from sla_notifier.text.content import Action, Content, Value
from sla_notifier.text.render import ENGLISH
from sla_notifier.text.words import id_as_words, one_line

ROWS = (
    "window", "starts", "window_ends", "for_priorities", "on_duty", "surcharge", "allowance", "balance", "expires_at",
)  # fmt: skip
"""The rows of the table of values, by the keys of their labels; a row without a value is left out."""


def contract_content(
    context: PipelineContext, request: NotificationRequest, news: ContractNews, recipient: Recipient
) -> Content:
    """Return the content of a message on extra hours or an allowance of a contract, before it is put into words.

    An allowance is an amount that the contract includes, such as 20 hours of work.

    Args:
        context: The catalogue, the links and the present instant.
        request: What the message is about.
        news: What happened to the extra hours or the allowance.
        recipient: Who receives the message.
    """
    contract = contract_of(context.catalogue, news.contract)
    spoken = context.texts.language(recipient.language)
    # The board is the support's: a person of the customer gets no link to it.
    link = context.links.contract(news.contract) if recipient.side is Side.SUPPORT else ""
    about = (
        _window_values(context, contract, news, spoken)
        if isinstance(news, WindowNews)
        else _allowance_values(news, spoken)
    )
    return Content(
        kind=request.kind,
        zone=contract.zone,
        values={"news": news.happening.value, "contract": title_of(context.catalogue, news.contract), **about},
        rows=ROWS,
        actions=(Action("open_contract", link, main=True),),
        why=context.texts.phrases_in_words(recipient.why, recipient.language),
        data={
            "contract": news.contract,
            "news": news.happening.value,
            **_data(news),
            "recipient": recipient.person,
            "contract_url": link,
        },
    )


def _window_values(context: PipelineContext, contract: Contract, news: WindowNews, language: str) -> dict[str, Value]:
    window = news.window
    people = ", ".join(person_name(context.catalogue, contract.id, id_) for id_ in window.people)
    title = _window_title(context.catalogue, contract, news, language)
    return {
        "what": title,
        "window": title,
        "starts": window.start,
        "window_ends": window.end,
        "for_priorities": ", ".join(sorted(window.priorities)),
        "on_duty": people,
        "surcharge": f"{window.surcharge} %" if window.surcharge else "",
    }


def _allowance_values(news: AllowanceNews, language: str) -> dict[str, Value]:
    one = news.allowance
    title = one_line(one.titles.get(language) or one.titles.get(ENGLISH) or id_as_words(one.id), 200)
    return {
        "what": title,
        "allowance": title,
        "amount": amount_text(news.amount, one.unit, language),
        "balance": amount_text(news.balance, one.unit, language),
        "expires_at": news.expires or "",
    }


def _window_title(catalogue: Catalogue, contract: Contract, news: WindowNews, language: str) -> str:
    """The plan's title of such hours, in the reader's language or English; else their id in words."""
    plans = (catalogue.rulebook.plan_of(bought) for bought in contract.bought)
    known: BookableWindow | None = next(
        (each for plan in plans for each in plan.windows if each.id == news.window.window), None
    )
    titles = {} if known is None else known.titles
    return one_line(titles.get(language) or titles.get(ENGLISH) or id_as_words(news.window.window), 200)


def _data(news: ContractNews) -> dict[str, object]:
    """For programs: the values themselves, nothing formatted."""
    if isinstance(news, WindowNews):
        window = news.window
        return {
            "booking": window.id,
            "window": window.window,
            "start": window.start,
            "end": window.end,
            "priorities": sorted(window.priorities),
            "people": list(window.people),
            "surcharge": window.surcharge,
        }
    return {
        "allowance": news.allowance.id,
        "unit": news.allowance.unit.value,
        "occasion": news.occasion,
        "balance": f"{news.balance.normalize():f}",
        "amount": f"{news.amount.normalize():f}",
        "expires": news.expires,
    }
