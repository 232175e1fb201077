"""The content of a message with a report before it is put into words: values, links, the report itself. Pure."""

from __future__ import annotations

from sla_domain.explain.language import tag_for
from sla_notifier.alert.request import NotificationRequest
from sla_notifier.notification.directory import title_of
from sla_notifier.notification.notification import Recipient
from sla_notifier.notification.pipeline_context import PipelineContext
from sla_notifier.text.content import Action, Content
from sla_notifier.text.render import ENGLISH
from sla_notifier.text.words import one_line
from sla_platform.wire import ReportFact
from sla_platform.wire.report import ReportPageData


def report_content(
    context: PipelineContext, request: NotificationRequest, fact: ReportFact, recipient: Recipient
) -> Content:
    """Return the content of a message that brings a report, before it is put into words.

    The report is in the recipient's language if there is such a page, else in English, else in any language.

    Args:
        context: The catalogue, the links and the present instant.
        request: Why people are notified.
        fact: The event that contains the report.
        recipient: Who receives the message.
    """
    page = _page(fact, recipient.language)
    link = context.links.report(fact.contract, fact.period, fact.report.value, fact.revision)
    heading = one_line(page.heading, 200)
    return Content(
        kind=request.kind,
        zone=fact.zone,
        values={
            "report": heading,
            "contract": title_of(context.catalogue, fact.contract),
            "period": fact.period,
            "met": f"{fact.met}",
            "missed": f"{fact.missed}",
            "counted": f"{fact.met + fact.missed}",
            "revision": f"{fact.revision}",
            "digest": fact.digest,
        },
        rows=("period", "met", "missed", "revision", "digest"),
        actions=(Action("open_report", link, main=True),),
        why=context.texts.phrases_in_words(recipient.why, recipient.language),
        document=page.html,
        data={
            "contract": fact.contract,
            "schedule": fact.schedule,
            "report": fact.report.value,
            "period": fact.period,
            "heading": heading,
            "at": fact.at,
            "revision": fact.revision,
            "digest": fact.digest,
            "met": fact.met,
            "missed": fact.missed,
            "recipient": recipient.person,
            "report_url": link,
        },
    )


def _page(fact: ReportFact, language: str) -> ReportPageData:
    """In the reader's language, else in English, else in any; one without a page gets the text and the link alone."""
    spoken = {page.language: page for page in reversed(fact.pages)}
    found = spoken.get(tag_for(language)) or spoken.get(ENGLISH) or next(iter(fact.pages), None)
    return found or ReportPageData(language=ENGLISH, heading=f"{fact.contract} {fact.period}", html="")
