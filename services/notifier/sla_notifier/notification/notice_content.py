"""The content of a message about a critical fix before it is put into words: labelled values and links. Pure.

The vendor's own staff read which customers are concerned; a customer reads what concerns its own products.
"""

from __future__ import annotations

from collections.abc import Sequence

from sla_domain.contract import Side
from sla_notifier.alert.request import NotificationRequest
from sla_notifier.delivery.state import MessageKind
from sla_notifier.notice.difference import changed_fields
from sla_notifier.notice.registered import is_registered
from sla_notifier.notification.directory import contract_of, title_of
from sla_notifier.notification.notification import Recipient
from sla_notifier.notification.pipeline_context import PipelineContext
from sla_notifier.text.content import Action, ChangedText, Content, FixedTerm, Value
from sla_notifier.text.words import one_line, paragraphs, web_link
from sla_platform.wire import NoticeData


def acknowledge_link(context: PipelineContext, request: NotificationRequest, recipient: Recipient) -> str:
    """Return the link by which this recipient acknowledges the alert of the request.

    The result is "" for kinds of message that ask for no acknowledgement, and for a recipient without a person id.
    """
    if request.kind not in (MessageKind.PAGE, MessageKind.CRITICAL_FIX) or not recipient.person:
        return ""
    return context.links.acknowledge(request.alert, recipient.person, context.now)


def notice_content(
    context: PipelineContext,
    request: NotificationRequest,
    notice: NoticeData,
    recipient: Recipient,
    contracts: Sequence[str],
) -> Content:
    """Return the content of a message about a critical-fix notice, not yet put into words.

    Args:
        context: The catalogue, the links and the present instant.
        request: Why people are notified of the notice.
        notice: The newest revision of the notice.
        recipient: Who receives the message.
        contracts: The ids of the contracts that the message is about.
    """
    titles = ", ".join(title_of(context.catalogue, id_) for id_ in contracts)
    staff, registered = recipient.side is Side.SUPPORT, is_registered(recipient.person)
    changed = () if request.before is None else changed_fields(request.before, notice)
    ended = request.kind is MessageKind.NOTICE_ENDED
    several = "customers" if staff else "contracts" if len(contracts) > 1 else ""
    return Content(
        kind=request.kind,
        zone=contract_of(context.catalogue, request.contract).zone,
        values={
            "title": _title(notice),
            "severity": FixedTerm("severity", notice.severity),
            "contract": one_line(titles, 1_000),
            "staff": staff,
            "registered": registered,
            "changed": bool(changed),
            "again": "severity" in changed and request.kind is MessageKind.CRITICAL_FIX,
            "several": len(contracts) > 1,
            "outcome": request.outcome,
            "level": request.level,
            "customers": one_line(titles, 1_000),
            "contracts": one_line(titles, 1_000),
            "published": notice.published_at,
            "reason": one_line(notice.reason, 500),
            **_stated(request.before if changed and not ended else None, notice),
        },
        rows=tuple(
            name
            for name in ("now_title", "now_severity", "now_cause", "now_products", several, "published", "reason")
            if name
        ),
        notes=("text_changed",) if "text" in changed and not ended else (),
        body="" if ended else paragraphs(notice.text),
        actions=_actions(context, request, notice, recipient),
        why=context.texts.phrases_in_words(recipient.why, recipient.language),
        why_label="why_registered" if registered else "why",
        data=_data(context, request, notice, recipient, contracts, changed),
    )


def _title(notice: NoticeData) -> str:
    return one_line(notice.title, 200) or one_line(notice.id)


def _stated(before: NoticeData | None, notice: NoticeData) -> dict[str, Value]:
    """The rows of what the notice states; of a change what it stated before is shown with it."""
    now = _row_values(notice)
    then = now if before is None else _row_values(before)
    found: dict[str, Value] = {
        name: value if then[name] == value else ChangedText(value, then[name]) for name, value in now.items()
    }
    if then["now_title"] == now["now_title"]:
        found["now_title"] = ""  # stands in the heading
    return found


def _row_values(notice: NoticeData) -> dict[str, str | FixedTerm]:
    products = ", ".join(f"{each.product} {each.versions}".strip() for each in notice.products)
    return {
        "now_title": _title(notice),
        "now_severity": FixedTerm("severity", notice.severity),
        "now_cause": FixedTerm("cause", notice.cause),
        "now_products": one_line(products, 1_000),
    }


def _actions(
    context: PipelineContext, request: NotificationRequest, notice: NoticeData, recipient: Recipient
) -> tuple[Action, ...]:
    return (
        Action("acknowledge", acknowledge_link(context, request, recipient), main=True),
        Action("open_link", web_link(notice.link)),
        Action("unsubscribe", _unsubscribe_link(context, recipient)),
    )


def _unsubscribe_link(context: PipelineContext, recipient: Recipient) -> str:
    """The link by which somebody who has registered ends that; "" for people of a contract."""
    return context.links.unsubscribe(recipient.person, context.now) if is_registered(recipient.person) else ""


def _data(
    context: PipelineContext,
    request: NotificationRequest,
    notice: NoticeData,
    recipient: Recipient,
    contracts: Sequence[str],
    changed: Sequence[str],
) -> dict[str, object]:
    """For programs: the notice's own values, nothing formatted."""
    return {
        "notice": notice.id,
        "revision": notice.revision,
        "alert": request.alert,
        "title": _title(notice),
        "severity": notice.severity,
        "cause": notice.cause,
        "products": [each.model_dump() for each in notice.products],
        "link": web_link(notice.link),
        "body": paragraphs(notice.text, 8_000),
        "contract": request.contract,
        "contracts": list(contracts),
        "published_at": notice.published_at,
        "outcome": request.outcome,
        "changed": list(changed),
        "reason": one_line(notice.reason, 500),
        "level": request.level,
        "recipient": recipient.person,
        "acknowledge_url": acknowledge_link(context, request, recipient),
        "unsubscribe_url": _unsubscribe_link(context, recipient),
    }
