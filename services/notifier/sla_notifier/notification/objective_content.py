"""The content of a message about an objective of attainment before it is put into words: values and links. Pure."""

from __future__ import annotations

from sla_domain.attainment import objectives_of
from sla_domain.objective import ObjectiveNews
from sla_notifier.alert.request import NotificationRequest
from sla_notifier.notification.directory import contract_of, title_of
from sla_notifier.notification.notification import Recipient
from sla_notifier.notification.pipeline_context import PipelineContext
from sla_notifier.text.content import Action, Content
from sla_notifier.text.number import decimal_in_words
from sla_notifier.text.render import ENGLISH
from sla_notifier.text.words import id_as_words, one_line
from sla_platform.wire import ObjectiveFact


def objective_content(
    context: PipelineContext, request: NotificationRequest, fact: ObjectiveFact, recipient: Recipient
) -> Content:
    """Return the content of a message on the state of an attainment objective.

    An objective is the share of targets that a contract promises to meet in a period. The content is values and links,
    not yet put into words.

    Args:
        context: The catalogue, the links and the present instant.
        request: What the message is about.
        fact: The event about the objective.
        recipient: Who receives the message.
    """
    spoken = context.texts.language(recipient.language)
    title = _title(context, fact, spoken)
    share, percent = (decimal_in_words(one, spoken) if one else "–" for one in (fact.share, fact.percent))
    link = context.links.attainment(fact.contract, fact.period)
    return Content(
        kind=request.kind,
        zone=fact.zone,
        values={
            "news": fact.kind.value.rpartition(".")[2],
            "exhausted": fact.kind is ObjectiveNews.EXHAUSTED,
            "recovered": fact.kind is ObjectiveNews.RECOVERED,
            "contract": title_of(context.catalogue, fact.contract),
            "title": one_line(title, 200),
            "percent": percent,
            "of": fact.of,
            "period": fact.period,
            "share": share,
            "counted": f"{fact.met + fact.missed}",
            "missed": f"{fact.missed}",
            "left": fact.misses_left,
            "over": -fact.misses_left,
            "misses": f"{fact.missed} / {fact.misses_allowed}",
            "attained": f"{share} % ({fact.met} / {fact.met + fact.missed})",
            "promised": f"{percent} %",
            "ends": fact.end,
        },
        rows=("title", "period", "promised", "attained", "misses", "ends"),
        actions=(
            Action("open_attainment", link, main=True),
            Action("open_incident", context.links.incident(fact.incident) if fact.incident else ""),
        ),
        why=context.texts.phrases_in_words(recipient.why, recipient.language),
        data={
            "contract": fact.contract,
            "entitlement": fact.entitlement,
            "objective": fact.objective,
            "title": one_line(title, 200),
            "percent": fact.percent,
            "of": fact.of,
            "period": fact.period,
            "at": fact.at,
            "met": fact.met,
            "missed": fact.missed,
            "exempt": fact.exempt,
            "open": fact.open,
            "share": fact.share,
            "misses_allowed": fact.misses_allowed,
            "misses_left": fact.misses_left,
            "incident": fact.incident,
            "news": fact.kind.value,
            "recipient": recipient.person,
            "attainment_url": link,
        },
    )


def _title(context: PipelineContext, fact: ObjectiveFact, language: str) -> str:
    """The objective's title in the catalogue, in the reader's language or English; else its id in words."""
    scoped = objectives_of(contract_of(context.catalogue, fact.contract))
    wanted = (fact.entitlement, fact.objective)
    titles = next((one.objective.titles for one in scoped if (one.entitlement, one.objective.id) == wanted), {})
    return titles.get(language) or titles.get(ENGLISH) or id_as_words(fact.objective)
