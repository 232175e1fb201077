"""Stage 7, render: messages are put into words, in the recipient's language. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

import structlog

from sla_notifier.alert.contract_news import AllowanceNews, WindowNews
from sla_notifier.notification.content import content_of
from sla_notifier.notification.digest import line_without_words
from sla_notifier.notification.notification import Notification, Recipient
from sla_notifier.notification.pipeline_context import PipelineContext
from sla_notifier.text.content import Content, Message
from sla_notifier.text.words import one_line
from sla_platform.wire import ClockFact, NoticeData, ObjectiveFact, ReportFact

_log = structlog.get_logger(__name__)


def render(context: PipelineContext, notifications: tuple[Notification, ...]) -> tuple[Notification, ...]:
    """Write the messages of notifications, in each recipient's language; return all notifications.

    A notification to be sent, now or after quiet hours, is given its `message`; other notifications are unchanged. For
    a notification in a digest (a mail that collects several messages), only a subject and a payload are written. If the
    recipient has other addresses too, the whole message is written, because it may be sent to one of them by itself.
    """
    return tuple(
        replace(each, message=_message(context, each, each.recipient))
        if (each.live or each.hold is not None) and each.message is None and each.recipient is not None
        else each
        for each in notifications
    )


def _message(context: PipelineContext, notification: Notification, recipient: Recipient) -> Message:
    if not notification.carried_by:
        return context.texts.message(_content(context, notification, recipient), recipient.language)
    try:
        content = _content(context, notification, recipient)
        brief = context.texts.brief(content, recipient.language)
        if recipient.then:  # the address after this one may be a machine's, which gets it by itself
            return replace(context.texts.message(content, recipient.language), subject=brief.subject)
        return brief
    except Exception:  # the others of the digest must not wait for it
        _log.exception("digest.line_failed", occasion=notification.request.id)
        return _plain(context, notification, recipient)


def _content(context: PipelineContext, notification: Notification, recipient: Recipient) -> Content:
    return content_of(context, notification.request, recipient, notification.contracts)


def _plain(context: PipelineContext, notification: Notification, recipient: Recipient) -> Message:
    """What it is about in plain words, for one that cannot be put into others."""
    request, said = notification.request, notification.request.content
    match said:
        case ClockFact():
            about = said.ticket_key
        case NoticeData():
            about = said.title
        case ObjectiveFact():
            about = f"{said.contract} {said.objective} {said.period}"
        case ReportFact():
            about = f"{said.contract} {said.report.value} {said.period}"
        case WindowNews() | AllowanceNews():
            about = said.contract
        case _:
            assert_never(said)
    line = line_without_words(request.kind, about, context.texts.words(recipient.language))
    data = {"alert": request.alert, "contract": request.contract, "subject": line, "text": line}
    if isinstance(said, ClockFact):
        data |= {"incident": said.incident, "customer": one_line(said.customer)}
    return Message(line, "", "", {"type": f"slad.{request.kind.value}", "data": data})
